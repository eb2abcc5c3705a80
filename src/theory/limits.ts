/**
 * Two clusters as the samples grow: r = n_A/n_B and s = N lambda_Z fixed, N -> infinity (theory, section 5; the paper's remark behind
 * Theorem 3.2). Then b/c, a/c and d/b tend to 1, so Z tends to a multiple of K I - J, the simplex ETF: but only like 1/log N.
 *
 * The bias fades like N^(-1/2) and t = b/c -> 1, so x_1, x_2 and S/sqrt(n_A) tend to constants while f_1, f_2 grow like log(sqrt(n)/s):
 *
 *   b/c - 1 = f_1/f_2 - 1,   a/c - 1 = (K/f_2) (log x_2 + K m),   d/b - 1 = (K/f_1) (log x_1 - K m)     (m -> 0),
 *
 * and the numbers below are the limits of each of them times log N. s drops out. Under a weight decay lambda_Z/lambda_b fades like N^(-1/2) too, so that m stays:
 *
 *   m -> q (r - 1)/sqrt((k_A r + k_B)(k_B r + k_A) K),   q = lim sqrt(N) lambda_Z/lambda_b.
 *
 * (Without a penalty on the bias b/c = r at every N: there is no such limit.)
 *
 * @module
 */

/** How fast two clusters come near the simplex ETF. */
export interface EtfRate {
  /** Limit of (b/c - 1) log N. */
  bOverC: number;
  /** Limit of (a/c - 1) log N. */
  aOverC: number;
  /** Limit of (d/b - 1) log N. */
  dOverB: number;
}

/** The constants of the 1/log N law, for k_A, k_B >= 2, r = n_A/n_B >= 1 and q = `pull`, 0 where lambda_b is fixed or there is no bias. */
export function etfRate(kA: number, kB: number, r: number, pull = 0): EtfRate {
  const K = kA + kB;
  const shift = (K * pull * (r - 1)) / Math.sqrt((kA * r + kB) * (kB * r + kA) * K);
  // S(1)/sqrt(n_A) - k_B and S(1)/sqrt(n_B) - k_A, free of differences: k/(S - k') = (S + k')/(...).
  const rootA = Math.sqrt(K * (kB + kA / r));
  const rootB = Math.sqrt(K * (kB * r + kA));
  const x2 = (rootA + kB) / (kB + K / r);
  const x1 = (rootB + kA) / (kA + K * r);
  // f_1 - f_2 -> this, each of them growing like (1/2) log N.
  const difference =
    Math.log(kA * x1 + kB) - kB * Math.log(x1) - (Math.log(kA + kB * x2) - kA * Math.log(x2)) - 0.5 * Math.log(r);
  return {
    bOverC: 2 * (difference + K * shift),
    aOverC: 2 * K * (Math.log(x2) + shift),
    dOverB: 2 * K * (Math.log(x1) - shift),
  };
}
