import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { countClasses, glyphClassNames, glyphDataset, glyphNormalization, glyphs } from "../../src/data/index.ts";
import { stream } from "../../src/data/stream.ts";
import { InputError } from "../../src/errors.ts";
import { nearestNeighbour, softmaxRegression } from "./classifiers.ts";

const one = (pixels: Uint8Array, i: number): string => Buffer.from(pixels.subarray(784 * i, 784 * (i + 1))).toString("base64");

it("draws any counts, ordered by class", () => {
  const images = glyphs([3, 0, 1, 0, 0, 0, 0, 0, 0, 2], 5);
  expect(images).toMatchObject({ split: "train", count: 6, height: 28, width: 28, channels: 1, classes: 10 });
  expect([...images.labels]).toEqual([0, 0, 0, 2, 9, 9]);
  expect(images.pixels.length).toBe(6 * 784);
  expect(glyphClassNames.length).toBe(10);
});

it("draws sample i of a class alike however many are asked for", () => {
  const few = glyphs([2, 1, 1, 1, 1, 1, 1, 1, 1, 3], 7);
  const many = glyphs(9, 7);
  expect(one(few.pixels, 1)).toBe(one(many.pixels, 1));
  expect(one(few.pixels, 2)).toBe(one(many.pixels, 9));
  expect(one(few.pixels, 12)).toBe(one(many.pixels, 83));
});

it("never draws a sample twice: not in a class, not in both splits, not for two seeds", () => {
  const all = [glyphs(200, 0), glyphs(200, 0, "test"), glyphs(200, 1), glyphs(200, 2 ** 32)];
  const seen = new Set(all.flatMap((images) => Array.from(images.labels, (_, i) => one(images.pixels, i))));
  expect(seen.size).toBe(8000);
});

it("starts every stream apart from the others", () => {
  const seen = new Set<number>();
  for (const seed of [0, 1, 2 ** 32, 2 ** 52])
    for (const purpose of ["train", "test", "subset"] as const)
      for (const klass of [0, 1, 255])
        for (const index of [0, 1, 2 ** 31]) seen.add(stream(seed, purpose, klass, index).uniform());
  expect(seen.size).toBe(4 * 3 * 3 * 3);
});

it("draws the same bytes on every machine", () => {
  const hash = createHash("sha256").update(glyphs(20, 0).pixels).digest("hex");
  expect(hash).toMatchInlineSnapshot(`"17d82310ce205a3ca42b6a7af1fc53e0b53991803695e71b65a7eb14a615f140"`);
});

it("is neither trivial nor noise: a linear model gets most of it, not all; a neighbour more than chance", () => {
  const { train, test } = glyphDataset({ seed: 3, perClass: 300, testPerClass: 50 });
  const linear = softmaxRegression(train, test);
  expect(linear.test).toBeGreaterThan(0.6);
  expect(linear.test).toBeLessThan(0.95);
  const nearest = nearestNeighbour(glyphs(100, 3), glyphs(20, 3, "test"));
  expect(nearest).toBeGreaterThan(0.5);
  expect(nearest).toBeLessThan(0.99);
});

it("comes as a data set with its own normalization", () => {
  const { name, train, test, source } = glyphDataset();
  expect([name, train.count, test.count, test.split, source.length]).toEqual(["glyphs", 10000, 2000, "test", 0]);
  expect(countClasses(test)).toEqual(new Array(10).fill(200));
  const mean = train.pixels.reduce((sum, p) => sum + p / 255, 0) / train.pixels.length;
  const square = train.pixels.reduce((sum, p) => sum + (p / 255) ** 2, 0) / train.pixels.length;
  expect(mean).toBeCloseTo(glyphNormalization.mean[0], 3);
  expect(Math.sqrt(square - mean ** 2)).toBeCloseTo(glyphNormalization.std[0], 3);
});

it("refuses counts and seeds that are none", () => {
  expect(() => glyphs(-1, 0)).toThrow(/counts\[0\]: expected a whole number of at least 0, got -1/);
  expect(() => glyphs(1.5, 0)).toThrow(InputError);
  expect(() => glyphs([1, 2], 0)).toThrow(/10 counts/);
  expect(() => glyphs(1e9, 0)).toThrow(/at most 2000000/);
  expect(() => glyphs(1, -1)).toThrow(/seed: expected a whole number/);
});
