import { inputError } from "../errors.ts";
import { type Problem, type Proof, prove, usualTolerance } from "../problem/index.ts";

/**
 * The square loss in closed form, for any counts (theory, section 6):
 *
 *   min over Z:  (1/(2N)) sum_k n_k w_k |z_k - e_k|^2 + lambda_Z |Z D^(1/2)|_*        (no bias)
 *
 * Z is diagonal, z_kk = max(1 - s/(w_k sqrt(n_k)), 0) with s = N lambda_Z. Without weights this is soft thresholding of the singular values
 * of D^(1/2); with them the gradient of the loss, (1/N)(Z - I) W D^(1/2), is diagonal too, equal to -lambda_Z where z_kk > 0 and at most
 * lambda_Z in size where z_kk = 0: a subgradient of the nuclear norm.
 *
 * So a class vanishes by itself, iff w_k sqrt(n_k) <= s; classes never merge without vanishing. Z is also optimal among nonnegative features: its
 * factors W, H are diagonal, hence nonnegative already.
 */
export interface SquareLossSolution extends Proof {
  /** z_kk of each class (K numbers in [0, 1)); every other entry of Z is 0. */
  own: number[];
  /** z_kk - 1 of each class, to full precision: at least -1, and s/(w_k sqrt(n_k)) in size. */
  residuals: number[];
  /** Classes with z_k = 0, ascending. */
  vanished: number[];
  /** lambda_Z at which each class vanishes, w_k sqrt(n_k)/N (K numbers). */
  thresholds: number[];
}

/** Whether nothing couples the classes, so that this is the answer: the square loss without a bias, with weights as its only remedy. */
export function squareLossFallsApart({ loss, lambdaB, offsets, factors, smoothing }: Problem): boolean {
  return loss === "square" && lambdaB === Number.POSITIVE_INFINITY && !offsets && !factors && smoothing === 0;
}

/**
 * Solves the square-loss problem. Throws InputError for what has no closed form here: a bias (lambda_b < infinity), offsets, factors, smoothing.
 */
export function squareLoss(problem: Problem): SquareLossSolution {
  const { counts, N, lambdaZ, lambdaB, weights, offsets, factors, smoothing } = problem;
  const refuse = (what: string, value: unknown): never => {
    throw inputError(what, "none with the square loss (its closed form is bias-free, with weights as its only remedy)", value);
  };
  if (lambdaB !== Number.POSITIVE_INFINITY)
    throw inputError(
      "lambdaB",
      "inf, no bias, with the square loss (its closed form is bias-free: a bias couples the classes)",
      lambdaB,
    );
  if (offsets) refuse("offsets", offsets);
  if (factors) refuse("factors", factors);
  if (smoothing > 0) refuse("smoothing", smoothing);
  const s = N * lambdaZ;
  const w = (k: number): number => weights?.[k] ?? 1;
  const own = counts.map((n, k) => Math.max(0, 1 - s / (w(k) * Math.sqrt(n))));
  let objective = 0;
  let dual = 0;
  counts.forEach((n, k) => {
    const mass = n * w(k);
    // Residual 1 - z_kk, from the rule itself: where s is small 1 - z would lose its digits.
    const residual = Math.min(1, s / (w(k) * Math.sqrt(n)));
    objective += (mass * residual * residual) / (2 * N) + lambdaZ * Math.sqrt(n) * own[k];
    // Dual: max over |G|_2 <= lambda_Z of <G, D^(1/2)> - (N/2) sum_k g_k^2/w_k, at G = residual of the primal.
    const g = Math.min(lambdaZ, (w(k) * Math.sqrt(n) * residual) / N);
    dual += g * Math.sqrt(n) - (N * g * g) / (2 * w(k));
  });
  // Both are sums of K terms that are not negative, each right to a few eps.
  const rounding = (counts.length + 8) * Number.EPSILON * objective;
  return {
    own,
    residuals: counts.map((n, k) => -Math.min(1, s / (w(k) * Math.sqrt(n)))),
    ...prove(problem, { objective, dual, rounding, tolerance: usualTolerance }),
    vanished: own.flatMap((z, k) => (z === 0 ? [k] : [])),
    thresholds: counts.map((n, k) => (w(k) * Math.sqrt(n)) / N),
  };
}
