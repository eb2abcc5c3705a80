import { InputError } from "../errors.ts";

/**
 * WebGPU where it is not built in. Browsers have `navigator.gpu`; Node gets it from the optional package `webgpu` (Dawn, the implementation
 * in Chrome), which brings its binary and needs a Vulkan, Metal or Direct3D 12 driver. The array library reads the globals that are set
 * here when its own WebGPU backend starts.
 */
interface WebGpuPackage {
  create(flags: string[]): Gpu;
  globals: object;
}

interface Gpu {
  requestAdapter(options?: object): Promise<object | null>;
}

/** Makes `navigator.gpu` if it can. Returns why there is no WebGPU here, in words, or null if there is. */
export async function whyNoWebGpu(load: () => Promise<WebGpuPackage> = loadPackage): Promise<string | null> {
  const scope = globalThis as { navigator?: { gpu?: Gpu } };
  const inNode = "process" in globalThis && !("window" in globalThis);
  if (!scope.navigator?.gpu) {
    if (!inNode) return "this browser has none";
    try {
      const { create, globals } = await load();
      Object.assign(globalThis, globals);
      const navigator = scope.navigator ?? { userAgent: "Node.js" };
      if (!scope.navigator) Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
      Object.defineProperty(navigator, "gpu", { value: create([]), configurable: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND")
        return "Node has none, and the optional package is not installed: npm install webgpu";
      return `the package webgpu does not load here: ${(error as Error).message}`;
    }
  }
  const adapter = await scope.navigator?.gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  return adapter ? null : "no graphics processor with a driver that it can use was found";
}

/** Throws InputError where there is no WebGPU. */
export async function requireWebGpu(): Promise<void> {
  const reason = await whyNoWebGpu();
  if (reason) throw new InputError(`backend webgpu: expected WebGPU, but ${reason}`);
}

/** By a name that only the running program knows: neither the type checker nor a bundler has the package. */
function loadPackage(): Promise<WebGpuPackage> {
  const name = "webgpu";
  return import(/* @vite-ignore */ name);
}
