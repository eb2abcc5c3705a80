import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import type { Bytes } from "../../src/features/bytes.ts";
import { readWhole, rowBlocks, rowsOf, type StoredArray } from "../../src/features/index.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { contiguous, sizeOf } from "../../src/features/stored-array.ts";

/** Arrays by shape, strides and offset, read in blocks: the entry at an index is the number at offset + sum of index times stride. */
const numbers = Float64Array.from({ length: 70_000 }, (_, e) => e + 0.5);
const stored = (shape: number[], strides: number[], first = 0): StoredArray => ({
  what: "x",
  shape,
  type: "f8",
  littleEndian: true,
  strides,
  bytes: memoryBytes("x", new Uint8Array(numbers.buffer)),
  offset: 8 * first,
});

/** Entries in row-major order, one index after the other. */
function entriesOf(shape: readonly number[], strides: readonly number[], first: number): number[] {
  if (shape.length === 0) return [numbers[first]];
  return Array.from({ length: shape[0] }, (_, i) => entriesOf(shape.slice(1), strides.slice(1), first + i * strides[0])).flat();
}

describe("layouts that can be read", () => {
  test.each<[string, number[], number[], number]>([
    ["rows one after the other", [5, 4], [4, 1], 3],
    ["rows with a gap", [5, 4], [7, 1], 2],
    ["columns", [5, 4], [1, 5], 1],
    ["columns with a gap", [5, 4], [1, 9], 0],
    ["columns longer than a tile of 32", [70, 3], [1, 70], 0],
    ["every third number", [6], [3], 1],
    ["three axes", [4, 3, 2], [6, 2, 1], 0],
    ["three axes, rows with a gap", [4, 3, 2], [10, 2, 1], 0],
    ["an axis of 1 may have any stride", [4, 1, 2], [2, 99, 1], 0],
    ["one row of any stride", [1, 4], [99, 1], 5],
    ["one column", [5, 1], [1, 99], 0],
    ["one row, as columns", [1, 5], [1, 1], 0],
    ["one long axis in the middle", [1, 5, 1], [77, 1, 88], 0],
    ["no rows", [0, 4], [4, 1], 0],
    ["no columns", [4, 0], [0, 1], 0],
    ["rows that overlap", [5, 4], [2, 1], 20],
    ["rows on top of each other", [5, 4], [0, 1], 20],
    ["every other number of a row", [5, 4], [8, 2], 20],
    ["columns that overlap", [5, 4], [1, 4], 20],
    ["columns of three axes", [4, 3, 2], [1, 4, 12], 20],
    ["a stride of two in one row", [1, 4], [4, 2], 20],
    ["channels last", [3, 4, 2, 5], [40, 1, 20, 4], 7],
    ["a convolution whose axes were turned round", [2, 3, 4, 5], [1, 2, 6, 24], 3],
    ["one number everywhere", [3, 4], [0, 0], 9],
    ["gaps too long to be read", [3, 2, 2], [1, 30_000, 9000], 11],
    ["rows far apart, every other number", [3, 4], [30_000, 2], 1],
  ])("%s", async (_, shape, strides, first) => {
    const array = stored(shape, strides, first);
    const all = entriesOf(shape, strides, first);
    expect([...(await readWhole(array)).data]).toEqual(all);
    const { n, d } = rowsOf(array);
    expect(n * d).toBe(all.length);
    for (const step of [1, 2, 3, 64, 100])
      for (const [from, to] of [
        [0, n],
        [Math.min(1, n), n],
        [0, Math.max(0, n - 1)],
        [n, n],
      ]) {
        const found: number[] = [];
        let next = from;
        for await (const block of rowBlocks(array, from, to, step)) {
          expect(block.first).toBe(next);
          expect(block.n).toBe(Math.min(step, to - next));
          expect(block.values).toHaveLength(block.n * d);
          found.push(...block.values);
          next += block.n;
        }
        expect(found).toEqual(all.slice(from * d, to * d));
      }
  });

  test("of no rows or no columns nothing is read", async () => {
    const untouched = (): never => {
      throw new Error("it was read");
    };
    const bytes: Bytes = { what: "x", length: 160, readAt: untouched, reader: untouched, verify: untouched };
    for (const [shape, from, to] of [
      [[5, 4], 2, 2],
      [[0, 4], 0, 0],
      [[5, 0], 0, 5],
    ] as const)
      for (const fortran of [false, true]) {
        const array = { ...stored([...shape], contiguous(shape, fortran)), bytes };
        expect(await rowBlocks(array, from, to, 3).next()).toEqual({ done: true, value: undefined });
      }
  });

  test("a single number", async () => {
    expect(await readWhole(stored([], [], 7))).toEqual({ shape: [], data: Float64Array.of(7.5) });
    expect(() => rowsOf(stored([], [], 7))).toThrow(/at least one axis/);
  });
});

describe("what cannot", () => {
  test("axes that run backwards", async () => {
    for (const [shape, strides] of [
      [
        [5, 1],
        [-1, 1],
      ],
      [
        [5, 4],
        [4, -1],
      ],
    ])
      await expect(readWhole(stored(shape, strides, 20))).rejects.toThrow("x: strides: expected rows or columns, none backwards");
  });

  test("a few numbers shown very often", async () => {
    const shown = (n: number): StoredArray => ({ ...stored([n, 2], [0, 1]), bytes: memoryBytes("x", new Uint8Array(16)) });
    expect((await rowBlocks(shown(2 ** 21), 0, 3, 3).next()).value).toMatchObject({ n: 3 });
    await expect(rowBlocks(shown(2 ** 21 + 1), 0, 3, 3).next()).rejects.toThrow(
      "x: size: expected at most 100 times the 2 numbers that it shows, got 4194306",
    );
  });

  test("rows outside the array, arrays too large for the caller, columns of a compressed part", async () => {
    const array = stored([5, 4], [4, 1]);
    for (const [from, to] of [
      [-1, 2],
      [3, 2],
      [0, 6],
    ])
      await expect(rowBlocks(array, from, to, 2).next()).rejects.toThrow(
        `x: rows: expected a range inside 0..5, got "${from}..${to}"`,
      );
    await expect(readWhole(array, 19)).rejects.toThrow("x: size: expected at most 19 numbers here, got 20");
    expect((await readWhole(array, 20)).data).toHaveLength(20);
    const { readAt: _, ...packed } = memoryBytes("x", new Uint8Array(numbers.buffer));
    await expect(readWhole({ ...stored([5, 4], [1, 5]), bytes: packed })).rejects.toThrow(/columns in a compressed file/);
  });

  test("shapes", () => {
    expect(sizeOf([3, 4, 5], "x")).toBe(60);
    expect(sizeOf([], "x")).toBe(1);
    for (const shape of [[-1], [1.5, 2], [Number.NaN], ["3"], [2 ** 53], [2 ** 40, 2 ** 40]])
      expect(() => sizeOf(shape as number[], "x"), String(shape)).toThrow(InputError);
    expect(sizeOf(new Array<number>(64).fill(1), "x")).toBe(1);
    expect(() => sizeOf(new Array<number>(65).fill(1), "x")).toThrow(/one that a file can hold/);
    expect(contiguous([2, 3, 4])).toEqual([12, 4, 1]);
    expect(contiguous([2, 3, 4], true)).toEqual([1, 2, 6]);
  });
});
