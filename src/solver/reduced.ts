import { type ColumnLoss, type LossClusters, lossNamed } from "../loss/index.ts";
import { type Cluster, clustersOf, type Problem } from "../problem/index.ts";

/**
 * The reduced problem (theory, section 3). By symmetry the solution is constant on blocks of clusters, so the K^2 + K unknowns
 * become J^2 + 2J:
 *
 *   Z = sum_j alpha_j C_j + sum_jj' q_jj' u_j u_j'',   C_j = I - J/k_j on cluster j,   u_j = 1_j / sqrt(k_j),   b = c_j on cluster j.
 *
 * The objective is multiplied by N throughout the solver, so that s = N lambda_Z stands where lambda_Z stood:
 *
 *   N F = sum_j w_j n_j k_j CE_j + s (sum_j (k_j - 1) sqrt(n_j) alpha_j + |M|_*) + (N lambda_b / 2) sum_j k_j c_j^2,
 *   M = Q diag(sqrt n)  (J x J).
 */
export interface Reduced extends LossClusters {
  /** The loss, as a function of the logits. */
  readonly loss: ColumnLoss;
  /** The clusters, in the order of every array. */
  readonly clusters: readonly Cluster[];
  /** Number of samples. */
  readonly N: number;
  /** N lambda_b; Infinity: no bias. */
  readonly biasRidge: number;
}

/** The problem by clusters (theory, section 3). */
export function reduce(problem: Problem): Reduced {
  const clusters = clustersOf(problem);
  const column = (of: (c: Cluster) => number): Float64Array => Float64Array.from(clusters, of);
  return {
    loss: lossNamed(problem.loss),
    clusters,
    J: clusters.length,
    K: problem.K,
    N: problem.N,
    s: problem.N * problem.lambdaZ,
    biasRidge: problem.N * problem.lambdaB,
    smoothing: problem.smoothing,
    size: column((c) => c.size),
    count: column((c) => c.count),
    weight: column((c) => c.weight),
    factor: column((c) => c.factor),
    offset: column((c) => c.offset),
  };
}

/**
 * A point of the reduced problem in the form every reader understands: the core as factors, M = A B' (J x r each, row-major), the
 * in-cluster gaps alpha and the biases c.
 */
export interface ReducedPoint {
  /** Columns of A and B. */
  readonly rank: number;
  /** J x rank. */
  readonly A: Float64Array;
  /** J x rank; the core is M = A B'. */
  readonly B: Float64Array;
  /** J gaps z_own - z_other within the clusters. */
  readonly alpha: Float64Array;
  /** J biases. */
  readonly c: Float64Array;
}

/** How many directions a core can have: J - 1 where the loss is free of shifts, as 1'Z = 0 (weighted by 1/Delta) then. */
export const directions = ({ J, loss }: Pick<Reduced, "J" | "loss">): number => (loss.shiftFree ? J - 1 : J);
