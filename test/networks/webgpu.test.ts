import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deviceFor, startBackend } from "../../src/networks/index.ts";
import type { OwnNames } from "../../src/networks/library.ts";
import { findWebGpu, type GpuAdapter } from "../../src/networks/webgpu.ts";

/** A stand-in for the package `webgpu` that finds `adapter`. */
const found = (adapter: GpuAdapter | null) => async () => ({
  create: () => ({ requestAdapter: async () => adapter }),
  globals: { GPUMapMode: 1 },
});
/** Names of the array library in a process that has looked for nothing yet. */
const fresh = (): OwnNames => ({ navigator: { hardwareConcurrency: 2, userAgent: "Node.js" } });

/** The program that runs, and the drivers it may find: the machine's, else SwiftShader, a Vulkan driver on the processor, which Debian's Chromium brings. */
const program = join(import.meta.dirname, "webgpu-steps.mjs");
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
const drivers: NodeJS.ProcessEnv[] = [{}];
if (existsSync(swiftShader)) drivers.push({ VK_DRIVER_FILES: swiftShader, LD_LIBRARY_PATH: "/usr/lib/chromium" });

function inProcess(driver: NodeJS.ProcessEnv, ...args: string[]): unknown {
  const options = { encoding: "utf8", env: { ...process.env, ...driver }, timeout: 300_000 } as const;
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], options);
  if (status !== 0) throw new Error(`${args[0]}: exit ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) as string);
}
const driver = drivers.find((env) => inProcess(env, "which") !== null);
if (!driver) console.info("skipped: training on WebGPU; the package webgpu or a driver for it was not found");

interface Steps {
  losses: number[];
  params: [string, number[]][];
}

test.skipIf(!driver)("this machine's adapter has a name, and auto takes it only if it is no imitation", () => {
  const found = inProcess(driver as NodeJS.ProcessEnv, "which") as { adapter: string; software: boolean; auto: string };
  expect(found.adapter).not.toBe("");
  expect(found.auto).toBe(found.software ? "wasm" : "webgpu");
  if (driver !== drivers[0]) expect(found).toMatchObject({ adapter: expect.stringContaining("SwiftShader"), software: true });
});

describe.skipIf(!driver)("three training steps on WebGPU agree with WebAssembly to 1e-4", { timeout: 600_000 }, () => {
  test.each([
    { name: "mlp", side: 12, channels: 1 },
    { name: "cnn", side: 16, channels: 3, form: "windows" },
    { name: "cnn", side: 16, channels: 3, form: "lax" },
    { name: "resnet8", side: 8, channels: 1, form: "windows" },
    { name: "resnet8", side: 8, channels: 1, form: "lax" },
  ])("%o", (input) => {
    const run = (device: string): Steps => inProcess(driver as NodeJS.ProcessEnv, device, JSON.stringify(input)) as Steps;
    const [gpu, wasm] = [run("webgpu"), run("wasm")];
    expect(gpu.losses[2]).toBeGreaterThan(gpu.losses[0]);
    gpu.losses.forEach((loss, i) => {
      expect(Math.abs(loss / wasm.losses[i] - 1)).toBeLessThan(1e-4);
    });
    for (const [i, [name, values]] of wasm.params.entries()) {
      expect(gpu.params[i][0]).toBe(name);
      // A bias before batch normalization has no gradient but rounding: it is held to the size of other parameters.
      const largest = Math.max(...values.map(Math.abs), 0.01);
      expect(Math.max(...values.map((v, j) => Math.abs(gpu.params[i][1][j] - v))) / largest, name).toBeLessThan(1e-4);
    }
  });
});

describe("where WebGPU is missing", () => {
  test("the package is not installed", async () => {
    const missing = Object.assign(new Error("Cannot find package 'webgpu'"), { code: "ERR_MODULE_NOT_FOUND" });
    expect(await findWebGpu(() => Promise.reject(missing), fresh())).toEqual({
      missing: "Node has none, and the optional package is not installed: npm install webgpu",
    });
  });

  test("the package does not load", async () => {
    expect(await findWebGpu(() => Promise.reject(new Error("libvulkan.so.1: not found")), fresh())).toEqual({
      missing: "the package webgpu does not load here: libvulkan.so.1: not found",
    });
  });

  test("the package finds no device; its names are the library's, not everybody's", async () => {
    const own = fresh();
    expect(await findWebGpu(found(null), own)).toEqual({ missing: expect.stringMatching(/^no graphics processor/) });
    expect(own.GPUMapMode).toBe(1);
    expect("GPUMapMode" in globalThis).toBe(false);
    expect((globalThis as { navigator?: { gpu?: unknown } }).navigator?.gpu).toBeUndefined();
  });
});

describe("adapters by what they say of themselves", () => {
  // As Dawn, Chrome and Firefox describe them.
  test.each<[GpuAdapter, string, boolean]>([
    [
      { info: { vendor: "nvidia", architecture: "hopper", device: "0x2331", description: "NVIDIA H100 PCIe" } },
      "NVIDIA H100 PCIe",
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
    expect(await findWebGpu(found(adapter), fresh())).toEqual({ adapter: name, software });
  });
});

describe("what was asked for", () => {
  const absent = async (): Promise<boolean> => "missing" in (await findWebGpu());

  test("webgpu by name is refused where there is none", async ({ skip }) => {
    if (!(await absent())) skip("this machine has WebGPU");
    await expect(deviceFor("webgpu")).rejects.toThrow(/^backend webgpu: expected WebGPU, but /);
    await expect(startBackend("webgpu")).rejects.toThrow(/^backend webgpu: expected WebGPU, but /);
  });

  test("auto takes a graphics processor, and no processor that imitates one", async () => {
    const hardware = found({ info: { description: "NVIDIA H100" } });
    expect(await deviceFor("auto", () => findWebGpu(hardware, fresh()))).toBe("webgpu");
    const imitation = found({ info: { description: "SwiftShader Device" } });
    expect(await deviceFor("auto", () => findWebGpu(imitation, fresh()))).toBe("wasm");
    expect(await deviceFor("auto", () => findWebGpu(found(null), fresh()))).toBe("wasm");
  });

  test("auto falls back to WebAssembly where there is nothing", async ({ skip }) => {
    if (!(await absent())) skip("this machine has WebGPU");
    expect(await deviceFor("auto")).toBe("wasm");
  });

  test("another name", () =>
    expect(deviceFor("cuda" as never)).rejects.toThrow(/backend: expected auto, wasm, webgpu, got "cuda"/));
});
