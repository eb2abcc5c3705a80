import { InputError, inputError } from "../errors.ts";
import {
  checkOptimizer,
  decayFields,
  lambdasOfDecay,
  saysWeightDecay,
  type WeightDecay,
  type WeightDecayInput,
} from "./weight-decay.ts";

/**
 * Which lambda is it? Three conventions are in use (theory, section 6):
 *
 *   paper    (lambda_W/2)|W|^2 + (lambda_H/2) sum_i |h_i|^2 + (lambda_b/2)|b|^2
 *   no-half  the same without the factors 1/2 (the paper's own training code): paper lambda = 2 x given
 *   mean     (lambda_W/2)|W|^2 + (c/2) mean_i |h_i|^2 + (lambda_b/2)|b|^2, c given as lambdaH: lambda_H = c / N
 *
 * Everything after this file speaks the paper's convention.
 */
export const conventions = ["paper", "no-half", "mean"] as const;
/** One of `conventions`. */
export type Convention = (typeof conventions)[number];

/** The convention of that name, the paper's where none was said. `what` was given it. Throws InputError for another. @internal */
export function conventionNamed(name: string = "paper", what = "convention"): Convention {
  if (!(conventions as readonly string[]).includes(name)) throw inputError(what, conventions.join(", "), name);
  return name as Convention;
}

/** Lambdas as given: lambdaZ, or lambdaW with lambdaH; or a weight decay with what ends the network (weight-decay.ts). */
export interface RegularizationInput extends WeightDecayInput {
  /** lambda_Z = sqrt(lambda_W lambda_H); or lambdaW and lambdaH. */
  lambdaZ?: number;
  /** Penalty on the head; with lambdaH. */
  lambdaW?: number;
  /** Penalty on the features (convention mean: on their mean square); with lambdaW. */
  lambdaH?: number;
  /** Infinity (default): no bias; 0: a bias without penalty. */
  lambdaB?: number;
  /** How they are meant (default paper). */
  convention?: Convention;
  /** sgd (default), whose decay is a term of the loss; others are refused. */
  optimizer?: string;
}

/** Every key of a `RegularizationInput`. */
export const regularizationKeys: Record<keyof RegularizationInput, true> = {
  lambdaZ: true,
  lambdaW: true,
  lambdaH: true,
  lambdaB: true,
  convention: true,
  weightDecay: true,
  ends: true,
  branches: true,
  width: true,
  normWeightDecay: true,
  biasWeightDecay: true,
  optimizer: true,
};

/** In the paper's convention. */
export interface Regularization {
  /** sqrt(lambda_W lambda_H). */
  lambdaZ: number;
  /** Penalty on the head W. */
  lambdaW: number;
  /** Penalty on the features H. */
  lambdaH: number;
  /** Penalty on the bias b; Infinity: no bias; 0: none on a bias that is there. */
  lambdaB: number;
}

/** The least lambda_Z, and the least lambda_b that is not 0: from here to `mostLambda` (N lambda_Z)^2 is a number for every N below 2^53. */
export const leastLambda = 1e-300;
/** The largest lambda_Z: see `leastLambda`. */
export const mostLambda = 1e100;

/** Where the lambdas come from a weight decay: that; null everywhere where they were given. */
export type Origin = { [Key in keyof WeightDecay]: WeightDecay[Key] | null };

/** Converts to the paper's convention; with lambdaZ alone, lambda_W = lambda_H = lambda_Z. `N`: number of samples. */
export function regularization(input: RegularizationInput, N: number): Regularization & Origin {
  checkOptimizer(input.optimizer);
  const found = saysWeightDecay(input) ? ofDecay(input, N) : { ...ofLambdas(input, N), ...givenLambdas };
  const { lambdaZ } = found;
  if (!(lambdaZ >= leastLambda && lambdaZ <= mostLambda))
    throw found.weightDecay === null
      ? inputError("lambdaZ", `a number from ${leastLambda} to ${mostLambda} after conversion`, lambdaZ)
      : inputError("weightDecay", `one that comes to a lambda_Z from ${leastLambda} to ${mostLambda}`, found.weightDecay);
  return found;
}

const givenLambdas: Origin = { weightDecay: null, ends: null, branches: null };

function ofDecay(input: RegularizationInput, N: number): Regularization & WeightDecay {
  checkDecayAlone(input);
  return lambdasOfDecay(input, N);
}

/** Weight decay says everything: lambdas beside it would be a second penalty. */
export function checkDecayAlone(input: RegularizationInput): void {
  const { weightDecay, lambdaZ, lambdaW, lambdaH } = input;
  // Lambdas alone, and by the way a setting that belongs to the other form: it is that one which is wrong.
  if (weightDecay === undefined && [lambdaZ, lambdaW, lambdaH].some((lambda) => lambda !== undefined)) {
    const stray = decayFields.find((name) => input[name] !== undefined) as (typeof decayFields)[number];
    throw inputError(stray, "nothing beside lambdas: it belongs to weight decay alone", input[stray]);
  }
  for (const name of ["lambdaZ", "lambdaW", "lambdaH", "lambdaB", "convention"] as const)
    if (input[name] !== undefined && !(name === "convention" && input[name] === "paper"))
      throw new InputError(
        `weightDecay: expected no ${name} beside it, got ${input[name]}: weight decay alone makes lambda_W, lambda_H and lambda_b (the bias has biasWeightDecay)`,
      );
}

/** Throws InputError for a strength that was given and is no positive finite number. @internal */
export function checkPositive(value: number | undefined, what: string): void {
  if (value !== undefined && !(typeof value === "number" && value > 0 && Number.isFinite(value)))
    throw inputError(what, "a positive finite number", value);
}

/** Checks each lambda that was given, and the convention. Throws InputError. @internal */
export function checkLambdas(input: RegularizationInput): void {
  const { lambdaZ, lambdaB = Number.POSITIVE_INFINITY } = input;
  conventionNamed(input.convention);
  for (const name of ["lambdaZ", "lambdaW", "lambdaH"] as const) checkPositive(input[name], name);
  if (!(typeof lambdaB === "number" && lambdaB >= 0))
    throw inputError("lambdaB", "a number of at least 0 (0: a bias without penalty), or inf for no bias", lambdaB);
  if (lambdaB > 0 && lambdaB < leastLambda)
    throw inputError("lambdaB", `0, a number of at least ${leastLambda}, or inf`, lambdaB);
  if (lambdaZ !== undefined && (input.lambdaW !== undefined || input.lambdaH !== undefined))
    throw inputError("lambdaZ", "either lambdaZ or lambdaW with lambdaH, not both", lambdaZ);
}

/** Throws InputError where lambdas are missing. @internal */
export function checkComplete({ lambdaZ, lambdaW, lambdaH }: RegularizationInput): void {
  if (lambdaZ !== undefined || (lambdaW !== undefined && lambdaH !== undefined)) return;
  const one = lambdaW !== undefined || lambdaH !== undefined;
  throw inputError(
    "regularization",
    "lambdaZ, or lambdaW with lambdaH, or a weight decay with what ends the network",
    one ? `only ${lambdaW === undefined ? "lambdaH" : "lambdaW"}` : "neither",
  );
}

function ofLambdas(input: RegularizationInput, N: number): Regularization {
  checkLambdas(input);
  checkComplete(input);
  const { lambdaZ, lambdaW, lambdaH, lambdaB = Number.POSITIVE_INFINITY, convention = "paper" } = input;
  const half = convention === "no-half" ? 2 : 1;
  const mean = convention === "mean" ? N : 1;
  const W = (lambdaW ?? (lambdaZ as number) / Math.sqrt(mean)) * half;
  const H = lambdaH === undefined ? W : (lambdaH / mean) * half;
  const Z = lambdaZ === undefined ? Math.sqrt(W) * Math.sqrt(H) : (lambdaZ / Math.sqrt(mean)) * half;
  return { lambdaZ: Z, lambdaW: W, lambdaH: H, lambdaB: lambdaB * half };
}
