import { Sum } from "../math/index.ts";
import { copiesOf, withSums } from "./columns.ts";
import type { ProvedLoss, Tally } from "./proved-loss.ts";

const { EPSILON } = Number;

/**
 * Cross-entropy of a softmax: f = log sum exp, D the entropy, on probability vectors.
 *
 * The residuals y = p - q are a point of the dual problem, not measurements: whatever float64 numbers come out of exp are taken as they are, so
 * their rounding costs a little of the bound and never its validity. Only the own class's residual is not stored: it is minus the sum of the others,
 * known to EPSILON `turnover`.
 */
export const provedCrossEntropy: ProvedLoss = {
  read(clusters, { v, doubt, own: ownLogit, ownDoubt, top, smoothing: eps, K }, j) {
    const J = clusters.length;
    const uniform = eps / K;
    const e = new Float64Array(J);
    const rest = new Sum();
    for (let i = 0; i < J; i++) {
      const copies = copiesOf(clusters, i, j);
      // A row that no class has may have any logit, one far above `top` too.
      if (copies === 0) continue;
      e[i] = Math.exp(v[i] - top);
      rest.add(copies * e[i]);
    }
    const total = rest.value + Math.exp(ownLogit - top);
    const y = new Float64Array(J);
    const linear = new Sum();
    let error = 0;
    for (let i = 0; i < J; i++) {
      const copies = copiesOf(clusters, i, j);
      if (copies === 0) continue;
      const p = e[i] / total;
      y[i] = p - uniform;
      // d loss = sum of (p - q) d(v_i - v_own); exp adds its own rounding and that of its argument.
      const moved = doubt[i] + ownDoubt + EPSILON * Math.abs(v[i] - ownLogit);
      error += copies * (p * (moved + EPSILON * (3 + Math.abs(v[i] - top) + Math.abs(ownLogit - top))) + uniform * moved);
      if (eps > 0) linear.add(uniform * copies * (ownLogit - v[i]));
    }
    // log sum exp - own logit, accurate also where the own class has nearly everything.
    const plain = ownLogit === top ? Math.log1p(rest.value) : Math.log(total) + (top - ownLogit);
    return {
      loss: plain + linear.value,
      lossError: error + 2 * EPSILON * (plain + linear.absolute),
      ...withSums(clusters, y, j, uniform),
    };
  },
  column: (clusters, y, _away, j, uniform) => withSums(clusters, y, j, uniform),
  other(tally, copies, step, uniform) {
    const delta = EPSILON * (Math.abs(step) + uniform);
    if (delta > 0) addEntropy(tally, step + uniform, copies, delta);
  },
  own(tally, { lost, doubt }) {
    const kept = Math.max(0, 1 - lost);
    const entropy = lost < 1 ? -kept * Math.log1p(-lost) : 0;
    tally.sum.add(entropy);
    if (doubt > 0) tally.error += 5 * doubt * (1 + Math.abs(Math.log(Math.max(kept, doubt)))) + 2 * EPSILON * entropy;
  },
  fall: (pi) => Math.max(0, pi),
  // What rises takes from the others.
  rise: () => Number.POSITIVE_INFINITY,
  most({ y, away, turnover }, { K, smoothing }) {
    const lost = away + 2 * EPSILON * turnover;
    const room = 1 - smoothing * (1 - 1 / K) - 2 * EPSILON * smoothing;
    let most = lost > 0 ? room / lost : Number.POSITIVE_INFINITY;
    for (const r of y) if (r < 0) most = Math.min(most, smoothing / K / -r);
    return most * (1 - 4 * EPSILON);
  },
  atTarget(K, eps) {
    if (eps === 0) return 0;
    const rest = eps * (1 - 1 / K);
    return -(1 - rest) * Math.log1p(-rest) - rest * Math.log(eps / K);
  },
  // Two probability vectors; an entropy.
  mixture: () => ({ apart: 2, depth: 0 }),
};

/** Adds -x log x, `copies` times, x being known to `delta`. */
export function addEntropy(tally: Tally, x: number, copies: number, delta: number): void {
  const h = x > 0 ? -x * Math.log(x) : 0;
  tally.sum.add(copies * h);
  tally.error += copies * (5 * delta * (1 + Math.abs(Math.log(Math.max(x, delta)))) + 2 * EPSILON * h);
}
