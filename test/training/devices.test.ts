import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** The program that runs, and the drivers it may find: the machine's, else SwiftShader, a Vulkan driver on the processor, which Debian's Chromium brings. */
const program = join(import.meta.dirname, "device-steps.mjs");
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
const drivers: NodeJS.ProcessEnv[] = [{}];
if (existsSync(swiftShader)) drivers.push({ VK_DRIVER_FILES: swiftShader, LD_LIBRARY_PATH: "/usr/lib/chromium" });

function inProcess(driver: NodeJS.ProcessEnv, ...args: string[]): unknown {
  const options = { encoding: "utf8", env: { ...process.env, ...driver }, timeout: 300_000 } as const;
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], options);
  if (status !== 0) throw new Error(`${args[0]}: exit ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) as string);
}

interface Found {
  webgpu: { adapter: string; software: boolean; auto: string } | null;
  onnx: boolean;
}
const all = drivers.map((env) => ({ env, found: inProcess(env, "which") as Found }));
const gpu = all.find(({ found }) => found.webgpu !== null);
const { env = {}, found: { webgpu, onnx } = all[0].found } = gpu ?? {};
if (!webgpu) console.info("skipped: training on WebGPU; the package webgpu or a driver for it was not found");
if (!onnx) console.info("skipped: training in native code; the package onnxruntime-node was not found");

test.skipIf(!webgpu)("this machine's adapter has a name, and auto takes it only if it is no imitation", () => {
  const found = webgpu as NonNullable<typeof webgpu>;
  expect(found.adapter).not.toBe("");
  expect(found.auto).toBe(found.software ? "wasm" : "webgpu");
  if (env !== drivers[0]) expect(found).toMatchObject({ adapter: expect.stringContaining("SwiftShader"), software: true });
});

interface Steps {
  losses: number[];
  arrays: [string, number[]][];
}

describe.each([
  ["webgpu", webgpu !== null],
  ["onnx", onnx],
] as const)("three training steps on %s agree with WebAssembly to 1e-4", (device, there) => {
  test.skipIf(!there).each([
    { name: "mlp", side: 12, channels: 1 },
    { name: "mlp-ln", side: 12, channels: 1 },
    { name: "cnn", side: 16, channels: 3 },
    { name: "resnet8", side: 8, channels: 1 },
  ])("%o", { timeout: 600_000 }, (input) => {
    const run = (device: string): Steps => inProcess(env, device, JSON.stringify(input)) as Steps;
    const [found, wasm] = [run(device), run("wasm")];
    expect(found.losses[2]).toBeGreaterThan(found.losses[0]);
    for (const [i, loss] of found.losses.entries()) expect(Math.abs(loss / wasm.losses[i] - 1)).toBeLessThan(1e-4);
    const arrays = new Map(found.arrays);
    expect(arrays.size).toBe(wasm.arrays.length);
    for (const [name, values] of wasm.arrays) {
      // A bias before batch normalization has no gradient but rounding: it is held to the size of other parameters.
      const largest = Math.max(...values.map(Math.abs), 0.01);
      const apart = Math.max(...values.map((v, j) => Math.abs((arrays.get(name) as number[])[j] - v)));
      expect(apart / largest, name).toBeLessThan(1e-4);
    }
  });
});
