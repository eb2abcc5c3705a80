import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { cholesky, lq, solveLower, solveLowerOften, solveLowerTransposed, traceOfSolve } from "../../src/math/triangular.ts";
import { largestDeviationFromOrthonormal } from "./orthonormal.ts";

describe("triangular factors", () => {
  const r = random(4);
  const gaussian = (n: number): Float64Array => Float64Array.from({ length: n }, () => r.normal());

  test("A = L Q", () => {
    const [m, n] = [150, 170];
    const A = gaussian(m * n);
    const { L, Q } = lq(A, m, n) as { L: Float64Array; Q: Float64Array };
    expect(largestDeviationFromOrthonormal(Q, m, n)).toBeLessThan(1e-13);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < m; l++) sum += L[i * m + l] * Q[l * n + j];
        expect(Math.abs(sum - A[i * n + j])).toBeLessThan(1e-12);
      }
    for (let i = 0; i < m; i++) for (let j = i + 1; j < m; j++) expect(L[i * m + j]).toBe(0);
  });

  test("what is conditioned too badly is refused, not answered", () => {
    const A = gaussian(20 * 30);
    for (let j = 0; j < 30; j++) A[19 * 30 + j] = A[3 * 30 + j] + 1e-8 * A[19 * 30 + j];
    expect(lq(A, 20, 30)).toBeNull();
    expect(lq(A, 30, 20)).toBeNull();
    expect(cholesky(Float64Array.of(1, 0, 0, -1), 2)).toBeNull();
  });

  test("tr(S (L L')^-1), by elimination", () => {
    const n = 90;
    const L = gaussian(n * n).map((x, e) => (e % n > Math.floor(e / n) ? 0 : e % (n + 1) === 0 ? 10 + Math.abs(x) : x));
    const X = gaussian(n * n);
    const product = (A: Float64Array): number[][] =>
      Array.from({ length: n }, (_, i) =>
        Array.from({ length: n }, (_, j) => {
          let sum = 0;
          for (let l = 0; l < n; l++) sum += A[i * n + l] * A[j * n + l];
          return sum;
        }),
      );
    const [G, S] = [product(L), product(X)];
    // Gauss-Jordan on [G | S].
    for (let p = 0; p < n; p++) {
      const inverse = 1 / G[p][p];
      for (const M of [S, G]) M[p] = M[p].map((x) => x * inverse);
      for (let i = 0; i < n; i++) {
        if (i === p) continue;
        const factor = G[i][p];
        for (const M of [S, G]) M[i] = M[i].map((x, j) => x - factor * M[p][j]);
      }
    }
    const trace = S.reduce((sum, row, i) => sum + row[i], 0);
    expect(Math.abs(traceOfSolve(L, Float64Array.from(product(X).flat()), n) / trace - 1)).toBeLessThan(1e-11);
    const again = cholesky(Float64Array.from(product(L).flat()), n) as Float64Array;
    expect(Math.abs(again[n * n - 2] - L[n * n - 2])).toBeLessThan(1e-12 * Math.max(1, Math.abs(L[n * n - 2])));
  });

  test.each([1, 5, 63, 64, 65, 128, 150])("L X = B and L' X = B are solved for n = %i", (n) => {
    const m = 7;
    const L = gaussian(n * n).map((x, e) => (e % n > Math.floor(e / n) ? 0 : e % (n + 1) === 0 ? 10 + Math.abs(x) : x));
    const X = gaussian(n * m);
    const entry = (i: number, j: number, transposed: boolean): number => (transposed ? L[j * n + i] : L[i * n + j]);
    for (const [solve, transposed] of [
      [solveLower, false],
      [solveLowerTransposed, true],
    ] as const) {
      const B = X.map((_, e) => {
        let sum = 0;
        for (let l = 0; l < n; l++) sum += entry(Math.floor(e / m), l, transposed) * X[l * m + (e % m)];
        return sum;
      });
      solve(L, B, n, m);
      for (const [e, x] of X.entries()) expect(Math.abs(B[e] - x)).toBeLessThan(1e-12);
    }
  });

  test.each([1, 90, 512, 513, 1100])("L X = B again and again, by blocks, for n = %i", (n) => {
    // Of a condition that grows with n, as those of class means do not: 0.3 for what stands beside the diagonal.
    const L = gaussian(n * n).map((x, e) => {
      const [i, j] = [Math.floor(e / n), e % n];
      return j > i ? 0 : i === j ? 1 + Math.abs(x) : (0.3 * x) / Math.sqrt(n);
    });
    const solve = solveLowerOften(L, n);
    // Wider and narrower ones in turns: what is left in its rooms is nobody's.
    for (const m of [3, 40, 1, 17]) {
      const X = gaussian(n * m);
      const B = new Float64Array(n * m);
      for (let i = 0; i < n; i++)
        for (let l = 0; l <= i; l++) for (let j = 0; j < m; j++) B[i * m + j] += L[i * n + l] * X[l * m + j];
      solve(B, m);
      const most = X.reduce((most, x, e) => Math.max(most, Math.abs(B[e] - x)), 0);
      expect(most).toBeLessThan(1e-12);
    }
  });
});
