import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { symmetricEigen, symmetricEigenvalues } from "../../src/math/eigen.ts";
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

function expectDecomposition(eigen: typeof symmetricEigen, A: ReturnType<typeof symmetric>): void {
  const n = A.rows;
  const { values, vectors } = eigen(A);
  const norm = Math.max(...values.map(Math.abs));
  let residual = 0;
  let skew = 0;
  for (let a = 0; a < n; a++) {
    const v = vectors.data.subarray(a * n, (a + 1) * n);
    for (let i = 0; i < n; i++) {
      let Av = 0;
      for (let j = 0; j < n; j++) Av += A.data[i * n + j] * v[j];
      residual = Math.max(residual, Math.abs(Av - values[a] * v[i]));
    }
    for (let b = 0; b <= a; b++) {
      let dot = 0;
      for (let i = 0; i < n; i++) dot += v[i] * vectors.data[b * n + i];
      skew = Math.max(skew, Math.abs(dot - (a === b ? 1 : 0)));
    }
  }
  expect(residual).toBeLessThan(20 * n * 2.3e-16 * norm);
  expect(skew).toBeLessThan(20 * n * 2.3e-16);
}

// Around the rows from which the reduction is a kernel, the block of 32 reflectors, the strip of 8 columns and the queue of sweeps.
test.each([31, 33, 34, 65, 98, 127, 128, 129, 150, 201])("the same at n = %i, past the blocks", (n) => {
  expectDecomposition(
    symmetricEigen,
    symmetric(n, n, () => 1),
  );
  // A block diagonal matrix deflates into pieces and has steps without a reflector.
  const B = symmetric(n, n + 1, () => 1);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i % 3 !== j % 3) B.data[i * n + j] = 0;
  expectDecomposition(symmetricEigen, B);
});

test("the values alone are the values, at ordinary, huge and tiny scales", () => {
  for (const n of [1, 2, 3, 10, 47, 90, 131, 132])
    for (const scale of [1, 1e75, 1e-75]) {
      const A = symmetric(n, n, () => scale);
      const { values } = symmetricEigen(A);
      const alone = symmetricEigenvalues(A);
      const norm = Math.max(...values.map(Math.abs));
      for (let i = 0; i < n; i++) expect(Math.abs(alone[i] - values[i])).toBeLessThanOrEqual(20 * n * 2.3e-16 * norm);
    }
  expect(symmetricEigenvalues(matrix(0, 0)).length).toBe(0);
  expect(() => symmetricEigenvalues(matrix(1, 2))).toThrow("symmetricEigenvalues: expected a square matrix, got 1 x 2");
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test("sizes that take turns, zeros and single entries do not meet in the kernel's memory", () => {
  for (const n of [140, 200, 140, 131]) {
    const A = symmetric(n, n, () => 1);
    const again = symmetric(n, n, () => 1);
    expect(symmetricEigenvalues(A)).toEqual(symmetricEigenvalues(again));
    expect(A.data).toEqual(again.data);
    expect(symmetricEigenvalues(matrix(n, n)).every((x) => x === 0)).toBe(true);
    const one = matrix(n, n);
    one.data[5 * n + 2] = one.data[2 * n + 5] = 3;
    const values = symmetricEigenvalues(one);
    expect([values[0], values[n - 1]].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([-3, 3]);
  }
});

test("without WebAssembly the plain rotations and the plain reduction take over", async () => {
  vi.resetModules();
  const large = symmetric(137, 6, () => 1);
  const kernel = symmetricEigenvalues(large);
  vi.stubGlobal("WebAssembly", undefined);
  const fresh = await import("../../src/math/eigen.ts");
  const plain = fresh.symmetricEigenvalues(large);
  const norm = Math.max(...plain.map(Math.abs));
  for (let i = 0; i < 137; i++) expect(Math.abs(plain[i] - kernel[i])).toBeLessThan(20 * 137 * 2.3e-16 * norm);
  expectDecomposition(
    fresh.symmetricEigen,
    symmetric(41, 5, () => 1),
  );
});
