import { expect, test } from "vitest";
import { measureFeatures } from "../../src/measure/index.ts";
import { sharedDirections, sharedFrom } from "../../src/measure/shared.ts";

test("classes of their own directions share none; one that lies on two others' has 1/sqrt(2) with each", () => {
  const own = Float64Array.from([3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0]);
  expect(sharedDirections(own, 4, [0, 1, 2])).toEqual({ from: sharedFrom, count: 0, pairs: [] });
  const trapped = Float64Array.from([3, 0, 0, 0, 0, 2, 0, 0, 5, 5, 0, 0]);
  expect(sharedDirections(trapped, 4, [0, 1, 2])?.pairs).toEqual([
    { classes: [0, 2], cosine: expect.closeTo(Math.SQRT1_2, 12) },
    { classes: [1, 2], cosine: expect.closeTo(Math.SQRT1_2, 12) },
  ]);
});

test("the nearest pair comes first; a class without features, or that does not occur, shares nothing; a small cosine is none", () => {
  const means = Float64Array.from([1, 0, 1, 1, 0, 0, 9, 10, 0, 1]);
  // Cosines: 0-1 0.71, 0-3 0.67, 1-3 0.9986, 1-4 0.71, 3-4 0.74; class 2 is 0.
  const found = sharedDirections(means, 2, [0, 1, 2, 3]);
  expect(found?.pairs.map(({ classes }) => classes)).toEqual([
    [1, 3],
    [0, 1],
    [0, 3],
  ]);
  expect(sharedDirections(Float64Array.from([1, 0, 0.3, 1]), 2, [0, 1])?.pairs).toEqual([]);
});

test("features of both signs have no such directions", () => {
  expect(sharedDirections(Float64Array.from([1, 0, -1e-9, 1]), 2, [0, 1])).toBeNull();
});

test("many pairs are counted, the nearest listed", () => {
  const K = 20;
  const means = new Float64Array(K * 2).map((_, e) => (e % 2 === 0 ? 10 : Math.floor(e / 2)));
  const found = sharedDirections(
    means,
    2,
    Array.from({ length: K }, (_, k) => k),
  );
  expect(found).toMatchObject({ count: 190, pairs: { length: 100 } });
  const cosines = found?.pairs.map(({ cosine }) => cosine) ?? [];
  expect(cosines).toEqual([...cosines].sort((a, b) => b - a));
});

test("a measurement of nonnegative features names them, one of others has none", () => {
  const features = Float64Array.from([2, 0, 4, 0, 0, 3, 0, 1, 1, 1, 2, 2]);
  const data = { features, labels: [0, 0, 1, 1, 2, 2], d: 2, K: 3 };
  expect(measureFeatures(data).shared?.pairs.map(({ classes }) => classes)).toEqual([
    [0, 2],
    [1, 2],
  ]);
  expect(measureFeatures({ ...data, features: features.map((x) => x - 1) }).shared).toBeNull();
});
