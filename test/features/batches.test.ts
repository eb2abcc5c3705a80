import { expect, test } from "vitest";
import type { ArrayValue } from "../../src/features/array-value.ts";
import { batches } from "../../src/features/batches.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import type { Pickled } from "../../src/features/pickle-values.ts";
import { contiguous, readWhole, type StoredArray } from "../../src/features/stored-array.ts";

/** An array of a pickle, with `before` bytes in front of its numbers. */
function array(shape: number[], numbers: number[], before = 0): Pickled {
  const bytes = memoryBytes("part", Uint8Array.from([...new Array(before).fill(99), ...numbers]));
  const stored = { shape, type: "u1" as const, littleEndian: true, strides: contiguous(shape), bytes, offset: before };
  const value: ArrayValue = { is: "array", array: stored };
  return { kind: "opaque", value };
}
const tuple = (...items: Pickled[]): Pickled => ({ kind: "tuple", items });
const whole = async (items: Pickled[]): Promise<Record<string, unknown>> => {
  const found: Record<string, unknown> = {};
  for (const [name, one] of batches(items, "list")) {
    const { shape, data } = await readWhole(one as StoredArray);
    found[name] = [shape, [...data]];
  }
  return found;
};

test("batches alone, in dictionaries, in tuples", async () => {
  const [h1, h2, h3] = [array([2, 2], [1, 2, 3, 4], 3), array([0, 2], []), array([1, 2], [5, 6])];
  const [y1, y2, y3] = [array([2], [0, 1]), array([0], [], 1), array([1], [2])];
  const [H, Y] = [[[3, 2], [1, 2, 3, 4, 5, 6]], [[3], [0, 1, 2]]]; // biome-ignore format: two
  expect(await whole([h1, h2, h3])).toEqual({ "": H });
  expect(await whole([tuple(h1, y1), tuple(h2, y2), tuple(h3, y3)])).toEqual({ 0: H, 1: Y });
  const dictionaries = [[h1, y1], [h2, y2], [h3, y3]].map(([h, y]) => new Map<Pickled, Pickled>([["features", h], ["labels", y], ["loss", 0.5]])); // biome-ignore format: one line
  expect(await whole(dictionaries)).toEqual({ features: H, labels: Y });
  // Data that fit into one batch are a list of one.
  expect(await whole([h1])).toEqual({ "": [[2, 2], [1, 2, 3, 4]] }); // biome-ignore format: one line
  expect(await whole([tuple(h1, y1)])).toEqual({ 0: [[2, 2], [1, 2, 3, 4]], 1: [[2], [0, 1]] }); // biome-ignore format: one line
});

test("an item with a single number is a sample: its other parts are rows", async () => {
  const items = [[[1, 2], 0], [[3, 4], 1]].map(([h, y]) => tuple(array([2], h as number[]), array([], [y as number]))); // biome-ignore format: one line
  expect(await whole(items)).toEqual({ 0: [[2, 2], [1, 2, 3, 4]], 1: [[2], [0, 1]] }); // biome-ignore format: one line
});

test("what does not continue each other stays apart", async () => {
  expect(await whole([array([1, 2], [1, 2]), array([1, 3], [1, 2, 3])])).toEqual({});
  expect(await whole([array([1, 2], [1, 2]), 7])).toEqual({});
  expect(await whole([])).toEqual({});
});

/** A vector of float32. */
const floats = (...numbers: number[]): Pickled => {
  const bytes = memoryBytes("part", new Uint8Array(Float32Array.from(numbers).buffer));
  const stored = { shape: [numbers.length], type: "f4" as const, littleEndian: true, strides: [1], bytes, offset: 0 };
  const value: ArrayValue = { is: "array", array: stored };
  return { kind: "opaque", value };
};
const H = [[2, 3], [1, 2, 3, 4, 5, 6]]; // biome-ignore format: one line
const [h1, h2] = [floats(1, 2, 3), floats(4, 5, 6)];

test("vectors of floats that are equally long are rows, alone, in tuples with a label and in dictionaries", async () => {
  expect(await whole([h1, h2])).toEqual({ "": H });
  const labels = [[2], [7, 9]]; // biome-ignore format: one line
  expect(await whole([tuple(h1, 7), tuple(h2, 9)])).toEqual({ 0: H, 1: labels });
  expect(await whole([tuple(h1, array([1], [7])), tuple(h2, array([1], [9]))])).toEqual({ 0: H, 1: labels });
  const named = [[h1, 7], [h2, 9]].map(([h, y]) => new Map<Pickled, Pickled>([["features", h], ["label", y], ["loss", 0.5]])); // biome-ignore format: one line
  expect(await whole(named)).toEqual({ features: H, label: labels });
});

test("vectors of batches are joined: labels by their name or their type, and what stands beside a matrix", async () => {
  expect(await whole([h1, floats(4, 5)])).toEqual({ "": [[5], [1, 2, 3, 4, 5]] }); // biome-ignore format: one line
  expect(await whole([array([2], [0, 1]), array([2], [1, 1])])).toEqual({ "": [[4], [0, 1, 1, 1]] }); // biome-ignore format: one line
  const found = batches([h1, h2], "labels", "dump.labels").get("");
  expect(found?.shape).toEqual([6]);
  const beside = await whole([tuple(array([3, 1], [1, 2, 3]), h1, 3), tuple(array([3, 1], [4, 5, 6]), h2, 3)]);
  expect(beside).toEqual({ 0: [[6, 1], [1, 2, 3, 4, 5, 6]], 1: [[6], [1, 2, 3, 4, 5, 6]] }); // biome-ignore format: one line
});
