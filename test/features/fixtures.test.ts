import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { findArray, openArrays, readWhole, rowBlocks, type StoredArray } from "../../src/features/index.ts";

// Written by NumPy and PyTorch; make.py beside them says how.
const folder = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/features");
const files = readdirSync(folder);
const expected = (signed: boolean): number[] =>
  Array.from({ length: 35 }, (_, e) => ((7 * Math.floor(e / 5) + 3 * (e % 5)) % 11) - (signed ? 4 : 0));
const signed = expected(true);
const labels = [0, 1, 2, 0, 1, 2, 0];

async function numbers(array: StoredArray | undefined): Promise<number[]> {
  if (!array) throw new Error("not found");
  const whole = [...(await readWhole(array)).data];
  // Any blocks give the same rows.
  for (const step of [1, 2, 3, 100]) {
    const rows: number[] = [];
    for await (const block of rowBlocks(array, 0, array.shape[0], step)) rows.push(...block.values);
    expect(rows).toEqual(whole);
  }
  return whole;
}

async function withFile<T>(name: string, use: (file: Awaited<ReturnType<typeof openArrays>>) => Promise<T>): Promise<T> {
  const file = await openArrays(join(folder, name));
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

test.each(files.filter((name) => name.endsWith(".npy")))("%s", async (name) => {
  await withFile(name, async ({ arrays }) => {
    const array = arrays.get("") as StoredArray;
    expect(array.shape).toEqual([7, 5]);
    expect(await numbers(array)).toEqual(expected(!/^(le-|be-)?u/.test(name)));
    const part: number[] = [];
    for await (const { values } of rowBlocks(array, 2, 6, 3)) part.push(...values);
    expect(part).toEqual(expected(!/^(le-|be-)?u/.test(name)).slice(10, 30));
  });
});

test.each(files.filter((name) => name.endsWith(".npz")))("%s", async (name) => {
  await withFile(name, async (file) => {
    expect(await numbers(findArray(file, "features"))).toEqual(signed);
    expect(await numbers(findArray(file, "labels"))).toEqual(labels);
  });
});

describe("checkpoints of PyTorch", () => {
  test("tensors, containers, and the head by name: the last of a classifier's layers", async () => {
    await withFile("checkpoint.pt", async (file) => {
      expect(await numbers(findArray(file, "features"))).toEqual(signed);
      expect(await numbers(findArray(file, "labels"))).toEqual(labels);
      expect(findArray(file, "weight")).toBe(file.arrays.get("model.classifier.3.weight"));
      expect(await numbers(findArray(file, "weight"))).toEqual(signed.slice(0, 15));
      expect(await numbers(findArray(file, "bias"))).toEqual([1, 0, -1]);
      expect(findArray(file, "weight", { weight: "layer1.weight" })?.type).toBe("f8");
      for (const type of ["half", "bfloat", "long", "columns", "slice"])
        expect(await numbers(file.arrays.get(`types.${type}`))).toEqual(signed);
    });
  });

  test("a whole module is read by its state: the class is only a name", async () => {
    await withFile("module.pt", async (file) => {
      expect([...file.arrays].map(([name, { shape }]) => [name, shape])).toEqual([
        ["weight", [2, 2]],
        ["bias", [2]],
      ]);
    });
  });

  test.each([["harmful.pt", /asks for posix\.system; nothing was run/]])(
    "%s is refused by the name that it asks for",
    async (name, message) => {
      const error = await openArrays(join(folder, name)).catch((e) => e);
      expect(error).toBeInstanceOf(InputError);
      expect(error.message).toMatch(message);
      expect(existsSync("nclab-was-here")).toBe(false);
    },
  );
});
