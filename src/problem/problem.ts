import { inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import { type LossName, lossNames } from "../loss/index.ts";
import { checkCounts } from "./counts.ts";
import { made, madeOf } from "./made.ts";
import {
  leastLambda,
  mostLambda,
  type Origin,
  type RegularizationInput,
  regularization,
  regularizationKeys,
} from "./regularization.ts";

/**
 * The one input type of theory, solver and prediction, validated once, here at the door.
 *
 *   min over Z (K x K), b:  (1/N) sum_k n_k w_k CE_eps(Delta o (z_k + b) + iota, k) + lambda_Z |Z D^(1/2)|_* + (lambda_b/2)|b|^2
 *
 * with the defaults w = 1, Delta = 1, iota = 0, eps = 0 the paper's (UFM), eq. (2.1). `nonnegative` replaces the nuclear norm by
 * sum_k sqrt(n_k) |z_k| (theory, section 7).
 */
export interface Problem extends Readonly<Origin> {
  /** n_k, K positive integers. */
  readonly counts: readonly number[];
  /** Number of classes. */
  readonly K: number;
  /** Number of samples, sum of n_k. */
  readonly N: number;
  /** sqrt(lambda_W lambda_H), in the paper's convention like the next three. */
  readonly lambdaZ: number;
  /** Penalty on the head W. */
  readonly lambdaW: number;
  /** Penalty on the features H. */
  readonly lambdaH: number;
  /** Infinity: bias-free; 0: a bias without penalty, of which the least of all minimizers is taken. */
  readonly lambdaB: number;
  /** Whether features are nonnegative: (UFM+) in place of (UFM). */
  readonly nonnegative: boolean;
  /** Loss weight of each class, w_k > 0; null: all 1. */
  readonly weights: readonly number[] | null;
  /** Additive logit offsets iota_k (logit adjustment); null: all 0. */
  readonly offsets: readonly number[] | null;
  /** Multiplicative logit factors Delta_k > 0 (VS loss); null: all 1. */
  readonly factors: readonly number[] | null;
  /** Label smoothing eps in [0, 1). */
  readonly smoothing: number;
  /** What is minimized: cross-entropy, unless said otherwise. */
  readonly loss: LossName;
}

/** What `problem` takes: class counts, regularization in any convention, remedies. */
export interface ProblemInput extends RegularizationInput {
  /** Samples of each class: two or more positive integers. */
  counts: readonly number[];
  /** Features are nonnegative, they end in a ReLU (default false). */
  nonnegative?: boolean;
  /** K positive loss weights w_k. */
  weights?: readonly number[] | null;
  /** K additive logit offsets iota_k, within +-700. */
  offsets?: readonly number[] | null;
  /** K positive logit factors Delta_k. */
  factors?: readonly number[] | null;
  /** Label smoothing eps in [0, 1), default 0. */
  smoothing?: number;
  /** Name of the loss (default cross-entropy). */
  loss?: LossName;
}

/** Every key of a `ProblemInput`. */
export const problemKeys: Record<keyof ProblemInput, true> = {
  ...regularizationKeys,
  counts: true,
  nonnegative: true,
  weights: true,
  offsets: true,
  factors: true,
  smoothing: true,
  loss: true,
};

/** Largest |iota_k|: beyond it exp underflows and the class can never be predicted. */
const largestOffset = 700;

/** Largest weight or factor, and the inverse of the least: squares of what they multiply stay numbers. */
const largestRemedy = 1e100;

/** Checks every key and value and converts the regularization to the paper's convention; what comes out is frozen. Throws InputError. */
export function problem(input: ProblemInput): Problem {
  checkKeys(input, problemKeys, "problem");
  const loss = lossOf(input);
  const { nonnegative = false } = input;
  const found = regularization(input, loss.N);
  if (typeof nonnegative !== "boolean") throw inputError("nonnegative", "true or false", nonnegative);
  if (nonnegative && found.ends === "batch-norm")
    throw inputError("nonnegative", "batch-norm-relu as what ends a network whose features are nonnegative", found.ends);
  return made({ ...loss, ...found, nonnegative: nonnegative || found.ends === "batch-norm-relu" });
}

/** What a problem's loss is made of: the classes and the remedies, without any regularization. */
export type Loss = Pick<Problem, "counts" | "K" | "N" | "weights" | "offsets" | "factors" | "smoothing" | "loss">;

/** Checks classes and remedies. Throws InputError. */
export function lossOf(input: ProblemInput): Loss {
  const counts = checkCounts(input.counts);
  const K = counts.length;
  const N = counts.reduce((sum, n) => sum + n, 0);
  if (!Number.isSafeInteger(N)) throw inputError("counts", "a sum below 2^53", N);
  const { smoothing = 0, loss = lossNames[0] } = input;
  if (!lossNames.includes(loss)) throw inputError("loss", `one of ${lossNames.join(", ")}`, loss);
  if (!(typeof smoothing === "number" && smoothing >= 0 && smoothing < 1))
    throw inputError("smoothing", "a number in [0, 1)", smoothing);
  if (loss !== lossNames[0])
    for (const name of ["offsets", "factors"] as const)
      if (input[name] !== undefined && input[name] !== null)
        throw inputError(name, `none with the loss ${loss}: they belong to the logits inside a softmax`, input[name]);
  const moderate = (x: number): boolean => x >= 1 / largestRemedy && x <= largestRemedy;
  const moderately = `a positive number from ${1 / largestRemedy} to ${largestRemedy}`;
  return {
    counts,
    K,
    N,
    weights: perClass(input.weights, "weights", K, 1, moderately, moderate),
    offsets: perClass(
      input.offsets,
      "offsets",
      K,
      0,
      `a number within +-${largestOffset} (beyond it the class is impossible)`,
      (x) => Number.isFinite(x) && Math.abs(x) <= largestOffset,
    ),
    factors: perClass(input.factors, "factors", K, 1, moderately, moderate),
    smoothing,
    loss,
  };
}

/**
 * The same problem at another lambda_Z: lambda_W and lambda_H keep their ratio. Where they come from a weight decay it is the decay that changes, and with it
 * the penalty on the bias.
 */
export function withLambdaZ(problem: Problem, lambdaZ: number): Problem {
  const scale = lambdaZ / problem.lambdaZ;
  const { weightDecay } = problem;
  const scaled = {
    ...problem,
    lambdaZ,
    lambdaW: problem.lambdaW * scale,
    lambdaH: problem.lambdaH * scale,
    ...(weightDecay === null ? {} : { weightDecay: weightDecay * scale, lambdaB: problem.lambdaB * scale }),
  };
  return lambdaZ >= leastLambda && lambdaZ <= mostLambda ? madeOf(problem, scaled) : scaled;
}

/** Checks a list of K numbers; a list of neutral values is the same as none. */
function perClass(
  values: readonly number[] | null | undefined,
  what: string,
  K: number,
  neutral: number,
  rule: string,
  valid: (x: number) => boolean,
): readonly number[] | null {
  if (values === undefined || values === null) return null;
  if (!Array.isArray(values) || values.length !== K) throw inputError(what, `${K} numbers, one a class`, values);
  values.forEach((x, k) => {
    if (typeof x !== "number" || !valid(x)) throw inputError(`${what}[${k}]`, rule, x);
  });
  return values.every((x) => x === neutral) ? null : [...values];
}
