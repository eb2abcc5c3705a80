import { describe, expect, test } from "vitest";
import { random } from "../../../src/math/random.ts";
import { nearestRows } from "../../../src/measure/view/neighbours.ts";

/** By sorting all distances. */
function plain(X: Float64Array, n: number, d: number, k: number) {
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += (X[i * d + c] - X[j * d + c]) ** 2;
      return { j, far: j === i ? -1 : Math.sqrt(sum) };
    })
      .sort((a, b) => a.far - b.far || a.j - b.j)
      .slice(0, k),
  );
}

describe.each([
  ["more points than a block, and a block that is not full", 2100, 5, 15],
  ["less than one block", 90, 40, 15],
  ["as many neighbours as points", 7, 3, 7],
])("%s", (_, n, d, k) => {
  const r = random(1);
  const X = Float64Array.from({ length: n * d }, () => r.normal());

  test("the nearest are those of all distances sorted", () => {
    const { indices, distances } = nearestRows(X, n, d, k);
    plain(X, n, d, k).forEach((near, i) => {
      expect(indices[i]).toEqual(near.map(({ j }) => j));
      near.forEach(({ far }, place) => void expect(distances[i][place]).toBeCloseTo(Math.max(0, far), 12));
    });
  });
});

test("equal points are at 0, the point itself first, also from block to block", () => {
  const n = 2100;
  const X = Float64Array.from({ length: 3 * n }, (_, e) => (Math.floor(e / 3) % 700) + 0.1 * (e % 3));
  const { indices, distances } = nearestRows(X, n, 3, 4);
  indices.forEach((near, i) => {
    expect(near[0]).toBe(i);
    expect(near.slice(0, 3).map((j) => j % 700)).toEqual([i % 700, i % 700, i % 700]);
    expect(distances[i].slice(0, 3)).toEqual([0, 0, 0]);
    expect(distances[i][3]).toBeGreaterThan(1);
  });
});
