import { inputError } from "../errors.ts";
import { made } from "./made.ts";
import type { Problem } from "./problem.ts";

/** A diagonal feature metric with a mass for each class's loss: K numbers each. */
export interface DiagonalMetric {
  /** v_k > 0, of the loss. */
  masses: readonly number[];
  /** S_k > 0, of the penalty; all 1 where not given. */
  metric?: readonly number[];
  /** lambda > 0. */
  lambda: number;
  /** On the bias; Infinity (default): none. */
  lambdaB?: number;
}

/**
 * A general feature metric that is diagonal (theory, section 10),
 *
 *   min over Z (K x K), b:  sum_k v_k CE(z_k + b, k) + lambda |Z S|_* + (lambda_b/2)|b|^2,
 *
 * is (UFM) with counts S_k^2 and loss weights v_k sum_l S_l^2 / S_k^2: (1/N) n_k w_k = v_k, D^(1/2) = S, lambda_Z = lambda. So solver, certificate and clusters are those of every other problem. The
 * counts need not be whole numbers. S with entries off its diagonal: `metricPoints` of the solver. Throws InputError.
 */
export function diagonalMetric({ masses, metric, lambda, lambdaB = Number.POSITIVE_INFINITY }: DiagonalMetric): Problem {
  const K = masses.length;
  if (K < 2) throw inputError("masses", "at least 2 classes", K);
  const S = metric ?? masses.map(() => 1);
  if (S.length !== K) throw inputError("metric", `${K} numbers, one a class`, S.length);
  const positive = (x: number): boolean => x >= 1e-100 && x <= 1e100;
  for (const [what, values] of [
    ["masses", masses],
    ["metric", S],
  ] as const)
    values.forEach((x, k) => {
      if (!positive(x)) throw inputError(`${what}[${k}]`, "a number from 1e-100 to 1e100", x);
    });
  if (!(lambda >= 1e-300 && lambda <= 1e100)) throw inputError("lambda", "a number from 1e-300 to 1e100", lambda);
  if (!(lambdaB >= 0)) throw inputError("lambdaB", "a number of at least 0, or Infinity", lambdaB);
  const counts = S.map((x) => x * x);
  const N = counts.reduce((sum, n) => sum + n, 0);
  const weights = masses.map((v, k) => v * (N / counts[k]));
  return made({
    ...{ counts, K, N, lambdaZ: lambda, lambdaW: lambda, lambdaH: lambda, lambdaB, nonnegative: false, loss: "cross-entropy" },
    ...{ weights: weights.every((w) => w === 1) ? null : weights, offsets: null, factors: null, smoothing: 0 },
    ...{ weightDecay: null, ends: null, branches: null },
  });
}
