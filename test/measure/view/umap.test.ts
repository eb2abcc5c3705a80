import { expect, test } from "vitest";
import { umapLayout } from "../../../src/measure/index.ts";
import { clouds } from "../plain.ts";

const { features, labels, d } = clouds([60, 60, 60, 20], 10, 0.2, 3);
const n = labels.length;
const layout = await umapLayout(features, n, d, 1);
const points = layout?.points as number[][];

test("classes far apart stay apart: the nearest points in the plane are of the own class", () => {
  expect(layout?.neighbours).toBe(15);
  expect(points).toHaveLength(n);
  points.forEach((p, i) => {
    const near = points
      .map((o, j) => ({ j, far: Math.hypot(o[0] - p[0], o[1] - p[1]) }))
      .filter(({ j }) => j !== i)
      .sort((a, b) => a.far - b.far);
    expect(labels[near[0].j]).toBe(labels[i]);
  });
});

test("the seed alone says what comes out", async () => {
  expect(await umapLayout(features, n, d, 1)).toEqual(layout);
  expect(await umapLayout(features, n, d, 2)).not.toEqual(layout);
});

test("no global randomness is used", async () => {
  const real = Math.random;
  Math.random = () => {
    throw new Error("global");
  };
  try {
    await umapLayout(features, n, d, 1);
  } finally {
    Math.random = real;
  }
});

test("points that repeat themselves are laid out; too few, and points all the same, are not", async () => {
  const twice = Float64Array.from({ length: 60 }, (_, e) => [0, 1, 5][Math.floor(e / 2) % 3] + (e % 2));
  const repeated = await umapLayout(twice, 30, 2, 1);
  expect(repeated?.points.flat().every(Number.isFinite)).toBe(true);
  for (const few of [5, 6, 16]) {
    const some = await umapLayout(features.subarray(0, few * d), few, d, 1);
    expect(some?.neighbours).toBe(Math.min(15, few - 1));
    expect(some?.points.flat().every(Number.isFinite)).toBe(true);
  }
  expect(await umapLayout(features.subarray(0, 4 * d), 4, d, 1)).toBeNull();
  expect(await umapLayout(new Float64Array(40).fill(3), 20, 2, 1)).toBeNull();
});
