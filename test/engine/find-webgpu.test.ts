import { describe, expect, test } from "vitest";
import { deviceFor, startEngine } from "../../src/engine/index.ts";
import { type AdapterWords, findWebGpu } from "../../src/engine/webgpu/find.ts";

/** A stand-in for the package `webgpu` that finds `adapter`. */
const found = (adapter: AdapterWords | null) => async () => ({
  create: () => ({ requestAdapter: async () => adapter }),
  globals: { GPUMapMode: 1 },
});

describe("where WebGPU is missing", () => {
  test("the package is not installed", async () => {
    const missing = Object.assign(new Error("Cannot find package 'webgpu'"), { code: "ERR_MODULE_NOT_FOUND" });
    expect(await findWebGpu(() => Promise.reject(missing))).toEqual({
      missing: "Node has none, and the optional package is not installed: npm install webgpu",
    });
  });

  test("the package does not load", async () => {
    expect(await findWebGpu(() => Promise.reject(new Error("libvulkan.so.1: not found")))).toEqual({
      missing: "the package webgpu does not load here: libvulkan.so.1: not found",
    });
  });

  test("the package finds no device; its names are nobody's", async () => {
    expect(await findWebGpu(found(null))).toEqual({ missing: expect.stringMatching(/^no graphics processor/) });
    expect("GPUMapMode" in globalThis).toBe(false);
    expect((globalThis as { navigator?: { gpu?: unknown } }).navigator?.gpu).toBeUndefined();
  });

  test("an adapter that is asked for and not given is none", async () => {
    const failing = async () => ({ create: () => ({ requestAdapter: () => Promise.reject(new Error("lost")) }) });
    expect(await findWebGpu(failing)).toEqual({ missing: expect.stringMatching(/^no graphics processor/) });
  });
});

describe("adapters by what they say of themselves", () => {
  // As Dawn, Chrome and Firefox describe them.
  test.each<[AdapterWords, string, boolean]>([
    [
      { info: { vendor: "nvidia", architecture: "hopper", device: "0x2331", description: "NVIDIA H100 PCIe" } },
      "NVIDIA H100 PCIe",
      false,
    ],
    [
      { info: { vendor: "nvidia", architecture: "hopper", device: "nvidia-h200", description: "NVIDIA: 570.86.15" } },
      "nvidia-h200 (NVIDIA: 570.86.15)",
      false,
    ],
    [{ info: { vendor: "apple", architecture: "metal-3", device: "", description: "" } }, "apple metal-3", false],
    [
      { info: { vendor: "google", architecture: "swiftshader", description: "SwiftShader Device (LLVM 10.0.0)" } },
      "SwiftShader Device (LLVM 10.0.0)",
      true,
    ],
    [{ info: { vendor: "google", architecture: "swiftshader", device: "", description: "" } }, "google swiftshader", true],
    [
      { info: { vendor: "mesa", architecture: "", description: "llvmpipe (LLVM 15.0.6, 256 bits)" } },
      "llvmpipe (LLVM 15.0.6, 256 bits)",
      true,
    ],
    [{ info: { vendor: "microsoft", description: "Microsoft Basic Render Driver" } }, "Microsoft Basic Render Driver", true],
    [{ info: { vendor: "x", isFallbackAdapter: true } }, "x", true],
    [{ info: { vendor: "x", isFallbackAdapter: false } }, "x", false],
    [{ isFallbackAdapter: true }, "an adapter without a name", true],
    [{}, "an adapter without a name", false],
  ])("%j", async (adapter, name, software) => {
    expect(await findWebGpu(found(adapter))).toEqual({ adapter: name, software });
  });
});

describe("what was asked for", () => {
  const absent = async (): Promise<boolean> => "missing" in (await findWebGpu());

  test("webgpu by name is refused where there is none", async ({ skip }) => {
    if (!(await absent())) skip("this machine has WebGPU");
    await expect(deviceFor("webgpu")).rejects.toThrow(/^backend webgpu: expected WebGPU, but /);
    await expect(startEngine("webgpu")).rejects.toThrow(/^backend webgpu: expected WebGPU, but /);
  });

  test("auto takes a graphics processor, and no processor that imitates one", async () => {
    const hardware = found({ info: { description: "NVIDIA H100" } });
    expect(await deviceFor("auto", () => findWebGpu(hardware))).toBe("webgpu");
    const imitation = found({ info: { description: "SwiftShader Device" } });
    expect(await deviceFor("auto", () => findWebGpu(imitation))).toBe("wasm");
    expect(await deviceFor("auto", () => findWebGpu(found(null)))).toBe("wasm");
  });

  test("auto falls back to WebAssembly where there is nothing", async ({ skip }) => {
    if (!(await absent())) skip("this machine has WebGPU");
    expect(await deviceFor("auto")).toBe("wasm");
  });

  test("another name", () =>
    expect(deviceFor("cuda" as never)).rejects.toThrow(/backend: expected auto, wasm, webgpu, onnx, got "cuda"/));
});
