import { fullRank } from "../loss/index.ts";
import { gramOfColumns, matrix, svd, symmetricEigen, times } from "../math/index.ts";
import type { Problem } from "../problem/index.ts";

/**
 * The head and the class features behind a prediction (theory, section 1): with Z D^(1/2) = U S V',
 *
 *   W' = (lambda_H/lambda_W)^(1/4) U S^(1/2),   H' = (lambda_W/lambda_H)^(1/4) D^(-1/2) V S^(1/2),   Z = W' H,
 *
 * and lambda_W |W|_F^2 = lambda_H sum_k n_k |h_k|^2. Both are returned one row a class (K x d, row-major), d the dimension asked for
 * (at least the rank; default K - 1, with a loss that is not a softmax's K), zero beyond the rank.
 *
 * For nonnegative features every class has its own direction, h_k = |h_k| e_k, and d >= K.
 */
export interface Factors {
  /** Feature dimension, columns of W and H. */
  d: number;
  /** Head, K x d. */
  W: Float64Array;
  /** Mean feature of each class, K x d. */
  H: Float64Array;
}

/** W and H of a prediction's Z (K rows of K). `d`: at least the rank, else what lies beyond is cut off. */
export function factors(problem: Problem, Z: readonly (readonly number[])[], d: number = defaultDimension(problem)): Factors {
  const { K, counts, lambdaW, lambdaH } = problem;
  const M = matrix(K, K);
  for (let i = 0; i < K; i++) for (let k = 0; k < K; k++) M.data[i * K + k] = Z[i][k] * Math.sqrt(counts[k]);
  const ratio = (lambdaH / lambdaW) ** 0.25;
  const W = new Float64Array(K * d);
  const H = new Float64Array(K * d);
  if (problem.nonnegative) {
    for (let k = 0; k < K; k++) {
      let squares = 0;
      for (let i = 0; i < K; i++) squares += M.data[i * K + k] ** 2;
      const root = squares ** 0.25;
      if (root === 0) continue;
      for (let i = 0; i < K; i++) W[i * d + k] = (ratio * M.data[i * K + k]) / root;
      H[k * d + k] = root / ratio / Math.sqrt(counts[k]);
    }
    return { d, W, H };
  }
  const { U, S, V } = decompose(M.data, K);
  for (let l = 0; l < Math.min(d, K); l++) {
    const root = Math.sqrt(S[l]);
    for (let k = 0; k < K; k++) {
      W[k * d + l] = ratio * U[k * K + l] * root;
      H[k * d + l] = (V[k * K + l] * root) / ratio / Math.sqrt(counts[k]);
    }
  }
  return { d, W, H };
}

/** The largest rank for free features, K for nonnegative ones. */
export function defaultDimension(problem: Problem): number {
  return problem.nonnegative ? problem.K : fullRank(problem);
}

/** Jacobi is the more accurate; beyond a few hundred classes the eigenvectors of the Gram matrix are the faster. */
export function decompose(data: Float64Array, K: number): { U: Float64Array; S: Float64Array; V: Float64Array } {
  if (K <= 200) {
    const { U, S, V } = svd(matrix(K, K, data));
    return { U: U.data, S, V: V.data };
  }
  const gram = matrix(K, K);
  gramOfColumns(gram.data, data, K, K);
  const { values, vectors } = symmetricEigen(gram);
  const U = new Float64Array(K * K);
  const V = new Float64Array(K * K);
  const S = new Float64Array(K);
  for (let l = 0; l < K; l++) {
    const from = K - 1 - l;
    S[l] = Math.sqrt(Math.max(0, values[from]));
    for (let k = 0; k < K; k++) V[k * K + l] = vectors.data[from * K + k];
  }
  const images = new Float64Array(K * K);
  times(images, data, V, K, K, K);
  for (let l = 0; l < K; l++) {
    // Below sqrt(eps) of the largest the Gram matrix knows no direction: such factors are left out.
    if (S[l] <= 3e-8 * S[0]) {
      S[l] = 0;
      continue;
    }
    for (let i = 0; i < K; i++) U[i * K + l] = images[i * K + l] / S[l];
  }
  return { U, S, V };
}
