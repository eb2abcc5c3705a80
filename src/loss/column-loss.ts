import type { Gaps } from "./cluster-law.ts";
import type { LossClusters, Scales } from "./clusters.ts";
import type { Entry } from "./entrywise.ts";

/**
 * What a loss is to the solver: a function of the J x J core logits of a reduced problem (cluster i as seen by a class of cluster j; on the diagonal another class of the same cluster) and of
 * the gaps alpha_j between own and other logits within the clusters. The prediction of every column is compared with its target, of which (1 - eps) is the own class's and eps/K
 * everyone's.
 */
export interface ColumnLoss {
  /** Whether adding a multiple of 1/Delta to all logits of a column changes nothing, as in a softmax: then ell'M = 0 and ell'c = 0 at the optimum. */
  readonly shiftFree: boolean;
  /** The loss of one logit, where the loss is a sum over them; null: it is none. */
  readonly entry: Entry | null;
  /** The loss at logits `core` (J x J, row-major: rows are logits) and core_jj + alpha_j. */
  at(p: LossClusters, core: Float64Array, alpha: Float64Array): LossPlace;
  /** The best gaps where `logits` are those of core and bias alone, the cluster's mean logit on the diagonal (cluster-law.ts). */
  gaps(p: LossClusters, shortfall: Float64Array, logits: Float64Array): Gaps;
  /** The logits, own and other, at which the prediction is the target; null where they are infinite. */
  settled(p: Pick<LossClusters, "K" | "smoothing">): { own: number; other: number } | null;
  /** About the singular value that a direction has at the optimum whose gradient at Z = 0 is g, s or above: right for balanced classes. */
  amplitude(g: number, p: Pick<LossClusters, "s" | "K">): number;
}

/** A loss at a point. */
export interface LossPlace {
  /** sum_j w_j n_j k_j loss_j. */
  value: number;
  /**
   * Residuals (prediction - target) summed over each cluster's rows, J x J: rows of cluster i in a column of cluster j; the diagonal holds the whole own cluster, own
   * class included. A new array.
   */
  residuals(): Float64Array;
  /** Second derivatives there. */
  curvature(scales: Scales): LossCurvature;
}

/**
 * The Hessian of the loss with respect to the core M and the bias c, every in-cluster gap alpha_j moving so that the cluster law goes on holding. W_j is that of column j in the
 * logits u_i = Delta_i x_i, a unit of its mass.
 */
export interface LossCurvature {
  /**
   * (dM, dc) -> (change of the gradient in M, in place of dM; that in c, to `force`, if given). Linear. M is stored transposed, a column of the logits along memory: what belongs
   * to one column stays in the first-level cache.
   */
  times(dM: Float64Array, dc: Float64Array, force: Float64Array | null): void;
  /** Where all logits are equally bent, W_j = level diag(k_i) for every column, that level (the square loss: 1); else null. */
  readonly level: number | null;
  /** The diagonals of all W_j: J x J, 0 or more, column j's in column j. */
  variances(): Float64Array;
  /** U' W_j U (r x r; the lower triangle counts), U the first r of d columns of `rows` (J x d): rows of logits. */
  block(rows: Float64Array, d: number, r: number, j: number): Float64Array;
  /** sum_j c_j W_j, J x J. */
  across(c: Float64Array): Float64Array;
}
