import { expect, test } from "vitest";
import { concaveRoots } from "../../src/math/roots.ts";

const parabola = (a: number, b: number) => (x: number) => -(x - a) * (x - b);

test.each<[number, number, number, number, number[]]>([
  [1, 2, 0, 3, [1, 2]],
  [1, 1.0001, -50, 3, [1, 1.0001]],
  [1, 2, 1.5, 3, [2]],
  [1, 2, 0, 1.5, [1]],
  [1, 2, 1.2, 1.8, []],
  [1, 2, 3, 9, []],
  [1, 2, -9, 0.5, []],
])("a parabola with zeros %d and %d on [%d, %d]", (a, b, low, high, expected) => {
  const found = concaveRoots(parabola(a, b), low, high);
  expect(found).toHaveLength(expected.length);
  for (const [i, root] of expected.entries()) expect(found[i]).toBeCloseTo(root, 12);
});

test("a straight line has one zero, and one below 0 has none", () => {
  expect(concaveRoots((x) => 3 - x, 0, 10)).toEqual([3]);
  expect(concaveRoots((x) => x - 3, 0, 10)).toEqual([3]);
  expect(concaveRoots((x) => -1 - x, 0, 10)).toEqual([]);
});
