import type { LossClusters } from "./clusters.ts";

/**
 * The loss of the reduced problem as a function of the J x J core logits: column-wise softmax over J + 1 items (own class, the other
 * classes of its cluster together, every other cluster together).
 *
 * Residuals p - q are formed without cancellation: the own class's residual is minus the sum of the others. That keeps
 * full relative precision when p_own -> 1 (small lambda).
 */
export interface Loss {
  /** sum_j w_j n_j k_j CE_j. */
  value: number;
  /** P[i][j]: probability that column j gives to cluster i as a whole; P[j][j]: to the other classes of its own cluster. */
  P: Float64Array;
  /** Probability of the own class. */
  own: Float64Array;
}

/** What the loss reads of a reduced problem. */
export type LossOfClusters = Omit<LossClusters, "s">;

/** Logits are `core[i][j]` (cluster i as seen by column j; the diagonal is another class of the same cluster) and core_jj + alpha_j. */
export function columnLoss(p: LossOfClusters, core: Float64Array, alpha: Float64Array): Loss {
  const { J, K, size, smoothing } = p;
  const P = new Float64Array(J * J);
  const own = new Float64Array(J);
  const total = new Float64Array(J);
  const ownLogit = new Float64Array(J);
  const shift = new Float64Array(J);
  for (let j = 0; j < J; j++) {
    ownLogit[j] = p.factor[j] * (core[j * J + j] + alpha[j]) + p.offset[j];
    shift[j] = ownLogit[j];
  }
  for (let i = 0; i < J; i++) {
    for (let j = 0; j < J; j++) {
      const v = p.factor[i] * core[i * J + j] + p.offset[i];
      P[i * J + j] = v;
      if (v > shift[j] && (i !== j || size[j] > 1)) shift[j] = v;
    }
  }
  let value = 0;
  const linear = new Float64Array(smoothing > 0 ? J : 0);
  for (let i = 0; i < J; i++) {
    for (let j = 0; j < J; j++) {
      const copies = i === j ? size[i] - 1 : size[i];
      if (smoothing > 0) linear[j] += copies * (ownLogit[j] - P[i * J + j]);
      const e = copies === 0 ? 0 : copies * Math.exp(P[i * J + j] - shift[j]);
      P[i * J + j] = e;
      total[j] += e;
    }
  }
  for (let j = 0; j < J; j++) {
    const lift = ownLogit[j] - shift[j];
    const sum = total[j];
    const e = Math.exp(lift);
    // log sum exp - own logit, accurate when the own class dominates (lift = 0).
    let ce = lift === 0 ? Math.log1p(sum) : Math.log(e + sum) - lift;
    if (smoothing > 0) ce += (smoothing / K) * linear[j];
    value += p.weight[j] * p.count[j] * size[j] * ce;
    own[j] = e / (e + sum);
    total[j] = 1 / (e + sum);
  }
  for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) P[i * J + j] *= total[j];
  return { value, P, own };
}

/** Residuals summed over each cluster's rows: R[i][j] = sum of (p - q); the diagonal holds the whole own cluster, own class included. */
export function residuals(p: LossOfClusters, loss: Loss): Float64Array {
  const { J, K, size, smoothing } = p;
  const R = loss.P.slice();
  const uniform = smoothing / K;
  const others = new Float64Array(J);
  for (let i = 0; i < J; i++) {
    for (let j = 0; j < J; j++) {
      if (i === j) continue;
      R[i * J + j] -= size[i] * uniform;
      others[j] += R[i * J + j];
    }
  }
  for (let j = 0; j < J; j++) R[j * J + j] = -others[j];
  return R;
}
