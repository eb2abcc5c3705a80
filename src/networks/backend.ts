/**
 * The only glue to the array library (jax-js: automatic differentiation and compiled kernels in WebAssembly or WebGPU).
 *
 * Everything in networks/ and training/ takes the library from here, after the repairs that Node still needs:
 *
 * - It expects globals that Node lacks (`Worker`, `Float16Array`, `navigator`): library.ts gives it those names and leaves the globals alone.
 * - A bare `init()` reads `navigator.gpu`, which Node lacks, so backends are started by name. Goes when jax-js checks first.
 * - It finds no threads in Node: threads.ts.
 *
 * Memory: arrays are reference counted. Passing an array to a function gives it away; `.ref` keeps it. Functions here follow that.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { inputError } from "../errors.ts";
import { loadLibrary } from "./library.ts";
import { useThreads } from "./threads.ts";
import { findWebGpu, requireWebGpu, type WebGpu } from "./webgpu.ts";

export { useThreads } from "./threads.ts";

/** The array library. */
export const jax: typeof import("@jax-js/jax") = await loadLibrary();

/** An array on the device, float32. Calls take it: pass `x.ref` to keep it. */
export type Tensor = JaxArray;

/** Named arrays on the device: parameters, statistics, velocities. */
export type Tensors = { [name: string]: Tensor };

/** What the array library runs on: WebAssembly (anywhere) or WebGPU (browsers; Node with the optional package `webgpu`). */
export const devices = ["wasm", "webgpu"] as const;
/** One of `devices`. */
export type Device = (typeof devices)[number];

/** What a user can ask for: a device, or WebGPU where there is a graphics processor for it and WebAssembly elsewhere. */
export const backends = ["auto", "wasm", "webgpu"] as const;
/** One of `backends`. */
export type Backend = (typeof backends)[number];

/** The device for a backend that was asked for; `find` looks for WebGPU. Throws InputError if WebGPU was asked for by name and there is none. */
export async function deviceFor(
  backend: Backend,
  find: () => Promise<WebGpu | { missing: string }> = findWebGpu,
): Promise<Device> {
  if (!backends.includes(backend)) throw inputError("backend", backends.join(", "), backend);
  if (backend === "webgpu") await requireWebGpu();
  if (backend !== "auto") return backend;
  const found = await find();
  // A driver that computes on the processor is many times slower than WebAssembly: only a user who names WebGPU gets it.
  return "adapter" in found && !found.software ? "webgpu" : "wasm";
}

/**
 * Starts a backend and makes it the default one; asking again costs nothing. `threads`, if given, is told to `useThreads`.
 */
export async function startBackend(device: Device = "wasm", { threads }: { threads?: number } = {}): Promise<void> {
  if (!devices.includes(device)) throw inputError("device", devices.join(" or "), device);
  if (device === "webgpu") await requireWebGpu();
  if (threads !== undefined) useThreads(threads);
  const started = await jax.init("cpu", device);
  if (!started.includes(device)) throw inputError("device", `one that this machine has (${started.join(", ")})`, device);
  jax.defaultDevice(device);
}
