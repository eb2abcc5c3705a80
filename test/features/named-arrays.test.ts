import { describe, expect, test } from "vitest";
import { namedArrays } from "../../src/features/named-arrays.ts";
import type { Pickled } from "../../src/features/pickle-values.ts";
import { readWhole } from "../../src/features/stored-array.ts";

/** Python's lists of numbers as arrays, by what Python's own len() and indices would say. */
const tuple = (...items: Pickled[]): Pickled => ({ kind: "tuple", items });
async function arraysOf(root: Pickled): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, array] of namedArrays(root, "x.pkl").arrays) {
    const { shape, data } = await readWhole(array);
    found[name] = [shape, [...data]];
  }
  return found;
}

describe("lists of numbers", () => {
  test("a list of lists is a matrix, whatever holds the rows", async () => {
    expect(await arraysOf([[1, 2, 3], [4, 5, 6]])).toEqual({ "": [[2, 3], [1, 2, 3, 4, 5, 6]] }); // biome-ignore format: one line
    expect(await arraysOf(new Map<Pickled, Pickled>([["features", [tuple(1), tuple(2), tuple(3n)]], ["labels", [true, false, true]]]))).toEqual({
      features: [[3, 1], [1, 2, 3]],
      labels: [[3], [1, 0, 1]],
    }); // biome-ignore format: one line
  });

  test("rows of different lengths, or with anything else in them, are lists of their own", async () => {
    expect(await arraysOf([[1, 2], [3]])).toEqual({ 0: [[2], [1, 2]], 1: [[1], [3]] }); // biome-ignore format: one line
    expect(await arraysOf([[1, 2], [3, "x"]])).toEqual({ 0: [[2], [1, 2]] }); // biome-ignore format: one line
    expect(await arraysOf([])).toEqual({});
    expect(await arraysOf([[], []])).toEqual({});
  });

  test("one row over and over is no matrix, so that an array is no larger than its pickle", async () => {
    const row = [1, 2];
    const vector = [[2], [1, 2]];
    expect(await arraysOf([row, row, row])).toEqual({ 0: vector, 1: vector, 2: vector });
    // Nor is it a row of a second one.
    const both = new Map<Pickled, Pickled>([["a", [row, [3, 4]]], ["b", [row, [5, 6]]]]); // biome-ignore format: one line
    expect(await arraysOf(both)).toEqual({ a: [[2, 2], [1, 2, 3, 4]], "b.1": [[2], [5, 6]] }); // biome-ignore format: one line
  });

  test("numbers, words and nothing by themselves hold no array", async () => {
    for (const value of [7, 7n, "x", true, null, Uint8Array.of(1)]) expect(await arraysOf(value)).toEqual({});
  });
});

test("weight decays of optimizers and hyperparameters are kept by name, other numbers are not", () => {
  const dictionary = (entries: Record<string, Pickled>): Pickled => new Map(Object.entries(entries));
  const groups = [
    dictionary({ lr: 0.1, weight_decay: 5e-4, decoupled_weight_decay: true }),
    dictionary({ weight_decay: 0, params: [1, 2] }),
  ];
  const root = dictionary({
    optimizer: dictionary({ param_groups: groups }),
    weight_decay: "none",
    hyper: dictionary({ weight_decay: 3 }),
  });
  expect([...namedArrays(root, "x.pkl").settings]).toEqual([
    ["optimizer.param_groups.0.weight_decay", 5e-4],
    ["optimizer.param_groups.0.decoupled_weight_decay", true],
    ["optimizer.param_groups.1.weight_decay", 0],
    ["hyper.weight_decay", 3],
  ]);
});
