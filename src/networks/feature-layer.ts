import type { Body, FeatureKind } from "./body.ts";
import { type Layer, sequence } from "./layer.ts";
import { batchNorm, dense, layerNorm, relu } from "./layers.ts";

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

/** The normalization that features come out of, in a body of `endingInBatchNorm` or `endingInLayerNorm`. */
export const featureNorm = "features.norm";

/** Channels that the layer normalization before the head normalizes, in every network that ends in one. */
export const layerNormWidth = 256;

interface NormEnding {
  inputs: number;
  featureSize: number;
  features: FeatureKind;
}

/** A body whose features are a batch normalization's output, with scale and shift, and a ReLU after it if they are to be nonnegative. */
export function endingInBatchNorm(before: readonly Layer[], ending: NormEnding): Body {
  return endingInNorm(before, batchNorm(featureNorm, ending.featureSize), ending);
}

/** The same with layer normalization. */
export function endingInLayerNorm(before: readonly Layer[], ending: NormEnding): Body {
  return endingInNorm(before, layerNorm(featureNorm, ending.featureSize), ending);
}

function endingInNorm(before: readonly Layer[], norm: Layer, { inputs, featureSize, features }: NormEnding): Body {
  const last = [dense("features", inputs, featureSize), norm];
  const layer = sequence(...last, ...(features === "relu" ? [relu()] : []));
  const hidden = sequence(...before);
  return { body: sequence(hidden, layer), featureSize, featureLayer: { hidden, layer, inputs }, featureNorms: [featureNorm] };
}
