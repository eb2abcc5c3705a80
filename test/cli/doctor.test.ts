import { expect, test } from "vitest";
import { findings, type Machine } from "../../src/cli/doctor.ts";
import { run } from "./process.ts";

const whole: Machine = {
  node: "20.19.0",
  threads: 8,
  memory: 2 ** 34,
  simd: true,
  sharedMemory: true,
  findWebGpu: async () => ({ adapter: "NVIDIA H100", software: false }),
  findOnnx: async () => ({ version: "1.30.0" }),
  program: ([name]) => `/usr/bin/${name}`,
  python: () => "python3",
  dataset: (name) => `/data/${name}`,
  page: true,
};

test("a machine that has everything needs no advice", async () => {
  for (const finding of await findings(whole)) expect(finding).toMatchObject({ status: "ok", advice: "" });
});

test.each<[string, Partial<Machine>, string, "missing" | "optional", RegExp]>([
  ["an old Node", { node: "20.18.3" }, "node", "missing", /Node 20.19 or newer/],
  ["no SIMD", { simd: false }, "WebAssembly SIMD", "missing", /newer Node/],
  ["no page", { page: false }, "page of nclab explore", "missing", /npm run build/],
  ["no WebGPU", { findWebGpu: async () => ({ missing: "this and that" }) }, "WebGPU", "optional", /npm install webgpu/],
  [
    "a driver on the processor",
    { findWebGpu: async () => ({ adapter: "SwiftShader Device", software: true }) },
    "WebGPU",
    "optional",
    /WebAssembly.*--backend webgpu takes it/,
  ],
  [
    "no native code",
    { findOnnx: async () => ({ missing: "it is not installed" }) },
    "native code",
    "optional",
    /npm install --ignore-scripts onnxruntime-node.*--backend onnx/,
  ],
  ["no data", { dataset: () => null }, "data: cifar-10", "optional", /nclab data fetch cifar-10/],
  ["no cluster", { program: () => null }, "Slurm", "optional", /sweeps run here without it/],
  ["no Python", { python: () => null }, "python: torch", "optional", /users never need it/],
])("%s: said, with what to do", async (_, less, what, status, advice) => {
  const found = (await findings({ ...whole, ...less })).find((finding) => finding.what === what);
  expect(found?.status).toBe(status);
  expect(found?.advice).toMatch(advice);
});

test("the adapter is named", async () => {
  const named = async (adapter: string, software: boolean) =>
    (await findings({ ...whole, findWebGpu: async () => ({ adapter, software }) })).find(({ what }) => what === "WebGPU")?.found;
  expect(await named("NVIDIA H100", false)).toBe("NVIDIA H100");
  expect(await named("llvmpipe (LLVM 15)", true)).toBe("llvmpipe (LLVM 15) (a driver that computes on the processor)");
});

test("a newer Node is as good", async () => {
  for (const node of ["20.20.2", "24.1.0", "22.0.0"]) expect((await findings({ ...whole, node }))[0].status).toBe("ok");
});

test("this machine", async () => {
  const { code, stdout } = await run("doctor", "--json");
  const { findings: found } = JSON.parse(stdout) as { findings: { what: string; status: string; found: string }[] };
  expect(found.find(({ what }) => what === "node")?.found).toBe(process.versions.node);
  expect(code).toBe(found.some(({ status }) => status === "missing") ? 1 : 0);
  expect((await run("doctor")).stdout).toContain("WebAssembly SIMD");
}, 60_000);
