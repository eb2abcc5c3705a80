/**
 * Networks and the array library they run on.
 *
 * @module networks
 */

export { arithmetic } from "./arithmetic.ts";
export {
  type Backend,
  backends,
  type Device,
  deviceFor,
  devices,
  jax,
  startBackend,
  type Tensor,
  type Tensors,
  useThreads,
} from "./backend.ts";
export { type ConvolutionForm, type ConvolutionOptions, convolution, convolutionForms } from "./convolution.ts";
export { featureBias, featureNorm, featureWeight, layerNormWidth } from "./feature-layer.ts";
export { type Gradients, identity, type Layer, type LayerState, sequence, sum, type Trained } from "./layer.ts";
export { batchNorm, dense, flatten, images, layerNorm, relu } from "./layers.ts";
export { mlp, mlpBn, mlpLn } from "./mlp.ts";
export {
  type Body,
  type Ending,
  endingOf,
  type FeatureKind,
  type FeatureLayer,
  featureKinds,
  hasFeatureLayer,
  headBias,
  headWeight,
  type ImageShape,
  imageSide,
  logitsOf,
  type Network,
  type NetworkInput,
  type NetworkName,
  network,
  networkNames,
} from "./network.ts";
export { averagePool, globalAveragePool, maxPool } from "./pooling.ts";
export { type Compiled, compile, matrixProduct } from "./products.ts";
export {
  allToDevice,
  allToHost,
  dispose,
  type HostTensor,
  type HostTensors,
  hostTensor,
  refs,
  toDevice,
  toHost,
} from "./tensors.ts";
export { findWebGpu, type WebGpu } from "./webgpu.ts";
