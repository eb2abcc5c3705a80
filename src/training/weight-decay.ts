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

/**
 * The settings of a training that weight decay alone regularizes (theory, section 9): nothing penalizes the features; the head, and scale and
 * shift of the normalizations that the features come out of, decay. What of the rest decays too is a choice:
 *
 *   all        everything decays, as with PyTorch's SGD. The weights before a normalization are free of scale, so their decay costs nothing at the
 *              minimum; but it shrinks them in training, until units and with them classes die where it is strong
 *   effective  only what the minimum depends on: the head, and scale and shift of the last normalizations
 *   head       the head alone: scale and shift are spared, a habit. Nothing holds the features then; there is no minimum and no prediction, the logits grow for ever
 */
export const decays = ["all", "effective", "head"] as const;
/** One of `decays`. */
export type Decay = (typeof decays)[number];

/** `N`: samples that an epoch sees. Throws InputError for a network whose features come out of something else, or a decay that makes no sense. */
export function underWeightDecay(
  { network, features, decay, N }: { network: NetworkName; features: FeatureKind; decay: Decay; N: number },
  input: RegularizationInput,
): Pick<TrainingSettings, "lambdaW" | "lambdaH" | "lambdaB" | "normDecay" | "branches" | "weightDecay"> & { lambdaZ: number } {
  const ends = endOf(network, features);
  if (input.ends !== undefined && input.ends !== ends)
    throw new InputError(`ends: expected ${ends}, which ${network} with ${features} features ends in, got ${input.ends}`);
  if (decay === "head" && input.normWeightDecay !== undefined)
    throw inputError(
      "normWeightDecay",
      "none beside the decay of the head alone, which spares scale and shift",
      input.normWeightDecay,
    );
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

/** What the prediction calls a network's end. */
function endOf(network: NetworkName, features: FeatureKind): FeatureEnding | typeof layerNormEnding {
  if (endingOf(network) === "dense")
    throw new InputError(
      `weightDecay: expected a network that ends in batch normalization or layer normalization (mlp-bn, mlp-ln, cnn-bn, cnn-ln, resnet8, resnet18) where nothing else is penalized, got ${network}, whose features come out of a dense layer: give lambdas beside it, or take another network`,
    );
  return endingOf(network) === "layer-norm" ? layerNormEnding : endOfFeatures(features);
}

/** What the prediction calls features that come out of batch normalization, with a ReLU or without. */
export function endOfFeatures(features: FeatureKind): FeatureEnding {
  return features === "relu" ? "batch-norm-relu" : "batch-norm";
}

/** Why nothing is predicted of a training, as a sentence; null where something is. */
export function unpredicted({ network, features, normDecay }: TrainingSettings): string | null {
  if (normDecay === 0)
    return "the decay spares scale and shift of the normalization: there is no minimum, the logits grow for ever";
  if (normDecay !== undefined && endingOf(network) === "layer-norm" && features === "relu")
    return "where a ReLU after layer normalization leads is open";
  return null;
}

/** Whether something penalizes the features, or does what a penalty on them would do at the minimum: then the theory's problem says where training ends. */
export function featuresPenalized({ network, normDecay }: Pick<TrainingSettings, "network" | "normDecay">): boolean {
  return normDecay === undefined || (normDecay > 0 && endingOf(network) !== "layer-norm");
}
