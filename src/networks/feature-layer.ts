import { type Layer, sequence } from "./layer.ts";
import { batchNorm, dense, relu } from "./layers.ts";
import type { Body, FeatureKind } from "./network.ts";

/** The feature layer's parameters in the dictionary, of a body that ends in one: weights d x inputs, and d offsets. */
export const featureWeight = "features.weight";
/** Offsets of the feature layer, d numbers. */
export const featureBias = "features.bias";

/** A body whose features come out of a dense layer, and a ReLU if they are to be nonnegative: `gain` is the layer's start in units of He's scale. */
export function endingInDense(
  before: readonly Layer[],
  { inputs, featureSize, features, gain }: { inputs: number; featureSize: number; features: FeatureKind; gain: number },
): Body {
  const last = dense("features", inputs, featureSize, gain);
  const layer = features === "relu" ? sequence(last, relu()) : last;
  const hidden = sequence(...before);
  return { body: sequence(hidden, layer), featureSize, featureLayer: { hidden, layer, inputs } };
}

/** The normalization that features come out of, in a body of `endingInBatchNorm`. */
export const featureNorm = "features.norm";

/** A body whose features are a batch normalization's output, with scale and shift, and a ReLU after it if they are to be nonnegative. */
export function endingInBatchNorm(
  before: readonly Layer[],
  { inputs, featureSize, features }: { inputs: number; featureSize: number; features: FeatureKind },
): Body {
  const last = [dense("features", inputs, featureSize), batchNorm(featureNorm, featureSize)];
  const layer = sequence(...last, ...(features === "relu" ? [relu()] : []));
  const hidden = sequence(...before);
  return { body: sequence(hidden, layer), featureSize, featureLayer: { hidden, layer, inputs }, featureNorms: [featureNorm] };
}
