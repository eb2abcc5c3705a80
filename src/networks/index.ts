/**
 * Networks and the array library they run on.
 *
 * @module networks
 */
export { type Device, devices, jax, startBackend, type Tensor, type Tensors } from "./backend.ts";
export { batchNorm, dense, type Layer, type LayerState, relu, sequence } from "./layers.ts";
export { mlp } from "./mlp.ts";
export {
  type FeatureKind,
  featureKinds,
  headBias,
  headWeight,
  logitsOf,
  type Network,
  type NetworkInput,
  type NetworkName,
  network,
  networkNames,
} from "./network.ts";
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
