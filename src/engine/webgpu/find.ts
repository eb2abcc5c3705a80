import { InputError } from "../../errors.ts";

/**
 * WebGPU where it is not built in. Browsers have `navigator.gpu`; Node gets it from the optional package `webgpu` (Dawn, the implementation in Chrome), which brings its binary and needs a Vulkan, Metal or
 * Direct3D 12 driver. No global is touched: the object stays here, and what the engine needs of the constants is in device.ts.
 */
interface WebGpuPackage {
  create(flags: string[]): FindsAdapters;
}

/** What is used of `navigator.gpu`. */
export interface FindsAdapters {
  requestAdapter(options?: object): Promise<AdapterWords | null>;
}

/** What is read of an adapter. */
export interface AdapterWords {
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

/** The package's object: one a process. */
let ofPackage: FindsAdapters | undefined;

/** Looks for an adapter; `missing`: why there is none, in words. */
export async function findAdapter(
  load?: () => Promise<WebGpuPackage>,
): Promise<{ found: AdapterWords; words: WebGpu } | { missing: string }> {
  const { navigator, process } = globalThis as {
    navigator?: { gpu?: FindsAdapters };
    process?: { versions?: { node?: string } };
  };
  let gpu = load ? undefined : (navigator?.gpu ?? ofPackage);
  if (!gpu && !load && !process?.versions?.node) return { missing: "this browser has none" };
  if (!gpu) {
    try {
      gpu = (await (load ?? loadPackage)()).create([]);
      if (!load) ofPackage = gpu;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND")
        return { missing: "Node has none, and the optional package is not installed: npm install webgpu" };
      return { missing: `the package webgpu does not load here: ${(error as Error).message}` };
    }
  }
  const found = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!found) return { missing: "no graphics processor with a driver that it can use was found" };
  return { found, words: describeAdapter(found) };
}

/** Looks for WebGPU and says what there is. `load`, for tests, stands in for the package. @internal */
export async function findWebGpu(load?: () => Promise<WebGpuPackage>): Promise<WebGpu | { missing: string }> {
  const adapter = await findAdapter(load);
  return "missing" in adapter ? adapter : adapter.words;
}

/** Drivers that compute on the processor, by the names that they give themselves: SwiftShader of Chrome, llvmpipe and lavapipe of Mesa, WARP of Windows. */
const imitations = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

export function describeAdapter({ info = {}, isFallbackAdapter }: AdapterWords): WebGpu {
  const { vendor, architecture, device, description } = info;
  const words = [...new Set([vendor, architecture, device, description].filter((word) => word))];
  // Dawn in Node gives the device a name and describes the driver; browsers describe the device, or give it a number, or say nothing of either.
  const both = device && description && !device.startsWith("0x") ? `${device} (${description})` : description;
  return {
    adapter: both || words.join(" ") || "an adapter without a name",
    software: Boolean(info.isFallbackAdapter ?? isFallbackAdapter) || words.some((word) => imitations.test(word as string)),
  };
}

/** An adapter; throws InputError where there is none. */
export async function requireAdapter(): Promise<{ found: AdapterWords; words: WebGpu }> {
  const adapter = await findAdapter();
  if ("missing" in adapter) throw new InputError(`backend webgpu: expected WebGPU, but ${adapter.missing}`);
  return adapter;
}

/** By a name that only the running program knows: neither the type checker nor a bundler has the package. */
function loadPackage(): Promise<WebGpuPackage> {
  const name = "webgpu";
  return import(/* @vite-ignore */ name);
}
