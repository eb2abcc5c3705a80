import { expect, test } from "vitest";
import { memoryArrays } from "../../src/features/browser.ts";
import { decodeNpy, encodeNpy, findArray, onlyArray, readWhole, rowBlocks, type StoredArray } from "../../src/features/index.ts";
import { indexIn, partOf } from "../../src/features/indexed.ts";

/** Parts of arrays by an index, against the same entries picked one by one. */
const shape = [3, 4, 5];
const data = Float64Array.from({ length: 60 }, (_, e) => e * e - 7);
const entry = (i: number, j: number, k: number): number => data[(i * 4 + j) * 5 + k];
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

async function stored(fortran: boolean): Promise<StoredArray> {
  const bytes = encodeNpy({ shape: fortran ? [...shape].reverse() : shape, data });
  const { arrays } = await memoryArrays("t.npy", bytes);
  const array = arrays.get("") as StoredArray;
  // Column-major of the same numbers: the axes the other way round.
  return fortran ? { ...array, shape, strides: [...array.strides].reverse().map((_, axis) => [20, 5, 1][axis]) } : array;
}

test.each([
  ["W[0]", [4, 5], range(4).flatMap((j) => range(5).map((k) => entry(0, j, k)))],
  ["W[-1]", [4, 5], range(4).flatMap((j) => range(5).map((k) => entry(2, j, k)))],
  ["W[:,2]", [3, 5], range(3).flatMap((i) => range(5).map((k) => entry(i, 2, k)))],
  ["W[:, :, 3]", [3, 4], range(3).flatMap((i) => range(4).map((j) => entry(i, j, 3)))],
  ["W[1,:,4]", [4], range(4).map((j) => entry(1, j, 4))],
  ["W[2,3]", [5], range(5).map((k) => entry(2, 3, k))],
  ["W[:]", shape, Array.from(data)],
])("%s", async (key, size, values) => {
  const indexed = indexIn(key);
  expect(indexed?.name).toBe("W");
  for (const fortran of [false, true]) {
    const part = partOf(await stored(fortran), indexed?.index ?? []);
    expect(part.shape).toEqual(size);
    expect(Array.from((await readWhole(part)).data)).toEqual(values);
    const rows: number[] = [];
    for await (const block of rowBlocks(part, 0, size[0], 2))
      rows.push(...block.values.subarray(0, (block.n * values.length) / size[0]));
    expect(rows).toEqual(values);
  }
});

test("what has no index is a name; what has a wrong one says which", async () => {
  expect(indexIn("fc.weight")).toBeNull();
  expect(() => indexIn("W[a]")).toThrow(/^W\[a\]: expected an index as in NAME\[0\] or NAME\[:,2\]/);
  const array = await stored(false);
  expect(() => partOf(array, [3])).toThrow(/\[3\]: expected an index from 0 to 2 on axis 0 of 3 x 4 x 5, got 3/);
  expect(() => partOf(array, [null, -5])).toThrow(/\[:,-5\]: expected an index from 0 to 3 on axis 1/);
  expect(() => partOf(array, [0, 0, 0, 0])).toThrow(/expected at most 3 indices/);
});

test("an array that is called so keeps its name", async () => {
  const file = await memoryArrays("t.npy", encodeNpy({ shape: [2], data: new Float64Array(2) }));
  const arrays = new Map([["W[0]", onlyArray({ ...file, close: async () => {} }, "bias")]]);
  expect(findArray({ ...file, arrays, close: async () => {} }, "weight", { weight: "W[0]" })?.shape).toEqual([2]);
  expect(decodeNpy(encodeNpy({ shape: [2], data: new Float64Array(2) }), "t").shape).toEqual([2]);
});
