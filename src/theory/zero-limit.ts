/**
 * lambda_Z -> 0, for any counts (theory, section 6; the SELI geometry of Thrampoulidis et al. 2022). With s = N lambda_Z and Pi = I - J/K, the logits that the
 * softmax sees tend to
 *
 *   Z + b 1' = log(1/s) Pi + E + O(1/log(1/s)),   e_kk - e_jk = -log(-T_jk)  (j != k),   columns of E sum to 0.
 *
 * Why: at the optimum (I - P) D^(1/2) = s U V' with U V' the polar factor of Z D^(1/2) (paper, Lemma 5.2). Z/|Z| tends to the matrix of least
 * |Z D^(1/2)|_* with all margins >= 1, and U V' to its polar factor T D^(1/2). As T_jk < 0 for every j != k, T is a set of positive multipliers for the margins, all
 * of which are 1. Then p_jk = -s T_jk to first order, and its logarithm is E. What the bias does depends on rho = lim lambda_Z/lambda_b:
 *
 *   rho = 0 (lambda_b fixed, or no bias)   T = (Pi D Pi)^(+1/2), b -> 0 like (lambda_Z/lambda_b) T n;
 *   0 < rho (a weight decay)               the same T, b -> rho T n, which is missing in Z;
 *   rho = infinity (lambda_b = 0)          T = C^(+1/2) (I - n 1'/N), C = D - n n'/N: the bias grows too, b = (Z + b 1') n/N, as Z n = 0.
 *
 * The signs: T = (1/pi) int t^(-1/2) R_t dt with the resolvent R_t, off whose diagonal stands -u_j r_k / sum_i u_i, r_i = 1/(n_i + t), u_i = r_i for the first T
 * and u_i = n_i r_i for the second.
 *
 * Nonnegative features (section 7): z_k is along e_k - p_k, so that -T_jk = 1/sqrt(n_k K (K-1)); the rest is the same.
 *
 * So the logits forget the counts, but only like 1/log(1/s): margins between frequent classes exceed those between rare ones by the
 * constants of E. The factors of Pi D^(1/2) do remember the counts: W and H are not an ETF.
 *
 * @module
 */
import { inputError } from "../errors.ts";
import { checkCounts } from "../problem/index.ts";
import { inverseRoot } from "./inverse-root.ts";

/** The limit of vanishing regularization. */
export interface ZeroLimit {
  /** Direction of Z (rows: logits, columns: classes; K x K): Pi, or without a penalty on the bias Pi (I - n 1'/N). */
  direction: number[][];
  /** Z = log(1/s) direction + offset + o(1), K x K. */
  offset: number[][];
  /** -T, K x K: the margins' multipliers off the diagonal, in units of 1/sqrt(samples). */
  multipliers: number[][];
  /** lim (Z/|Z|_F - direction/|direction|_F) log(1/s): the constant of the 1/log law, K x K. */
  rate: number[][];
  /** Limit of b lambda_b/lambda_Z: T n (K numbers). 0 for balanced classes; null without a penalty on the bias. */
  bias: number[] | null;
  /** b = log(1/s) biasDirection + biasOffset + o(1), K numbers each. */
  biasDirection: number[];
  /** See biasDirection. */
  biasOffset: number[];
}

/** What else the limit depends on. */
export interface ZeroLimitOptions {
  /** rho, the limit of lambda_Z/lambda_b: 0 (default) where lambda_b is fixed or there is no bias; Infinity: a bias without penalty. */
  ratio?: number;
  /** Nonnegative features (default false). */
  nonnegative?: boolean;
}

/** Throws InputError for counts that are not two or more positive integers, and for nonnegative features with a bias that costs nothing. */
export function zeroLimit(given: readonly number[], { ratio = 0, nonnegative = false }: ZeroLimitOptions = {}): ZeroLimit {
  const counts = checkCounts([...given]);
  if (!(ratio >= 0)) throw inputError("ratio", "a number of at least 0, or infinity", ratio);
  const free = ratio === Number.POSITIVE_INFINITY;
  if (free && nonnegative)
    throw inputError(
      "lambdaB",
      "a penalty on the bias, or no bias, with nonnegative features (a bias that costs nothing predicts the most frequent classes by itself, and their features stay 0: there is no such limit)",
      0,
    );
  const K = counts.length;
  const N = counts.reduce((a, b) => a + b, 0);
  const T = nonnegative ? ownDirections(counts) : multipliersOf(counts, free);
  const filled = (of: (i: number, k: number) => number): number[][] =>
    Array.from({ length: K }, (_, i) => Array.from({ length: K }, (_, k) => of(i, k)));
  // e_kk is the mean of the margins' offsets over all K rows (0 for its own).
  const margin = filled((j, k) => (j === k ? 0 : -Math.log(-T[j][k])));
  const own = counts.map((_, k) => margin.reduce((sum, row) => sum + row[k], 0) / K);
  const logits = filled((j, k) => own[k] - margin[j][k]);
  const bias = free ? null : pull(counts, T, nonnegative);
  const biasDirection = counts.map((n) => (free ? n / N - 1 / K : 0));
  const biasOffset = counts.map((_, j) =>
    bias ? (ratio === 0 ? 0 : ratio * bias[j]) : logits[j].reduce((sum, e, k) => sum + e * (counts[k] / N), 0),
  );
  const direction = filled((i, k) => (i === k ? 1 : 0) - 1 / K - biasDirection[i]);
  const offset = filled((j, k) => logits[j][k] - biasOffset[j]);
  let squares = 0;
  let product = 0;
  for (let j = 0; j < K; j++)
    for (let k = 0; k < K; k++) {
      squares += direction[j][k] ** 2;
      product += offset[j][k] * direction[j][k];
    }
  return {
    direction,
    offset,
    multipliers: T.map((row) => row.map((x) => -x)),
    rate: filled((j, k) => (offset[j][k] - (product / squares) * direction[j][k]) / Math.sqrt(squares)),
    bias,
    biasDirection,
    biasOffset,
  };
}

/** T of features of any sign. */
function multipliersOf(counts: readonly number[], free: boolean): number[][] {
  const { other, own } = inverseRoot(
    counts.map((count) => ({ count, size: 1 })),
    free,
  );
  const K = counts.length;
  return counts.map((_, j) => counts.map((_, k) => (j === k ? own[k] : other[j * K + k])));
}

/** T n, by differences of the counts. */
function pull(counts: readonly number[], T: readonly (readonly number[])[], nonnegative: boolean): number[] {
  const K = counts.length;
  // The rows of T sum to 0; those of nonnegative features, times sqrt(n_k), to sqrt(n_j) - mean sqrt(n) but for a factor.
  if (!nonnegative) return T.map((row, j) => row.reduce((sum, x, k) => sum + x * (counts[k] - counts[j]), 0));
  return counts.map((n) => counts.reduce((sum, m) => sum + Math.sqrt(n) - Math.sqrt(m), 0) / Math.sqrt(K * (K - 1)));
}

/** T of nonnegative features. */
function ownDirections(counts: readonly number[]): number[][] {
  const K = counts.length;
  return counts.map((_, j) => counts.map((n, k) => (j === k ? K - 1 : -1) / Math.sqrt(n * K * (K - 1))));
}
