import type { Graph } from "./graph.ts";
import type { HostTensors } from "./tensors.ts";

/**
 * What turns graphs into programs and holds arrays between their runs. One engine computes one thing at a time, in the order asked: runs, reads and writes that are
 * not waited for see what those before them left, and take the numbers that they were given as these were then.
 */
export interface Engine {
  /** Where it computes. */
  readonly device: Device;
  /** What else decides its numbers, by name: versions of packages, the adapter and its driver. */
  readonly about: Readonly<Record<string, string>>;
  /** Puts arrays on the device, by name. */
  hold(arrays: HostTensors): Held;
  /** Makes a program; its runs are all alike. */
  compile(graph: Graph): Promise<Program>;
  /** Whether it can still compute: not once it was closed, or its device failed or was lost. */
  readonly usable: boolean;
  /** Gives back its threads, its device and the memory of what it made; again does nothing. What is asked later throws an error. Everybody who started the engine has the same one. */
  close(): void;
}

/** Arrays on the device, by name. */
export interface Held {
  /** Copies some of them (all, if no names are given) from the device. */
  read(names?: readonly string[]): Promise<HostTensors>;
  /** Replaces the values of some. */
  write(arrays: HostTensors): void;
  /** Gives the memory back, after what was asked before; again does nothing. What is asked later throws that no such array is held. */
  dispose(): void;
}

/** A graph as an engine runs it. */
export interface Program {
  /** Computes the outputs, and what the held arrays become. `held` must have the graph's held arrays, and may have others; `given`: its inputs, by name. */
  run(held: Held, given?: Readonly<Record<string, ArrayLike<number>>>): Promise<Record<string, Float32Array>>;
  /** Gives the memory back, after the runs that were asked before; again does nothing. A run that is asked later throws an error. */
  dispose(): void;
}

/** WebAssembly (anywhere), WebGPU (browsers; Node with the optional package `webgpu`), native code (Node with the optional package `onnxruntime-node`). */
export const devices = ["wasm", "webgpu", "onnx"] as const;
/** One of `devices`. */
export type Device = (typeof devices)[number];
