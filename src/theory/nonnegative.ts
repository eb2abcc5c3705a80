import { inputError } from "../errors.ts";
import type { Problem } from "../problem/index.ts";

/**
 * Nonnegative features without a bias, in closed form for any counts (theory, section 7): the problem (UFM+) falls apart into its classes,
 *
 *   z_k = tau_k (e_k - 1/K),   p_k has q_k = s / (w_k sqrt(n_k K (K-1))) off its own class,   tau_k = log((1 - (K-1) q_k) / q_k),
 *
 * with s = N lambda_Z, and z_k = 0 once q_k reaches 1/K, i.e. w_k^2 n_k <= s^2 K/(K-1) (compare Dang et al. 2024 for the balanced case). The
 * residuals e_k - p_k of two classes have a negative inner product, so G+ of the certificate is diagonal: the answer is exactly optimal
 * for nonnegative features, not for (UFM+) alone.
 *
 * Returns tau_k, K numbers. Throws InputError where there is a bias, or offsets, factors or smoothing.
 */
export function nonnegativeBiasFree(problem: Problem): number[] {
  const { counts, K, N, lambdaZ, lambdaB, weights, offsets, factors, smoothing } = problem;
  const refuse = (what: string, value: unknown): never => {
    throw inputError(what, "none: the closed form is that of the bias-free problem, with weights as its only remedy", value);
  };
  if (lambdaB !== Number.POSITIVE_INFINITY) refuse("lambdaB", lambdaB);
  if (offsets) refuse("offsets", offsets);
  if (factors) refuse("factors", factors);
  if (smoothing > 0) refuse("smoothing", smoothing);
  return counts.map((n, k) => {
    // K q: 1 at the threshold.
    const share = (N * lambdaZ * Math.sqrt(K / (K - 1))) / ((weights?.[k] ?? 1) * Math.sqrt(n));
    return share >= 1 ? 0 : Math.log1p((K * (1 - share)) / share);
  });
}
