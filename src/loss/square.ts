import type { ColumnLoss } from "./column-loss.ts";
import { entrywise } from "./entrywise.ts";

/** The square loss, (1/2)|z + b - q|^2: h(u) = u^2/2, the prediction is the logit itself (theory, section 6). */
export const square: ColumnLoss = entrywise(
  {
    value: (u, q) => 0.5 * (u - q) ** 2,
    prediction: (u) => u,
    residual: (u, q) => u - q,
    bend: () => 1,
    logit: (q) => q,
    gap: (_mean, _k, shortfall) => 1 - shortfall,
  },
  // Without weights and bias the singular values at Z = 0 are softly thresholded.
  (g, { s }) => Math.max(g - s, 0),
);
