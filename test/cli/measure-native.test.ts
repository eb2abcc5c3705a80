import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findOnnx } from "../../src/engine/index.ts";
import { encodeNpz } from "../../src/features/index.ts";
import { random } from "../../src/math/random.ts";
import { runProgram } from "./run.ts";

/* `nclab measure --backend onnx` at the command line; what it computes is held to the default in test/measure/native.test.ts. */
const onnx = findOnnx();
const folder = mkdtempSync(join(tmpdir(), "nclab-native-"));
const file = join(folder, "dump.npz");
const before = process.env.NCLAB_ONNX;
afterEach(() => {
  if (before === undefined) delete process.env.NCLAB_ONNX;
  else process.env.NCLAB_ONNX = before;
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  const [N, K, d] = [3000, 90, 70];
  const r = random(1);
  const normal = (length: number): Float64Array => Float64Array.from({ length }, () => r.normal());
  const labels = Float64Array.from({ length: N }, (_, i) => i % K);
  const weight = normal(K * d);
  const features = normal(N * d).map((x, e) => x + weight[labels[Math.floor(e / d)] * d + (e % d)]);
  const arrays = {
    features: { shape: [N, d], data: features },
    labels: { shape: [N], data: labels },
    weight: { shape: [K, d], data: weight },
    bias: { shape: [K], data: normal(K) },
  };
  writeFileSync(file, encodeNpz(arrays));
});

const measured = async (...args: string[]) => {
  const { code, out, err } = await runProgram("measure", file, "--json", ...args);
  expect(err.includes("defect"), err).toBe(false);
  return { code, err, out };
};

/** A package that is this text. */
function packageOf(name: string, text: string): void {
  const place = join(folder, name);
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), JSON.stringify({ name, version: "1.2.3", main: "index.js" }));
  writeFileSync(join(place, "index.js"), text);
  process.env.NCLAB_ONNX = place;
}

test.skipIf("missing" in onnx)("the same measurement, for every number of threads, in one go and in parts", async () => {
  const plain = JSON.parse((await measured()).out);
  const { code, out } = await measured("--backend", "onnx");
  expect(code).toBe(0);
  const native = JSON.parse(out);
  expect(native.nc1.paper / plain.nc1.paper).toBeCloseTo(1, 9);
  expect(native.crossEntropy / plain.crossEntropy).toBeCloseTo(1, 12);
  expect({ ...native.summary, offsets: 0 }).toEqual({ ...plain.summary, offsets: 0 });
  for (const threads of ["1", "3"]) expect((await measured("--backend", "onnx", "--threads", threads)).out).toBe(out);
  const parts = ["1/2", "2/2"].map((shard, i) => ({ shard, save: join(folder, `part-${i}.npz`) }));
  for (const { shard, save } of parts)
    expect((await runProgram("measure", file, "--backend", "onnx", "--shard", shard, "--save", save)).code).toBe(0);
  const merged = await runProgram("measure", "merge", ...parts.map(({ save }) => save), "--backend", "onnx", "--json");
  expect(JSON.parse(merged.out).nc1.paper / plain.nc1.paper).toBeCloseTo(1, 9);
  // The next measurement is the default's again.
  expect(JSON.parse((await measured()).out)).toEqual(plain);
});

describe("what cannot be is said, with exit code 2 and without a result", () => {
  test("another backend", async () => {
    for (const name of ["webgpu", "auto"]) {
      const { code, out, err } = await measured("--backend", name);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain(`--backend: expected wasm or onnx, got "${name}"`);
    }
  });

  test("a package that is not there", async () => {
    process.env.NCLAB_ONNX = join(folder, "nowhere");
    const { code, out, err } = await measured("--backend", "onnx");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("backend onnx: expected the package onnxruntime-node, but NCLAB_ONNX names");
  });

  test("a package that does not load, though nothing here is so large that it is needed", async () => {
    packageOf("broken", 'throw new Error("wrong kind of library")');
    const small = join(folder, "small.npz");
    const features = { shape: [4, 2], data: Float64Array.of(1, 0, 1, 0.1, 0, 1, 0.1, 1) };
    writeFileSync(small, encodeNpz({ features, labels: { shape: [4], data: Float64Array.of(0, 0, 1, 1) } }));
    for (const of of [small, file]) {
      const { code, out, err } = await runProgram("measure", of, "--json", "--backend", "onnx");
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain("it does not load here: wrong kind of library");
    }
  });

  test("a product that fails: exit code 1", async () => {
    packageOf(
      "failing",
      `const session = { run: async () => { throw new Error("no memory") } };
       module.exports = { InferenceSession: { create: async () => session }, Tensor: class {} };`,
    );
    const { code, out, err } = await measured("--backend", "onnx");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("backend onnx: a product failed: no memory");
  });
});
