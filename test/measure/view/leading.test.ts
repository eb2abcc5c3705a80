import { expect, test } from "vitest";
import { matrix, random, symmetricEigen, timesTranspose } from "../../../src/math/index.ts";
import { leadingEigen } from "../../../src/measure/view/leading.ts";

/** X X' of n rows whose columns fall as `fall` says: as the class means of many classes. */
function gramOf(n: number, d: number, fall: (j: number) => number, seed: number): Float64Array {
  const r = random(seed);
  const X = Float64Array.from({ length: n * d }, (_, e) => fall(e % d) * r.normal());
  const A = new Float64Array(n * n);
  timesTranspose(A, X, X, n, n, d);
  return A;
}

test.each([
  ["small: all eigenvectors", 60, 40, (j: number) => 1 / (1 + j)],
  ["large, falling: a few vectors turned together", 1100, 80, (j: number) => 1 / (1 + j)],
  ["large and flat: all again", 1030, 1030, () => 1],
])("%s", (_, n, d, fall) => {
  const A = gramOf(n, d, fall, 3);
  const { values, vectors } = leadingEigen(A, n, 3);
  const all = symmetricEigen(matrix(n, n, A)).values;
  for (let a = 0; a < 3; a++) {
    expect(values[a] / all[n - 1 - a]).toBeCloseTo(1, 10);
    const v = vectors.subarray(a * n, a * n + n);
    const Av = new Float64Array(n);
    timesTranspose(Av, A, v, n, 1, n);
    expect(Math.hypot(...Av.map((x, i) => x - values[a] * v[i])) / values[0]).toBeLessThan(1e-9);
    for (let b = 0; b <= a; b++) expect(v.reduce((sum, x, i) => sum + x * vectors[b * n + i], 0)).toBeCloseTo(a === b ? 1 : 0, 9);
  }
});

test("equal eigenvalues, as of a simplex, are no trouble", () => {
  const n = 1100;
  const A = new Float64Array(n * n).fill(-1 / n);
  for (let i = 0; i < n; i++) A[i * n + i] += 1;
  const { values } = leadingEigen(A, n, 3);
  for (const value of values) expect(value).toBeCloseTo(1, 12);
});
