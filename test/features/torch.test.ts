import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { findArray, openArrays, readWhole, rowBlocks, type StoredArray } from "../../src/features/index.ts";

// Written by PyTorch: the same head of 5 classes and 8 features in each, beside one thing that is no tensor.
const folder = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/field");

async function arraysOf(file: string): Promise<Record<string, { shape: readonly number[]; data: number[] }>> {
  const opened = await openArrays(join(folder, file));
  try {
    const all: [string, { shape: readonly number[]; data: number[] }][] = [];
    for (const [name, array] of opened.arrays) all.push([name, { shape: array.shape, data: [...(await readWhole(array)).data] }]);
    return Object.fromEntries(all);
  } finally {
    await opened.close();
  }
}

const head = async (): Promise<number[]> => (await arraysOf("tied.safetensors"))["model.embed_tokens.weight"].data;
const bias = async (): Promise<number[]> => (await arraysOf("convhead.pth"))["fc.bias"].data;

describe("one thing that is no tensor does not spoil the file", () => {
  test.each([
    ["npscalar.pth", "state_dict.module.fc"],
    ["namespace.pth", "state_dict.fc"],
    ["defaultdict.pth", "state_dict.fc"],
    ["legacy.pth", "fc"],
  ])("%s", async (file, layer) => {
    const arrays = await arraysOf(file);
    expect(arrays[`${layer}.weight`]).toEqual({ shape: [5, 8], data: await head() });
    expect(arrays[`${layer}.bias`]).toEqual({ shape: [5], data: await bias() });
    expect(arrays[`${layer.replace(/fc$/, "conv1")}.weight`]).toEqual({ shape: [4, 3, 3, 3], data: new Array(108).fill(0) });
  });
});

const numbersOf = async (file: string): Promise<number[]> => (await arraysOf(file))[""].data;

describe("types of numbers beside the usual ones", () => {
  test("labels of 16 bits without sign", async () => {
    const { features, labels } = await arraysOf("uint16.pt");
    expect(features).toEqual({ shape: [150, 8], data: await numbersOf("H.npy") });
    expect(labels).toEqual({ shape: [150], data: await numbersOf("y.npy") });
  });

  test("complex numbers are left out by name, and asked for by name they are an error", async () => {
    const opened = await openArrays(join(folder, "unrelated_complex.pt"));
    await opened.close();
    expect([...opened.arrays.keys()]).toEqual(["features", "labels"]);
    expect([...opened.skipped]).toEqual([["freqs", "3 numbers of type ComplexFloat (save x.real and x.imag)"]]);
    expect(() => findArray(opened, "features", { features: "freqs" })).toThrow(
      /unrelated_complex\.pt: features: expected an array of numbers that are read, got "freqs: 3 numbers of type ComplexFloat \(save x.real and x.imag\)"/,
    );
    expect((await arraysOf("unrelated_complex.pt")).features.data).toEqual(await numbersOf("H.npy"));
  });

  test("floats of 8 bits: each within half a step of the number it was rounded from", async () => {
    const [rounded, exact] = [(await arraysOf("float8.safetensors")).features.data, await numbersOf("H.npy")];
    expect(rounded).toHaveLength(1200);
    rounded.forEach((x, i) => {
      const step = 2 ** (Math.max(-6, Math.floor(Math.log2(Math.abs(exact[i])))) - 3);
      expect(Math.abs(x - exact[i])).toBeLessThanOrEqual(step / 2);
      // A multiple of the step: three bits after the leading one.
      expect(Number.isInteger(x / step)).toBe(true);
    });
  });

  test("text beside numbers in an .npz", async () => {
    const opened = await openArrays(join(folder, "mixed.npz"));
    expect(await opened.texts.get("class_names")?.words()).toEqual(["cat", "dog", "eel", "fox", "gnu"]);
    expect([...opened.texts.keys()]).toEqual(["class_names", "paths"]);
    await opened.close();
    expect((await arraysOf("mixed.npz")).features.data).toEqual(await numbersOf("H.npy"));
  });
});

describe("lists", () => {
  test("of numbers are labels", async () => {
    expect((await arraysOf("targets_list.pt")).labels).toEqual({ shape: [150], data: await numbersOf("y.npy") });
  });

  test("of batches are one array under the list's name, in blocks of any size", async () => {
    const { features, labels } = await arraysOf("batches.pt");
    const H = await numbersOf("H.npy");
    expect(features).toEqual({ shape: [150, 8], data: H });
    expect(labels).toEqual({ shape: [150], data: await numbersOf("y.npy") });
    const opened = await openArrays(join(folder, "batches.pt"));
    const array = findArray(opened, "features") as StoredArray;
    for (const step of [1, 7, 64, 65, 1000])
      for (const [from, to] of [
        [0, 150],
        [64, 128],
        [63, 129],
        [149, 150],
      ]) {
        const rows: number[] = [];
        for await (const block of rowBlocks(array, from, to, step)) rows.push(...block.values);
        expect(rows).toEqual(H.slice(8 * from, 8 * to));
      }
    await opened.close();
  });
});

test.each([
  ["html.pt", /html\.pt: .*got a web page/],
  ["lfs.pt", /lfs\.pt: .*got a git-lfs pointer.*git lfs pull/],
])("%s is named for what it is", async (file, message) => {
  const error = await openArrays(join(folder, file)).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(message);
});
