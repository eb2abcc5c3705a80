/**
 * The settings of a training that weight decay alone regularizes (theory, section 9): nothing penalizes the features; the head, and scale and
 * shift of the normalizations that the features come out of, decay. What of the rest decays too is a choice:
 *
 *   all        everything decays, as with PyTorch's SGD. The weights before a normalization are free of scale, so their decay costs nothing at the
 *              minimum; but it shrinks them in training, until units and with them classes die where it is strong
 *   effective  only what the minimum depends on: the head, and scale and shift of the last normalizations
 *   head       the head alone: scale and shift are spared, a habit. Nothing holds the features then; there is no minimum and no prediction, the logits grow for ever
 *
 * @module
 */
import { InputError, inputError } from "../errors.ts";
import { endingOf, type FeatureKind, layerNormWidth, type NetworkName } from "../networks/index.ts";
import {
  type FeatureEnding,
  layerNormEnding,
  layerNormProblem,
  type RegularizationInput,
  regularization,
} from "../problem/index.ts";
import type { TrainingSettings } from "./settings.ts";

/** What weight decay applies to. */
export const decays = ["all", "effective", "head"] as const;
/** One of `decays`. */
export type Decay = (typeof decays)[number];

/** `N`: samples that an epoch sees. Throws InputError for a network whose features come out of something else, or a decay that makes no sense. */
export function underWeightDecay(
  { network, features, decay, N }: { network: NetworkName; features: FeatureKind; decay: Decay; N: number },
  input: RegularizationInput,
): Pick<TrainingSettings, "lambdaW" | "lambdaH" | "lambdaB" | "normDecay" | "branches" | "weightDecay"> & { lambdaZ: number } {
  if (endingOf(network) === "dense") return ofDense({ network, decay, N }, input);
  const ends = endOf(network, features);
  if (input.ends !== undefined && input.ends !== ends)
    throw new InputError(`ends: expected ${ends}, which ${network} with ${features} features ends in, got ${input.ends}`);
  if (decay === "head" && input.normWeightDecay !== undefined)
    throw inputError(
      "normWeightDecay",
      "none beside the decay of the head alone, which spares scale and shift",
      input.normWeightDecay,
    );
  if (endingOf(network) === "batch-norm" && (input.branches ?? 1) > 1)
    throw inputError("branches", `1 for ${network}, whose features come out of one normalization`, input.branches);
  const { lambdaNorm, branches, ...lambdas } =
    ends === layerNormEnding ? ofLayerNorm(input, network) : ofBatchNorm({ ...input, ends }, N);
  const normDecay = decay === "head" ? 0 : lambdaNorm;
  return {
    ...lambdas,
    // A decay that is spared comes to no penalty.
    ...(normDecay === 0 ? { lambdaZ: 0, lambdaH: 0 } : {}),
    normDecay,
    ...(branches === null || branches === 1 ? {} : { branches }),
    weightDecay: decay === "all" ? lambdas.lambdaW : 0,
  };
}

function ofBatchNorm(input: RegularizationInput, N: number) {
  const { lambdaZ, lambdaW, lambdaH, lambdaB, branches } = regularization(input, N);
  return { lambdaZ, lambdaW, lambdaH, lambdaB, branches, lambdaNorm: input.normWeightDecay ?? lambdaW };
}

/** The decays as they are: no penalty on the features does what they do. Two classes stand in for those that are trained. */
function ofLayerNorm(input: RegularizationInput, network: NetworkName) {
  if (input.width !== undefined && input.width !== layerNormWidth)
    throw inputError("width", `${layerNormWidth}, the channels before the head of ${network}, or nothing`, input.width);
  const model = layerNormProblem({ ...input, ends: layerNormEnding, width: layerNormWidth, counts: [1, 1] });
  const { lambdaW, lambdaB, lambdaNorm } = model;
  return { lambdaZ: 0, lambdaW, lambdaH: 0, lambdaB, branches: null, lambdaNorm };
}

/**
 * Features of a dense layer without normalization (section 9.3): what holds them is the decay of that layer and of all that feeds it, so that everything has to decay. The counts do not say where it ends;
 * `nclab measure --hidden` does, for the last two layers.
 */
function ofDense({ network, decay, N }: { network: NetworkName; decay: Decay; N: number }, input: RegularizationInput) {
  for (const name of ["ends", "branches", "normWeightDecay"] as const)
    if (input[name] !== undefined)
      throw inputError(name, `none for ${network}, whose features come out of a dense layer without normalization`, input[name]);
  if (decay !== "all")
    throw inputError(
      "decay",
      `all for ${network}: the decay of every layer holds the features that come out of a dense layer`,
      decay,
    );
  const { lambdaW, lambdaB } = regularization({ ...input, ends: "batch-norm" }, N);
  return { lambdaZ: 0, lambdaW, lambdaH: 0, lambdaB, weightDecay: lambdaW };
}

/** What the prediction calls a network's end. */
function endOf(network: NetworkName, features: FeatureKind): FeatureEnding | typeof layerNormEnding {
  return endingOf(network) === "layer-norm" ? layerNormEnding : endOfFeatures(features);
}

/** What the prediction calls features that come out of batch normalization, with a ReLU or without. */
export function endOfFeatures(features: FeatureKind): FeatureEnding {
  return features === "relu" ? "batch-norm-relu" : "batch-norm";
}

/** Why nothing is predicted of a training, as a sentence; null where something is. */
export function unpredicted(settings: TrainingSettings): string | null {
  const { network, features, normDecay } = settings;
  if (everythingDecays(settings))
    return "what a dense layer without normalization takes decides, not the counts alone; --save-features and `nclab measure --hidden` hold the last two layers against their own problem";
  if (normDecay === 0)
    return "the decay spares scale and shift of the normalization: there is no minimum, the logits grow for ever";
  if (normDecay !== undefined && endingOf(network) === "layer-norm" && features === "relu")
    return "where a ReLU after layer normalization leads is open";
  return null;
}

/** Whether something penalizes the features, or does what a penalty on them would do at the minimum: then the theory's problem says where training ends. */
export function featuresPenalized({
  network,
  lambdaH,
  normDecay,
}: Pick<TrainingSettings, "network" | "lambdaH" | "normDecay">): boolean {
  return normDecay === undefined ? lambdaH > 0 : normDecay > 0 && endingOf(network) !== "layer-norm";
}

/** Whether all there is is the decay of every layer, before a head whose features come out of a dense layer without normalization (section 9.3). */
export function everythingDecays({
  network,
  lambdaH,
  normDecay,
  weightDecay,
}: Pick<TrainingSettings, "network" | "lambdaH" | "normDecay" | "weightDecay">): boolean {
  return normDecay === undefined && lambdaH === 0 && weightDecay > 0 && endingOf(network) === "dense";
}
