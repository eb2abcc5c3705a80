import { inputError } from "../errors.ts";
import { checkCounts } from "./counts.ts";
import { madeOf } from "./made.ts";
import { diagonalMetric } from "./metric.ts";
import type { Problem } from "./problem.ts";

/** The bounds of the Layer-Peeled Model. */
export interface NormBounds {
  /** E_W: (1/K) sum_k |w_k|^2 is at most this. */
  EW: number;
  /** E_H: (1/K) sum_k (1/n_k) sum_i |h_ki|^2 is at most this. */
  EH: number;
}

/**
 * The Layer-Peeled Model (Fang et al. 2021; theory, section 10): norms are bounded, not penalized, and there is no bias,
 *
 *   min over W, H:  (1/N) sum_ki CE(W h_ki, k)   with (1/K) sum_k |w_k|^2 <= E_W, (1/K) sum_k (1/n_k) sum_i |h_ki|^2 <= E_H,
 *
 * which in the mean predictions is min sum_k omega_k CE(z_k, k) with |Z|_* <= tau = K sqrt(E_W E_H), omega_k = n_k/N. Only shares of the samples and the product of the
 * bounds count. A type of its own: what it minimizes is the loss alone.
 */
export interface LayerPeeledProblem extends Readonly<NormBounds> {
  /** n_k, K positive integers. */
  readonly counts: readonly number[];
  /** Number of classes. */
  readonly K: number;
  /** Number of samples. */
  readonly N: number;
  /** K sqrt(E_W E_H), the most that |Z|_* may be. */
  readonly tau: number;
}

/** Logits up to which the loss is a number with room for its proof: it falls like exp(-tau/(K - 1)). */
const mostLogits = 200;

/** Checks every value. Throws InputError. */
export function layerPeeledProblem({ counts: given, EW, EH }: { counts: readonly number[] } & NormBounds): LayerPeeledProblem {
  const counts = checkCounts(given);
  const K = counts.length;
  const N = counts.reduce((sum, n) => sum + n, 0);
  if (!Number.isSafeInteger(N)) throw inputError("counts", "a sum below 2^53", N);
  return { counts, K, N, ...checkBounds({ EW, EH }, K) };
}

/** The bounds, and tau for K classes. Throws InputError. */
export function checkBounds({ EW, EH }: NormBounds, K: number): NormBounds & { tau: number } {
  for (const [name, value] of [
    ["EW", EW],
    ["EH", EH],
  ] as const)
    if (!(typeof value === "number" && value > 0 && Number.isFinite(value)))
      throw inputError(`layerPeeled: ${name}`, "a positive finite number", value);
  const tau = K * Math.sqrt(EW) * Math.sqrt(EH);
  if (!(tau / (K - 1) <= mostLogits))
    throw inputError(
      "layerPeeled",
      `E_W E_H of at most ${Number(((mostLogits * (K - 1)) / K) ** 2).toPrecision(3)} for ${K} classes (the loss falls like exp(-K sqrt(E_W E_H)/(K - 1)) and would be no number beyond)`,
      EW * EH,
    );
  if (!(tau >= 1e-8)) throw inputError("layerPeeled", "K sqrt(E_W E_H) of at least 1e-8", tau);
  return { EW, EH, tau };
}

/**
 * The same with the bound as a penalty: sum_k omega_k CE(z_k, k) + mu |Z|_*. Its lambda_W and lambda_H are such that the factors of a solution with |Z|_* = tau meet both bounds. `shares`:
 * omega_k, K numbers.
 */
export function penalized(shares: readonly number[], { EW, EH }: NormBounds, mu: number): Problem {
  const problem = diagonalMetric({ masses: shares, lambda: mu });
  const ratio = Math.sqrt(EH) / Math.sqrt(EW);
  return madeOf(problem, { ...problem, lambdaW: mu * ratio, lambdaH: mu / ratio });
}
