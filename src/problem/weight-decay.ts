import { InputError, inputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Regularization } from "./regularization.ts";

/**
 * Networks trained with weight decay alone (theory, section 9): no feature penalty, but features that come out of batch normalization,
 *
 *   h = gamma o u + beta,   u with mean 0 and variance 1 over the N training samples in every channel.
 *
 * Then (1/N) sum_i |h_i|^2 = |gamma|^2 + |beta|^2 exactly, so the decay of gamma and beta is a penalty on the features, and the network minimizes
 * the model of section 1 with
 *
 *   lambda_W = decay of the head,   lambda_H = decay of gamma and beta / (J N),   lambda_b = decay of the head's bias.
 *
 * J: number of branches over which a feature can be split, 1 where the normalization stands right before the head, in residual
 * networks between 1 and the number of branches in the last stage: 3 in ResNet18, 4 in ResNet34 to 152 (section 9.2). With one decay X for all, lambda_Z = X / sqrt(J N), and classes of equal count n merge iff n/N <= X^2 / J.
 */

/** What the features come out of: batch normalization, or batch normalization and a ReLU after it (nonnegative features). */
export const featureEndings = ["batch-norm", "batch-norm-relu"] as const;
/** One of `featureEndings`. */
export type FeatureEnding = (typeof featureEndings)[number];

/** Layer normalization before the head: a model of its own, which only some commands answer (layer-norm.ts). */
export const layerNormEnding = "layer-norm";

/** Weight decay as given; L2, as in SGD. */
export interface WeightDecayInput {
  /** X: on the head, and on all else that has no value of its own below. */
  weightDecay?: number;
  /** What stands before the head; "layer-norm" leads to `layerNormProblem`. */
  ends?: FeatureEnding | typeof layerNormEnding;
  /** J, at least 1 (default 1). */
  branches?: number;
  /** d, channels of the features: with layer normalization only. */
  width?: number;
  /** On scale and shift of the last normalization (default X). */
  normWeightDecay?: number;
  /** On the head's bias (default X); 0: the bias does not decay; Infinity: there is no bias. */
  biasWeightDecay?: number;
}

/** As the problem keeps it, beside the lambdas that it came to. */
export interface WeightDecay {
  /** X. */
  weightDecay: number;
  /** What stands before the head. */
  ends: FeatureEnding;
  /** J. */
  branches: number;
}

/** What belongs to a weight decay alone. */
export const decayFields = ["weightDecay", "ends", "branches", "width", "normWeightDecay", "biasWeightDecay"] as const;

/** Whether anything of a weight decay was given. */
export function saysWeightDecay(input: WeightDecayInput): boolean {
  return decayFields.some((name) => input[name] !== undefined);
}

/** The lambdas of a weight decay for N samples, in the paper's convention. Throws InputError where the theory does not apply. */
export function lambdasOfDecay(input: WeightDecayInput, N: number): Regularization & WeightDecay {
  const { ends, branches = 1, width } = input;
  const weightDecay = checkDecay(input.weightDecay);
  checkEnding(ends);
  if (width !== undefined)
    throw inputError(
      "width",
      `nothing with ${ends}: only layer normalization's model depends on how many channels there are`,
      width,
    );
  if (!(isNumber(branches) && branches >= 1 && Number.isFinite(branches)))
    throw inputError("branches", "a number J of at least 1: aligned branches whose sum is the feature", branches);
  const { normWeightDecay, biasWeightDecay } = otherDecays(input, weightDecay);
  const lambdaH = normWeightDecay / (branches * N);
  return {
    weightDecay,
    ends,
    branches,
    lambdaZ: Math.sqrt(weightDecay) * Math.sqrt(lambdaH),
    lambdaW: weightDecay,
    lambdaH,
    lambdaB: biasWeightDecay,
  };
}

/** The decay of all that has no other. */
export function checkDecay(weightDecay: number | undefined): number {
  if (weightDecay === undefined)
    throw new InputError("weightDecay: expected a value where ends, branches, width or another decay is given, got nothing");
  if (!(isNumber(weightDecay) && weightDecay > 0 && Number.isFinite(weightDecay)))
    throw inputError(
      "weightDecay",
      "a positive finite number (without decay there is no minimum: the logits grow for ever; `nclab limits` shows in which direction)",
      weightDecay,
    );
  return weightDecay;
}

/** The decays of scale and shift, and of the bias. */
export function otherDecays(
  { normWeightDecay, biasWeightDecay }: WeightDecayInput,
  weightDecay: number,
): { normWeightDecay: number; biasWeightDecay: number } {
  const norm = normWeightDecay ?? weightDecay;
  const bias = biasWeightDecay ?? weightDecay;
  if (norm === 0)
    throw new InputError(
      "normWeightDecay: expected a positive number, got 0: where the decay spares scale and shift of the normalization nothing holds the features, lambda_H = 0 and there is no minimum: the logits grow for ever. Let them decay (in PyTorch: leave them in the parameter group that decays), or penalize the features",
    );
  if (!(isNumber(norm) && norm > 0 && Number.isFinite(norm)))
    throw inputError("normWeightDecay", "a positive finite number", norm);
  if (!(isNumber(bias) && bias >= 0))
    throw inputError("biasWeightDecay", "a number of at least 0 (0: the bias does not decay), or inf for no bias", bias);
  return { normWeightDecay: norm, biasWeightDecay: bias };
}

function checkEnding(ends: string | undefined): asserts ends is FeatureEnding {
  if ((featureEndings as readonly (string | undefined)[]).includes(ends)) return;
  const rule = `${featureEndings.join(" or ")} (what the features come out of)`;
  const why = ends === undefined ? undefined : refusals[ends];
  if (why !== undefined) throw new InputError(`ends: expected ${rule}, got ${ends}: ${why}`);
  if (ends !== undefined) throw inputError("ends", `${rule}${nearest(String(ends), featureEndings)}`, ends);
  throw new InputError(
    `ends: expected ${rule}, got nothing: what stands before the head decides where weight decay leads. Look into the model's forward for the last layer before the classifier`,
  );
}

/** Endings that people have and that this model does not cover: why, and what to do instead. */
const refusals: Record<string, string> = {
  "rms-norm":
    "RMS normalization is layer normalization's model without its constraint on the mean, but without its shift too: `nclab predict --ends layer-norm --width d` is the nearest model, for unequal counts not the same (docs/endings.md)",
  "layer-norm-relu": "a ReLU after layer normalization is open: no model of it is known here (docs/endings.md)",
  "group-norm":
    "a group normalization has a mean and a variance for each sample, not over the samples: neither the theorem on batch normalization nor the model of layer normalization is about it",
  none: "without a normalization before the head weight decay does not decide the features' size by the class counts alone (theory, section 9.3): `nclab measure --hidden` solves what a trained network's last two layers do with what they take; or put a feature penalty into the loss and give its lambda_W and lambda_H, or let batch normalization be the last thing before the head",
  [layerNormEnding]:
    "layer normalization leads to another geometry, classes in antipodal pairs (theory, section 9.4), whose minimum is searched and not proved: `nclab predict --ends layer-norm --width d` (in code: `predictLayerNorm`) does that and nothing else does",
};

/** Optimizers whose weight decay is a term of the loss. */
export function checkOptimizer(optimizer: string | undefined): void {
  if (optimizer === undefined || optimizer === "sgd") return;
  if (optimizer === "adamw")
    throw new InputError(
      "optimizer: expected sgd, got adamw: its decay is decoupled from the gradient, so where it comes to rest is no minimum of loss and decay (theory, section 9.5); train with SGD and weight decay, or put a feature penalty into the loss and give its lambda_W and lambda_H",
    );
  throw inputError("optimizer", "sgd (or adamw, to be told why not)", optimizer);
}

const isNumber = (x: unknown): x is number => typeof x === "number";
