import { afterEach, describe, expect, test } from "vitest";
import { deviceFor, startBackend } from "../../src/networks/index.ts";
import { whyNoWebGpu } from "../../src/networks/webgpu.ts";

/** No test runs on a graphics processor; these are about machines without one. */
const navigatorBefore = Object.getOwnPropertyDescriptor(globalThis, "navigator");
afterEach(() => {
  if (navigatorBefore) Object.defineProperty(globalThis, "navigator", navigatorBefore);
  else delete (globalThis as { navigator?: unknown }).navigator;
});

/** A stand-in for the package `webgpu` that finds `adapter`. */
const found = (adapter: object | null) => async () => ({
  create: () => ({ requestAdapter: async () => adapter }),
  globals: { GPUStandIn: 1 },
});

describe("where WebGPU is missing", () => {
  test("the package is not installed", async () => {
    const missing = Object.assign(new Error("Cannot find package 'webgpu'"), { code: "ERR_MODULE_NOT_FOUND" });
    const reason = await whyNoWebGpu(() => Promise.reject(missing));
    expect(reason).toBe("Node has none, and the optional package is not installed: npm install webgpu");
  });

  test("the package does not load", async () => {
    expect(await whyNoWebGpu(() => Promise.reject(new Error("libvulkan.so.1: not found")))).toBe(
      "the package webgpu does not load here: libvulkan.so.1: not found",
    );
  });

  test("the package finds no device", async () => {
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
    expect(await whyNoWebGpu(found(null))).toMatch(/^no graphics processor/);
    expect((globalThis as { GPUStandIn?: number }).GPUStandIn).toBe(1);
  });

  test("it finds one", async () => {
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
    expect(await whyNoWebGpu(found({}))).toBeNull();
  });
});

describe("what was asked for", () => {
  const absent = async (): Promise<boolean> => (await whyNoWebGpu()) !== null;

  test("webgpu by name is refused where there is none", async ({ skip }) => {
    if (!(await absent())) skip("this machine has WebGPU");
    await expect(deviceFor("webgpu")).rejects.toThrow(/^backend webgpu: expected WebGPU, but /);
    await expect(startBackend("webgpu")).rejects.toThrow(/^backend webgpu: expected WebGPU, but /);
  });

  test("auto falls back to WebAssembly", async ({ skip }) => {
    if (!(await absent())) skip("this machine has WebGPU");
    expect(await deviceFor("auto")).toBe("wasm");
  });

  test("another name", () =>
    expect(deviceFor("cuda" as never)).rejects.toThrow(/backend: expected auto, wasm, webgpu, got "cuda"/));
});
