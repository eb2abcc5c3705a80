import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { InputError } from "../../src/errors.ts";
import { onDisk, onlyArray, openArrays, readWhole } from "../../src/features/index.ts";
import { openInput } from "../../src/inputs/index.ts";
import type { Head } from "../../src/measure/index.ts";
import { runCommand } from "../cli/run.ts";

// Written by NumPy and PyTorch: features 150 x 8 of 5 classes; the heads hold the same 5 x 8 matrix where they hold one.
const folder = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/field");
const at = (name: string): string => join(folder, name);

async function headIn(file: string): Promise<Head | null | undefined> {
  const input = await openInput({ features: at("H.npy"), labels: at("y.npy"), weight: at(file), keys: {} }, onDisk);
  await input.close();
  return input.head;
}
async function stored(file: string, name: string): Promise<Float64Array> {
  const opened = await openArrays(at(file));
  const array = opened.arrays.get(name);
  if (!array) throw new Error(`no ${name}`);
  const { data } = await readWhole(array);
  await opened.close();
  return data;
}

test("a head that is a 1 x 1 convolution, K x d x 1 x 1", async () => {
  const head = await headIn("convhead.pth");
  expect(head?.W).toEqual(await stored("tied.safetensors", "model.embed_tokens.weight"));
  expect(head?.b).toEqual(await stored("convhead.pth", "fc.bias"));
});

test("weight normalization: a length and a direction are one weight", async () => {
  const input = await openInput({ features: at("weightnorm.pt"), keys: {} }, onDisk);
  await input.close();
  const W = input.head?.W as Float64Array;
  const v = await stored("weightnorm.pt", "classifier.parametrizations.weight.original1");
  const g = await stored("weightnorm.pt", "classifier.parametrizations.weight.original0");
  for (let k = 0; k < 5; k++) {
    const [row, direction] = [W, v].map((all) => [...all.subarray(8 * k, 8 * k + 8)]);
    expect(Math.hypot(...row)).toBeCloseTo(g[k], 14);
    // Parallel, and the same way.
    const dot = row.reduce((sum, x, j) => sum + x * direction[j], 0);
    expect(dot).toBeCloseTo(Math.hypot(...row) * Math.hypot(...direction), 13);
  }
});

test("a kernel is d x K, also where d = K", async () => {
  const input = await openInput({ features: at("flax_square.npz"), keys: {} }, onDisk);
  await input.close();
  const kernel = await stored("flax_square.npz", "head.kernel");
  expect([...(input.head?.W ?? [])]).toEqual(Array.from({ length: 25 }, (_, e) => kernel[(e % 5) * 5 + Math.floor(e / 5)]));
  expect(input.notes.join()).toMatch(/transpose/);
  // By the formulas in NumPy, three digits.
  const { out } = await runCommand(measure, "--features", at("flax_square.npz"), "--json");
  const { nc3, nc4 } = JSON.parse(out);
  expect([nc3, nc4].map((x) => x.toFixed(3))).toEqual(["1.255", "0.793"]);
});

test("a head under another name: the array with a row a class; without labels the message names the role and what fits by its shape", async () => {
  const head = await headIn("tied.safetensors");
  expect(head?.W).toEqual(await stored("tied.safetensors", "model.embed_tokens.weight"));
  const opened = await openArrays(at("tied.safetensors"));
  const message = (() => {
    try {
      return onlyArray(opened, "weight", 8).what;
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return (error as Error).message;
    }
  })();
  await opened.close();
  expect(message).toMatch(/tied\.safetensors: weight: expected .*--keys weight=NAME/);
  expect(message).toMatch(/by shape with 8 columns: model\.embed_tokens\.weight 5 x 8\)/);
  expect(message).not.toMatch(/features=NAME/);
});
