import { InputError } from "../errors.ts";
import { endingOf, type FeatureKind, type NetworkName } from "../networks/index.ts";
import { type FeatureEnding, type RegularizationInput, regularization } from "../problem/index.ts";
import type { TrainingSettings } from "./settings.ts";

/**
 * The settings of a training that weight decay alone regularizes (theory, section 9): nothing penalizes the features; the head, and scale and
 * shift of the normalizations that the features come out of, decay. What of the rest decays too is a choice:
 *
 *   all        everything decays, as with PyTorch's SGD. The weights before a normalization are free of scale, so their decay costs nothing at the
 *              minimum; but it shrinks them in training, until units and with them classes die where it is strong
 *   effective  only what the minimum depends on: the head, and scale and shift of the last normalizations
 */
export const decays = ["all", "effective"] as const;
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
  const { lambdaZ, lambdaW, lambdaH, lambdaB, branches } = regularization({ ...input, ends }, N);
  return {
    lambdaZ,
    lambdaW,
    lambdaH,
    lambdaB,
    normDecay: input.normWeightDecay ?? lambdaW,
    ...(branches === null || branches === 1 ? {} : { branches }),
    weightDecay: decay === "all" ? lambdaW : 0,
  };
}

/** What the prediction calls a network's end. */
function endOf(network: NetworkName, features: FeatureKind): FeatureEnding {
  if (endingOf(network) === "dense")
    throw new InputError(
      `weightDecay: expected a network that ends in batch normalization (mlp-bn, cnn-bn, resnet8, resnet18) where nothing else is penalized, got ${network}, whose features come out of a dense layer: give lambdas beside it, or take another network`,
    );
  return endOfFeatures(features);
}

/** What the prediction calls features that come out of batch normalization, with a ReLU or without. */
export function endOfFeatures(features: FeatureKind): FeatureEnding {
  return features === "relu" ? "batch-norm-relu" : "batch-norm";
}
