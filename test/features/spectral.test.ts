import { expect, test } from "vitest";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import type { StoredArray } from "../../src/features/stored-array.ts";
import { contiguous, readWhole } from "../../src/features/stored-array.ts";
import { addPackedWeights, addPrunedWeights, addSpectralWeights, nameInNetwork } from "../../src/features/weight-norm.ts";

/** Spectral normalization by its definition: W = original / sigma, sigma = u' original v. */
function stored(shape: number[], data: Float64Array): StoredArray {
  const bytes = memoryBytes("x", new Uint8Array(data.buffer));
  return { what: "x", shape, type: "f8", littleEndian: true, strides: contiguous(shape), bytes, offset: 0 };
}

test.each([
  ["fc.weight_orig", "fc.weight_u", "fc.weight_v"],
  ["fc.parametrizations.weight.original", "fc.parametrizations.weight.0._u", "fc.parametrizations.weight.0._v"],
])("%s", async (original, u, v) => {
  // Rank one: sigma = |a| |b| = 5 x 13 with its singular vectors.
  const [a, b] = [
    [3, 4],
    [5, 0, 12],
  ];
  const W = Float64Array.from(a.flatMap((x) => b.map((y) => x * y)));
  const arrays = new Map([
    [original, stored([2, 3], W.slice())],
    [
      u,
      stored(
        [2],
        Float64Array.from(a, (x) => x / 5),
      ),
    ],
    [
      v,
      stored(
        [3],
        Float64Array.from(b, (y) => y / 13),
      ),
    ],
    ["fc.bias", stored([2], Float64Array.of(1, 2))],
  ]);
  addSpectralWeights("net.pt", arrays);
  const found = await readWhole(arrays.get("fc.weight") as StoredArray);
  expect(found.shape).toEqual([2, 3]);
  found.data.forEach((x, i) => {
    expect(x).toBeCloseTo(W[i] / 65, 14);
  });
});

test("vectors of other lengths are no spectral normalization", () => {
  const arrays = new Map([
    ["fc.weight_orig", stored([2, 3], new Float64Array(6))],
    ["fc.weight_u", stored([3], new Float64Array(3))],
    ["fc.weight_v", stored([3], new Float64Array(3))],
  ]);
  addSpectralWeights("net.pt", arrays);
  expect(arrays.has("fc.weight")).toBe(false);
});

test("weight and bias of a quantized layer have the names that they have in the network", async () => {
  const packed = (part: number): string => `fc._packed_params._packed_params.${part}`;
  const arrays = new Map([
    [packed(0), stored([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6))],
    [packed(1), stored([2], Float64Array.of(7, 8))],
    ["fc.scale", stored([], Float64Array.of(1))],
  ]);
  addPackedWeights(arrays);
  expect((await readWhole(arrays.get("fc.weight") as StoredArray)).data).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
  expect((await readWhole(arrays.get("fc.bias") as StoredArray)).data).toEqual(Float64Array.of(7, 8));
  expect([packed(0), packed(1)].map((name) => arrays.get(name)?.aside)).toEqual([true, true]);
  const named = new Map([...arrays, ["fc.weight", stored([1], Float64Array.of(0))]]);
  addPackedWeights(named);
  expect(named.get("fc.weight")?.shape).toEqual([1]);
});

test("weight and bias that were pruned are the products with their masks", async () => {
  const arrays = new Map([
    ["fc.weight_orig", stored([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6))],
    ["fc.weight_mask", stored([2, 3], Float64Array.of(1, 0, 1, 0, 0, 1))],
    ["fc.bias_orig", stored([2], Float64Array.of(7, 8))],
    ["fc.bias_mask", stored([2], Float64Array.of(0, 1))],
    ["conv.weight_orig", stored([2], Float64Array.of(7, 8))],
    ["conv.weight_mask", stored([3], new Float64Array(3))],
  ]);
  addPrunedWeights("net.pt", arrays);
  expect((await readWhole(arrays.get("fc.weight") as StoredArray)).data).toEqual(Float64Array.of(1, 0, 3, 0, 0, 6));
  expect((await readWhole(arrays.get("fc.bias") as StoredArray)).data).toEqual(Float64Array.of(0, 8));
  expect(["weight_orig", "weight_mask", "bias_orig"].map((name) => arrays.get(`fc.${name}`)?.aside)).toEqual([true, true, true]);
  expect(arrays.has("conv.weight")).toBe(false);
});

test.each([
  ["fc.parametrizations.weight.original", "fc.weight"],
  ["parametrizations.weight.original", "weight"],
  ["fc.weight_orig", "fc.weight"],
  ["fc.weight", "fc.weight"],
  ["original", "original"],
])("%s is %s in the network", (name, own) => {
  expect(nameInNetwork(name)).toBe(own);
});
