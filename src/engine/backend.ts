import { inputError } from "../errors.ts";
import { type Device, devices, type Engine } from "./engine.ts";
import { requireOnnx } from "./onnx/runtime.ts";
import { wasmEngine } from "./wasm/index.ts";
import { coresHere } from "./wasm/threads.ts";
import { findWebGpu, requireAdapter, type WebGpu } from "./webgpu/find.ts";

/** What a user can ask for: a device, or WebGPU where there is a graphics processor for it and WebAssembly elsewhere. */
export const backends: readonly Backend[] = ["auto", ...devices];
/** One of `backends`. */
export type Backend = "auto" | Device;

/** The device for a backend that was asked for; `find` looks for WebGPU. Throws InputError if one was asked for by name that is not there. */
export async function deviceFor(
  backend: Backend,
  find: () => Promise<WebGpu | { missing: string }> = findWebGpu,
): Promise<Device> {
  if (!backends.includes(backend)) throw inputError("backend", backends.join(", "), backend);
  if (backend === "webgpu") await requireAdapter();
  if (backend === "onnx") requireOnnx();
  if (backend !== "auto") return backend;
  const found = await find();
  // A driver that computes on the processor is many times slower than WebAssembly: only a user who names WebGPU gets it.
  return "adapter" in found && !found.software ? "webgpu" : "wasm";
}

let threads = 1;

/**
 * How many threads compute together on WebAssembly and in native code, the calling one among them (1 unless told). Read when an engine starts; one that is there goes on with the threads that it has until it is closed. A training
 * alone is faster with one a core, several side by side with one each. The numbers do not depend on it.
 */
export function useThreads(count: number): void {
  threads = count;
}

const started = new Map<Device, Promise<Engine>>();

/**
 * Starts an engine; asking again gives the same one, as long as it is usable. `threads`, if given, is told to `useThreads`: an engine that is there keeps the threads that it has. Throws InputError for a device
 * that this machine has not.
 */
export async function startEngine(device: Device = "wasm", options: { threads?: number } = {}): Promise<Engine> {
  if (!devices.includes(device)) throw inputError("device", devices.join(", "), device);
  if (options.threads !== undefined) useThreads(options.threads);
  for (;;) {
    const starting = started.get(device) ?? starts[device]();
    started.set(device, starting);
    const engine = await starting.catch((error: unknown) => {
      // A user may install what was missing, or ask for another.
      forget(device, starting);
      throw error;
    });
    if (engine.usable) return engine;
    engine.close();
    forget(device, starting);
  }
}

function forget(device: Device, engine: Promise<Engine>): void {
  if (started.get(device) === engine) started.delete(device);
}

const starts: Record<Device, () => Promise<Engine>> = {
  wasm: async () => wasmEngine(Math.min(threads, coresHere())),
  webgpu: async () => (await import("./webgpu/engine.ts")).WebGpuEngine.start(),
  onnx: async () => (await import("./onnx/engine.ts")).onnxEngine(threads),
};
