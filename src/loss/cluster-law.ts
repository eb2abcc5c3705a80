import type { LossClusters } from "./clusters.ts";

/**
 * The law of a cluster (theory, section 3). Every loss of this room is f(u) - <q, u> and what does not depend on the logits u, with a convex f that no exchange of classes
 * changes. Its prediction is grad f(u): softmax(u) for cross-entropy. Two classes of a cluster have, at the optimum,
 *
 *   prediction of the own class - that of another = 1 - eps - min(1 - eps, s / (w Delta sqrt(n))),
 *
 * whatever f is: where the two logits are equal the predictions are, and the residuals differ by 1 - eps. So classes of a cluster merge for every loss at the same lambda_Z.
 */
export function separates(p: Pick<LossClusters, "s" | "size" | "count" | "weight" | "factor" | "smoothing">, j: number): boolean {
  return p.size[j] >= 2 && p.s < p.weight[j] * p.factor[j] * (1 - p.smoothing) * Math.sqrt(p.count[j]);
}

/** eps + s / (w Delta sqrt(n)) of each cluster: what the two predictions' difference lacks of 1. At 1 or above, alpha is 0. */
export function shortfalls(p: Pick<LossClusters, "s" | "count" | "weight" | "factor" | "smoothing">): Float64Array {
  return p.count.map((n, j) => p.smoothing + p.s / (p.weight[j] * p.factor[j] * Math.sqrt(n)));
}

/** The gaps alpha of the clusters that are best for given core and bias. */
export interface Gaps {
  /** z_own - z_other within each cluster. */
  alpha: Float64Array;
  /** sum_j (k_j - 1) sqrt(n_j) alpha_j: times s, its share of the nuclear norm. */
  norm: number;
}
