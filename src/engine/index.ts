/**
 * What trains: a computation as a graph of some operations that know their gradients, and engines that run it, on WebAssembly anywhere, on a graphics processor by WebGPU, or in native code where the
 * optional package for it is installed.
 *
 * @module engine
 */

export { arithmetic } from "./arithmetic.ts";
export { type Backend, backends, deviceFor, startEngine, useThreads } from "./backend.ts";
export { type Device, devices, type Engine, type Held, type Program } from "./engine.ts";
export type { Binary, Expression, Unary } from "./expression.ts";
export { Graph, type Kind, type Node, type Over, type ProductForm, type Rule, type Shape, sizeOf } from "./graph.ts";
export { onnxProducts } from "./onnx/products.ts";
export { findOnnx } from "./onnx/runtime.ts";
/** The operations of which graphs are made, each with its gradient. */
export * as operations from "./operations.ts";
export { type HostTensor, type HostTensors, hostTensor } from "./tensors.ts";
export { findWebGpu, type WebGpu } from "./webgpu/find.ts";
