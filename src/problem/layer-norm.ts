import { InputError, inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import { lossNames } from "../loss/index.ts";
import { type Loss, lossOf, type ProblemInput, problemKeys } from "./problem.ts";
import { checkDecayAlone, type RegularizationInput } from "./regularization.ts";
import { checkDecay, checkOptimizer, layerNormEnding, otherDecays } from "./weight-decay.ts";

/**
 * Networks whose features come out of layer normalization, trained with weight decay alone (theory, section 9.4): h = gamma o u + beta with |u|^2 = d in
 * every sample. A model of three factors, not the convex one, so it is a type of its own and no function of the convex model takes it:
 *
 *   min over W (K x d), gamma, beta, u_k (d), b:   (1/N) sum_k n_k w_k CE(W (gamma o u_k + beta) + b, k)
 *                       + (lambda_W/2)|W|^2 + (lambda_norm/2)(|gamma|^2 + |beta|^2) + (lambda_b/2)|b|^2,   |u_k|^2 <= d
 */
export interface LayerNormProblem extends Readonly<Loss> {
  /** What stands before the head. */
  readonly ends: typeof layerNormEnding;
  /** X, the decay of all that has no other. */
  readonly weightDecay: number;
  /** d, channels of the features. */
  readonly width: number;
  /** lambda_W, decay of the head: X. */
  readonly lambdaW: number;
  /** lambda_norm, decay of scale and shift of the normalization. */
  readonly lambdaNorm: number;
  /** lambda_b, decay of the head's bias; Infinity: there is none; 0: it does not decay. */
  readonly lambdaB: number;
  /** Lambda = sqrt(lambda_W lambda_norm / d), the one number by which decays and width enter where there are no shift and no bias. */
  readonly strength: number;
}

/** Whether this is an input for `layerNormProblem`. */
export function endsInLayerNorm(input: Pick<RegularizationInput, "ends">): boolean {
  return input.ends === layerNormEnding;
}

/** Decays from here to `mostDecay`: below, objectives are lost in the squares of rounded numbers; above, all has collapsed for long (from Lambda = 1 on). */
const leastDecay = 1e-100;
const mostDecay = 1e10;

/** `given`: by their names as options; 0 and Infinity mean something for the bias alone. */
function checkDecays(given: { weightDecay: number; normWeightDecay: number; biasWeightDecay: number }): void {
  for (const [name, decay] of Object.entries(given)) {
    const ofBias = name === "biasWeightDecay";
    if ((decay >= leastDecay && decay <= mostDecay) || (ofBias && (decay === 0 || decay === Number.POSITIVE_INFINITY))) continue;
    throw inputError(name, `${ofBias ? "0, inf, or " : ""}a number from ${leastDecay} to ${mostDecay} with layer-norm`, decay);
  }
}

/** d for K classes. Throws InputError. */
export function checkLayerNormWidth(width: number, K: number): void {
  if (!(Number.isSafeInteger(width) && width >= 1)) throw inputError("width", "a whole number of channels, below 2^53", width);
  if (width >= K / 2) return;
  throw inputError(
    "width",
    `a whole number of at least K/2 = ${K / 2}: in fewer channels the classes have no room for antipodal pairs, and that layer normalization also takes the mean out of u, which this model leaves out, would matter`,
    width,
  );
}

/** Checks every value. Takes what `problem` takes, with `ends: "layer-norm"` and a `width`. Throws InputError. */
export function layerNormProblem(input: ProblemInput): LayerNormProblem {
  checkKeys(input, problemKeys, "problem");
  if (!endsInLayerNorm(input)) throw inputError("ends", layerNormEnding, input.ends);
  checkOptimizer(input.optimizer);
  checkDecayAlone(input);
  const loss = lossOf(input);
  if (loss.loss !== lossNames[0]) throw inputError("loss", `${lossNames[0]} with ${layerNormEnding}`, loss.loss);
  const weightDecay = checkDecay(input.weightDecay);
  if (input.nonnegative)
    throw new InputError(
      "nonnegative: expected nothing with layer-norm, got true: where a ReLU after layer normalization leads is open (theory, section 9.4)",
    );
  const { branches = 1, width } = input;
  if (branches !== 1)
    throw inputError("branches", "1 with layer-norm: the normalization stands after all branches have been added", branches);
  if (width === undefined)
    throw new InputError(
      "width: expected d, the number of channels that the layer normalization before the head normalizes (768 in ViT-B), got nothing: lambda enters as lambda/sqrt(d)",
    );
  checkLayerNormWidth(width, loss.K);
  const { normWeightDecay, biasWeightDecay } = otherDecays(input, weightDecay);
  checkDecays({ weightDecay, normWeightDecay, biasWeightDecay });
  const strength = (Math.sqrt(weightDecay) * Math.sqrt(normWeightDecay)) / Math.sqrt(width);
  return {
    ...loss,
    ends: layerNormEnding,
    weightDecay,
    width,
    lambdaW: weightDecay,
    lambdaNorm: normWeightDecay,
    lambdaB: biasWeightDecay,
    strength,
  };
}
