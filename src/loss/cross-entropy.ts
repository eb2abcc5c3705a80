import type { ColumnLoss } from "./column-loss.ts";
import { columnLoss, residuals } from "./softmax.ts";
import { softmaxCurvature } from "./softmax-curvature.ts";
import { softmaxGaps } from "./softmax-gaps.ts";

/** Cross-entropy of the softmax, f(u) = log sum_i exp(u_i), with offsets iota and factors Delta: u = Delta o (z + b) + iota. */
export const crossEntropy: ColumnLoss = {
  shiftFree: true,
  entry: null,
  at(p, core, alpha) {
    const loss = columnLoss(p, core, alpha);
    return { ...loss, residuals: () => residuals(p, loss), curvature: (scales) => softmaxCurvature(p, scales, loss.P) };
  },
  gaps: softmaxGaps,
  settled({ K, smoothing: eps }) {
    return eps > 0 ? { own: Math.log(1 - eps + eps / K), other: Math.log(eps / K) } : null;
  },
  // For balanced classes (theory, section 4); linear in g at s = g.
  amplitude: (g, { s, K }) => g * Math.log1p(K * Math.max(g / s - 1, 0)),
};
