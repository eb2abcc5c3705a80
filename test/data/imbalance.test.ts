import fc from "fast-check";
import { expect, it } from "vitest";
import {
  countClasses,
  firstClasses,
  glyphs,
  type Images,
  imbalancedSubset,
  namedCounts,
  twoGroupCounts,
} from "../../src/data/index.ts";
import { InputError } from "../../src/errors.ts";

/** 3 classes of 40, 30 and 20 images, mixed; the pixels of an image say which it is. */
function sample(): Images {
  const labels = Uint8Array.from([...Array(40).fill(0), ...Array(30).fill(1), ...Array(20).fill(2)]);
  for (let i = 0; i < 90; i++) [labels[i], labels[(i * 37) % 90]] = [labels[(i * 37) % 90], labels[i]];
  const pixels = Uint8Array.from({ length: 180 }, (_, i) => (i >> 1) + 100 * (i & 1));
  return { name: "mixed", split: "train", count: 90, height: 1, width: 2, channels: 1, pixels, labels, classes: 3 };
}
const counts = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 20 }));
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

it("takes exactly the counts asked for, distinct images, each with its own pixels and label", () => {
  const images = sample();
  fc.assert(
    fc.property(counts, seeds, (n, seed) => {
      const subset = imbalancedSubset(images, n, seed);
      expect(countClasses(subset)).toEqual(n);
      expect(subset.count).toBe(n[0] + n[1] + n[2]);
      expect(new Set(subset.indices).size).toBe(subset.count);
      subset.indices.forEach((from, i) => {
        expect(subset.labels[i]).toBe(images.labels[from]);
        expect([...subset.pixels.subarray(2 * i, 2 * i + 2)]).toEqual([from, from + 100]);
      });
    }),
  );
});

it("gives a prefix for a smaller count, whatever the other classes get", () => {
  const images = sample();
  const of = (subset: { labels: Uint8Array; indices: Uint32Array }, k: number): number[] =>
    [...subset.indices].filter((_, i) => subset.labels[i] === k);
  fc.assert(
    fc.property(counts, counts, seeds, (n, m, seed) => {
      const [a, b] = [imbalancedSubset(images, n, seed), imbalancedSubset(images, m, seed)];
      for (let k = 0; k < 3; k++) {
        const shorter = Math.min(n[k], m[k]);
        expect(of(a, k).slice(0, shorter)).toEqual(of(b, k).slice(0, shorter));
      }
    }),
  );
});

it("is random: the seed matters, every image gets its turn, no order is kept", () => {
  const images = sample();
  const seen = new Map<number, number>();
  for (let seed = 0; seed < 400; seed++)
    for (const i of imbalancedSubset(images, [10, 3, 2], seed).indices) seen.set(i, (seen.get(i) ?? 0) + 1);
  // Each of 40 images of class 0 is expected 100 times (sd 8.7), each of the others 40 (sd 6).
  images.labels.forEach((label, i) => {
    const expected = label === 0 ? 100 : 40;
    expect(Math.abs((seen.get(i) ?? 0) - expected)).toBeLessThan(5 * (label === 0 ? 8.7 : 6.1));
  });
});

it("keeps a subset that was published: seed 1 of this data", () => {
  expect([...imbalancedSubset(glyphs(50, 0), twoGroupCounts(5, 2, 5, 1), 1).indices]).toMatchInlineSnapshot(`
    [
      47,
      2,
      94,
      71,
      148,
      118,
      193,
      167,
      243,
      224,
      258,
      312,
      371,
      409,
      454,
    ]
  `);
});

it.each([
  [[41, 1, 1], "counts[0]: asked for 41 images of class 0, mixed has 40"],
  [[1, 1, 21], "counts[2]: asked for 21 images of class 2, mixed has 20"],
  [[1, -2, 1], "counts[1]: expected a positive integer, got -2"],
  [[1, 0, 1], "counts[1]: expected a positive integer, got 0"],
  [[1.5, 1, 1], "counts[0]: expected a positive integer, got 1.5"],
  [[1, Number.NaN, 1], "counts[1]: expected a positive integer, got NaN"],
  [[1, 1], "3 counts, one for each class of mixed"],
  [[1, 1, 1, 1], "3 counts, one for each class of mixed"],
])("refuses counts %j", (wrong, message) => {
  expect(() => imbalancedSubset(sample(), wrong, 0)).toThrow(InputError);
  expect(() => imbalancedSubset(sample(), wrong, 0)).toThrow(message);
});

it("refuses test images and seeds that are none", () => {
  expect(() => imbalancedSubset({ ...sample(), split: "test" }, [1, 1, 1], 0)).toThrow(/expected training images/);
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53])
    expect(() => imbalancedSubset(sample(), [1, 1, 1], seed)).toThrow(InputError);
});

it("knows the counts of the paper", () => {
  expect(namedCounts.Dataset1.join()).toBe("5000,5000,5000,5000,4000,4000,4000,3000,3000,3000");
  expect(namedCounts.Dataset2.join()).toBe("5000,5000,5000,5000,3000,3000,1000,1000,1000,1000");
  expect(twoGroupCounts(3, 500, 7, 100)).toEqual([500, 500, 500, 100, 100, 100, 100, 100, 100, 100]);
  expect(() => twoGroupCounts(3, 500, 0, 100)).toThrow(/twoGroupCounts: kB: expected a positive integer, got 0/);
});

it("the first classes: their images with their own pixels, in their order, and nothing of the others", () => {
  const images = sample();
  const first = firstClasses(images, 2);
  expect(first.classes).toBe(2);
  expect(countClasses(first)).toEqual([40, 30]);
  const from = [...images.labels.keys()].filter((i) => images.labels[i] < 2);
  expect([...first.labels]).toEqual(from.map((i) => images.labels[i]));
  expect([...first.pixels]).toEqual(from.flatMap((i) => [...images.pixels.subarray(2 * i, 2 * i + 2)]));
  expect(firstClasses(images, 3).labels).toEqual(images.labels);
  for (const wrong of [1, 4, 2.5])
    expect(() => firstClasses(images, wrong)).toThrow(/classes: expected .*3 classes of mixed, got/);
});
