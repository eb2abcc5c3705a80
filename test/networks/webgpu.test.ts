import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { deviceFor, startBackend } from "../../src/networks/index.ts";
import { whyNoWebGpu } from "../../src/networks/webgpu.ts";

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
const driver = drivers.find((env) => inProcess(env, "which") === "webgpu");
if (!driver) console.info("skipped: training on WebGPU; the package webgpu or a driver for it was not found");

interface Steps {
  losses: number[];
  params: [string, number[]][];
}

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
