import fc from "fast-check";
import { expect, test } from "vitest";
import { symmetricEigen } from "../../src/math/eigen.ts";
import { matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";

function symmetric(n: number, seed: number, scale: (i: number) => number) {
  const r = random(seed);
  const A = matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) A.data[i * n + j] = A.data[j * n + i] = r.normal() * scale(i) * scale(j);
  return A;
}

test("A v = lambda v, vectors orthonormal, for random matrices of every size and of widely spread scales", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), fc.nat(1e9), fc.constantFrom(0, 3, 6), (n, seed, spread) => {
      const A = symmetric(n, seed, (i) => 10 ** ((-spread * i) / n));
      const { values, vectors } = symmetricEigen(A);
      const norm = Math.max(...values.map(Math.abs), 1e-300);
      for (let a = 0; a < n; a++) {
        if (a > 0) expect(values[a]).toBeGreaterThanOrEqual(values[a - 1]);
        for (let i = 0; i < n; i++) {
          let Av = 0;
          for (let j = 0; j < n; j++) Av += A.data[i * n + j] * vectors.data[a * n + j];
          // Backward stability: n eps |A| with a factor of 20.
          expect(Math.abs(Av - values[a] * vectors.data[a * n + i])).toBeLessThan(20 * n * 2.3e-16 * norm);
        }
        for (let b = 0; b <= a; b++) {
          let dot = 0;
          for (let i = 0; i < n; i++) dot += vectors.data[a * n + i] * vectors.data[b * n + i];
          expect(Math.abs(dot - (a === b ? 1 : 0))).toBeLessThan(20 * n * 2.3e-16);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("known spectra: the second-difference matrix, the all-ones matrix, diagonal and zero matrices", () => {
  const n = 30;
  const T = matrix(n, n);
  for (let i = 0; i < n; i++) {
    T.data[i * n + i] = 2;
    if (i > 0) T.data[i * n + i - 1] = T.data[(i - 1) * n + i] = -1;
  }
  const { values } = symmetricEigen(T);
  for (let i = 0; i < n; i++) expect(values[i]).toBeCloseTo(2 - 2 * Math.cos(((i + 1) * Math.PI) / (n + 1)), 13);
  const ones = symmetricEigen(matrix(5, 5, new Float64Array(25).fill(1))).values;
  expect([...ones].map((x) => Math.round(x * 1e12) / 1e12 + 0)).toEqual([0, 0, 0, 0, 5]);
  expect([...symmetricEigen(matrix(3, 3)).values]).toEqual([0, 0, 0]);
});
