import { checkCounts } from "../problem/index.ts";

/**
 * lambda_Z -> 0, for any counts and any fixed lambda_b > 0, infinity included (theory, section 6; the SELI geometry of Thrampoulidis et al. 2022).
 * With s = N lambda_Z, Pi = I - J/K and T = (Pi D Pi)^(+1/2), the square root of the pseudo-inverse,
 *
 *   Z = log(1/s) Pi + E + O(1/log(1/s)),      b = (lambda_Z/lambda_b) T n (1 + o(1)),
 *   e_kk - e_jk = -log(-T_jk)  (j != k),      columns of E sum to 0.
 *
 * Why: at the optimum (I - P) D^(1/2) = s U V' with U V' the polar factor of Z D^(1/2) (paper, Lemma 5.2). Z/|Z| tends to the matrix of least
 * |Z D^(1/2)|_* with all margins z_kk - z_jk >= 1, which is Pi: its polar factor is T D^(1/2), and T_jk < 0 for every j != k, so T is a
 * set of positive multipliers for the margins, all of which are 1. (T_jk < 0: T = (1/pi) int t^(-1/2) (Pi D Pi + t)^(-1) dt on 1's complement, and
 * the resolvent there is (D+t)^(-1) - (D+t)^(-1) J (D+t)^(-1) / (1'(D+t)^(-1) 1).) Then p_jk = -s T_jk to first order, and its logarithm is E.
 *
 * So the direction of Z forgets the counts, but only like 1/log(1/s): margins between frequent classes exceed those between rare ones by the
 * constants of E. The factors of Pi D^(1/2) do remember the counts: W and H are not an ETF.
 */
export interface ZeroLimit {
  /** Pi = I - J/K, the direction of Z (rows: logits, columns: classes; K x K). Its Frobenius norm is sqrt(K - 1). */
  direction: number[][];
  /** E, K x K. */
  offset: number[][];
  /** -T, K x K: the margins' multipliers off the diagonal, in units of 1/sqrt(samples). */
  multipliers: number[][];
  /** lim (Z/|Z|_F - Pi/sqrt(K-1)) log(1/s): the constant of the 1/log law, K x K. */
  rate: number[][];
  /** Limit of b lambda_b/lambda_Z: T n (K numbers). 0 for balanced classes. */
  bias: number[];
}

/** Throws InputError for counts that are not two or more positive integers. */
export function zeroLimit(given: readonly number[]): ZeroLimit {
  const counts = checkCounts([...given]);
  const K = counts.length;
  const T = inverseRoot(counts);
  const filled = (of: (i: number, k: number) => number): number[][] =>
    Array.from({ length: K }, (_, i) => Array.from({ length: K }, (_, k) => of(i, k)));
  const direction = filled((i, k) => (i === k ? 1 : 0) - 1 / K);
  // e_kk is the mean of the margins' offsets over all K rows (0 for its own).
  const margin = filled((j, k) => (j === k ? 0 : -Math.log(-T[j][k])));
  const own = counts.map((_, k) => margin.reduce((sum, row) => sum + row[k], 0) / K);
  const offset = filled((j, k) => own[k] - margin[j][k]);
  let along = 0;
  for (let j = 0; j < K; j++) for (let k = 0; k < K; k++) along += (offset[j][k] * direction[j][k]) / (K - 1);
  return {
    direction,
    offset,
    multipliers: T.map((row) => row.map((x) => -x)),
    rate: filled((j, k) => (offset[j][k] - along * direction[j][k]) / Math.sqrt(K - 1)),
    // T 1 = 0, so T n sums differences of counts.
    bias: T.map((row, j) => row.reduce((sum, x, k) => sum + x * (counts[k] - counts[j]), 0)),
  };
}

/**
 * -T off the diagonal from its integral, t = e^u, r_i = 1/(n_i + t):  -T_jk = (1/pi) int sqrt(t) r_j r_k / sum_i r_i du. Every term is positive, so
 * every entry keeps full relative precision whatever the imbalance. In u the integrand is analytic in a strip of half width pi and
 * decays like e^(-|u|/2): the trapezoidal rule with step 1/2 errs by e^(-4 pi^2), below rounding. The rows of T sum to 0.
 */
function inverseRoot(counts: readonly number[]): number[][] {
  const K = counts.length;
  const T = Array.from({ length: K }, () => new Array<number>(K).fill(0));
  const step = 0.5;
  const beyond = 80;
  const low = Math.log(Math.min(...counts)) - beyond;
  const high = Math.log(Math.max(...counts)) + beyond;
  for (let u = low; u <= high; u += step) {
    const t = Math.exp(u);
    const r = counts.map((n) => 1 / (n + t));
    const scale = (step / Math.PI) * (Math.sqrt(t) / r.reduce((a, b) => a + b, 0));
    for (let j = 0; j < K; j++) for (let k = 0; k < j; k++) T[j][k] -= scale * r[j] * r[k];
  }
  for (let j = 0; j < K; j++) for (let k = 0; k < j; k++) T[k][j] = T[j][k];
  for (let j = 0; j < K; j++) T[j][j] = -T[j].reduce((a, b) => a + b, 0);
  return T;
}
