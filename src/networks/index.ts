/**
 * Networks, as plain data: layers, bodies, and the linear head.
 *
 * @module networks
 */

export {
  type Body,
  type Ending,
  type FeatureKind,
  type FeatureLayer,
  featureKinds,
  type ImageShape,
} from "./body.ts";
export type { CnnName } from "./cnn.ts";
export { featureBias, featureNorm, featureWeight, layerNormWidth } from "./feature-layer.ts";
export { identity, type Layer, type LayerState, type Pass, type Purpose, sequence, sum } from "./layer.ts";
export {
  batchNorm,
  type ConvolutionOptions,
  convolution,
  dense,
  flatten,
  globalAveragePool,
  images,
  layerNorm,
  maxPool,
  relu,
} from "./layers.ts";
export { type MlpName, mlp, mlpBn, mlpLn } from "./mlp.ts";
export {
  endingOf,
  hasFeatureLayer,
  headBias,
  headOf,
  headWeight,
  imageSide,
  type Network,
  type NetworkInput,
  type NetworkName,
  network,
  networkNames,
} from "./network.ts";
export { type ArraysOf, type PassThrough, passThrough } from "./pass.ts";
export type { ResnetName } from "./resnet.ts";
export type { VggName } from "./vgg.ts";
