import { InputError } from "../errors.ts";
import { type OwnNames, ownNames } from "./library.ts";

/**
 * WebGPU where it is not built in. Browsers have `navigator.gpu`; Node gets it from the optional package `webgpu` (Dawn, the implementation
 * in Chrome), which brings its binary and needs a Vulkan, Metal or Direct3D 12 driver. It is put among the names that the array library has for itself (library.ts).
 */
interface WebGpuPackage {
  create(flags: string[]): Gpu;
  globals: object;
}

interface Gpu {
  requestAdapter(options?: object): Promise<GpuAdapter | null>;
}

/** What is read of an adapter. */
export interface GpuAdapter {
  info?: { vendor?: string; architecture?: string; device?: string; description?: string; isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
}

/** What computes on WebGPU. */
export interface WebGpu {
  /** Its own words. */
  adapter: string;
  /** Whether it is the processor, by a driver that imitates a graphics processor. */
  software: boolean;
}

/** Looks for WebGPU. `missing`: why there is none, in words. @internal */
export async function findWebGpu(
  load: () => Promise<WebGpuPackage> = loadPackage,
  own: OwnNames | null = ownNames,
): Promise<WebGpu | { missing: string }> {
  const { navigator } = globalThis as { navigator?: { gpu?: Gpu } };
  if (own && !own.navigator.gpu) {
    if (navigator?.gpu) own.navigator.gpu = navigator.gpu;
    else {
      try {
        const { create, globals } = await load();
        Object.assign(own, globals);
        own.navigator.gpu = create([]);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND")
          return { missing: "Node has none, and the optional package is not installed: npm install webgpu" };
        return { missing: `the package webgpu does not load here: ${(error as Error).message}` };
      }
    }
  }
  const gpu = own ? (own.navigator.gpu as Gpu) : navigator?.gpu;
  if (!gpu) return { missing: "this browser has none" };
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  return adapter ? describeAdapter(adapter) : { missing: "no graphics processor with a driver that it can use was found" };
}

/** Drivers that compute on the processor, by the names that they give themselves: SwiftShader of Chrome, llvmpipe and lavapipe of Mesa, WARP of Windows. */
const imitations = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

export function describeAdapter({ info = {}, isFallbackAdapter }: GpuAdapter): WebGpu {
  const { vendor, architecture, device, description } = info;
  const words = [...new Set([vendor, architecture, device, description].filter((word) => word))];
  return {
    adapter: description || words.join(" ") || "an adapter without a name",
    software: Boolean(info.isFallbackAdapter ?? isFallbackAdapter) || words.some((word) => imitations.test(word as string)),
  };
}

/** Throws InputError where there is no WebGPU. */
export async function requireWebGpu(): Promise<void> {
  const found = await findWebGpu();
  if ("missing" in found) throw new InputError(`backend webgpu: expected WebGPU, but ${found.missing}`);
}

/** By a name that only the running program knows: neither the type checker nor a bundler has the package. */
function loadPackage(): Promise<WebGpuPackage> {
  const name = "webgpu";
  return import(/* @vite-ignore */ name);
}
