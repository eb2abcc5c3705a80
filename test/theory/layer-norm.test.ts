import { describe, expect, test } from "vitest";
import { fromRows, matrix } from "../../src/math/matrix.ts";
import { svd } from "../../src/math/svd.ts";
import { codeValue, crossPolytope, type SphericalCode, simplex } from "../../src/theory/index.ts";

/** The least value on a fine grid and then by golden section, of a function written out here. */
function leastOf(f: (c: number) => number): number {
  let [a, b] = [0, 100];
  const ratio = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 200; i++) {
    const [low, high] = [b - ratio * (b - a), a + ratio * (b - a)];
    if (f(low) < f(high)) b = high;
    else a = low;
  }
  return f((a + b) / 2);
}

/** The model's value at class directions (unit rows) and A = c U', from the matrices themselves: cross-entropy of Z = A U and Lambda times the sum of A's singular values. */
function valueAt(directions: number[][], c: number, strength: number): number {
  const K = directions.length;
  const dot = (k: number, l: number): number => directions[k].reduce((sum, x, i) => sum + x * directions[l][i], 0);
  let loss = 0;
  for (let k = 0; k < K; k++) {
    let sum = 0;
    for (let i = 0; i < K; i++) sum += Math.exp(c * (dot(i, k) - dot(k, k)));
    loss += Math.log(sum) / K;
  }
  const { S } = svd(fromRows(directions.map((row) => row.map((x) => c * x))));
  return loss + strength * S.reduce((a, b) => a + b, 0);
}

const unit = (row: number[]): number[] => row.map((x) => x / Math.hypot(...row));
const simplexRows = (K: number): number[][] =>
  Array.from({ length: K }, (_, k) => unit(Array.from({ length: K }, (_, l) => (k === l ? K - 1 : -1))));
const crossRows = (K: number): number[][] =>
  Array.from({ length: K }, (_, k) => Array.from({ length: K / 2 }, (_, l) => (l === k >> 1 ? 1 - 2 * (k % 2) : 0)));
/** The 16 sign patterns of length 5 with an even number of minus signs. */
const halfCube = Array.from({ length: 32 }, (_, n) => Array.from({ length: 5 }, (_, i) => (n & (1 << i) ? -1 : 1)))
  .filter((row) => row.filter((x) => x < 0).length % 2 === 0)
  .map(unit);
/** The 27 lines on a cubic surface: E8 roots with a fixed inner product to an A2 subsystem; here from the 6-dimensional picture a_i, b_i, c_ij by their incidences. */
const schlaefliGram = ((): number[][] => {
  const lines: { kind: "a" | "b" | "c"; i: number; j: number }[] = [];
  for (let i = 0; i < 6; i++) lines.push({ kind: "a", i, j: -1 }, { kind: "b", i, j: -1 });
  for (let i = 0; i < 6; i++) for (let j = i + 1; j < 6; j++) lines.push({ kind: "c", i, j });
  const meet = (x: (typeof lines)[0], y: (typeof lines)[0]): boolean => {
    if (x.kind === y.kind && x.kind !== "c") return false;
    if (x.kind === "c" && y.kind === "c") return new Set([x.i, x.j, y.i, y.j]).size === 4;
    if (x.kind === "c" || y.kind === "c") {
      const [line, pair] = x.kind === "c" ? [y, x] : [x, y];
      return line.i === pair.i || line.i === pair.j;
    }
    return x.i !== y.i;
  };
  return lines.map((x, k) => lines.map((y, l) => (k === l ? 1 : meet(x, y) ? -0.5 : 0.25)));
})();

/** Distances between rows and how often, from their Gram matrix; every row must see the same. */
function seen(gram: number[][]): SphericalCode["sees"] {
  const of = (k: number): string =>
    JSON.stringify(
      [...gram[k].keys()]
        .filter((l) => l !== k)
        .map((l) => gram[k][l].toFixed(9))
        .sort(),
    );
  for (const k of gram.keys()) expect(of(k)).toBe(of(0));
  const times = new Map<string, number>();
  for (const l of gram.keys()) if (l > 0) times.set(gram[0][l].toFixed(9), (times.get(gram[0][l].toFixed(9)) ?? 0) + 1);
  return [...times].map(([cosine, n]) => ({ cosine: Number(cosine), times: n }));
}
const gramOf = (rows: number[][]): number[][] => rows.map((a) => rows.map((b) => a.reduce((sum, x, i) => sum + x * b[i], 0)));

describe("closed forms of class directions out of layer normalization", () => {
  // theory.md, section 9.4: descents on the model, d = 256.
  test.each([
    [0.003, 0.012866, 0.015422],
    [0.01, 0.037561, 0.044973],
    [0.03, 0.09806, 0.117247],
  ])("K = 10, lambda %d: cross-polytope %d, simplex %d", (lambda, cross, single) => {
    expect(codeValue(crossPolytope(10), lambda / 16).objective).toBeCloseTo(cross, 6);
    expect(codeValue(simplex(10), lambda / 16).objective).toBeCloseTo(single, 6);
  });

  test("the formulas of the page, minimized here", () => {
    for (const K of [2, 4, 6, 10, 100])
      for (const strength of [1e-6, 1e-3, 0.02]) {
        const single = leastOf((c) => Math.log1p((K - 1) * Math.exp(-c)) + (strength * c * (K - 1) ** 1.5) / Math.sqrt(K));
        const cross = leastOf((c) => Math.log1p((K - 2) * Math.exp(-c) + Math.exp(-2 * c)) + (strength * c * K) / Math.SQRT2);
        expect(codeValue(simplex(K), strength).objective / single).toBeCloseTo(1, 12);
        expect(codeValue(crossPolytope(K), strength).objective / cross).toBeCloseTo(1, 12);
      }
    expect(codeValue(simplex(2), 0.01).objective).toBeCloseTo(codeValue(crossPolytope(2), 0.01).objective, 14);
  });

  test("every code's value is that of its matrices, and the least along c", () => {
    const codes: [SphericalCode, number[][]][] = [
      [simplex(5), simplexRows(5)],
      [crossPolytope(8), crossRows(8)],
      [{ K: 16, rank: 5, sees: seen(gramOf(halfCube)) }, halfCube],
    ];
    for (const [code, rows] of codes)
      for (const strength of [1e-4, 0.01]) {
        const { objective, own, margin } = codeValue(code, strength);
        expect(valueAt(rows, own, strength) / objective).toBeCloseTo(1, 10);
        for (const c of [0.9 * own, 0.99 * own, 1.01 * own, 1.1 * own])
          expect(valueAt(rows, c, strength)).toBeGreaterThan(objective);
        const nearest = Math.max(...gramOf(rows)[0].slice(1));
        expect(margin / own).toBeCloseTo(1 - nearest, 8);
      }
  });

  test("all collapses from Lambda sqrt(K m) = 1 on, and not before", () => {
    for (const code of [simplex(7), crossPolytope(12)]) {
      const least = 1 / Math.sqrt(code.K * code.rank);
      expect(codeValue(code, 1.0001 * least)).toEqual({ objective: Math.log(code.K), own: 0, margin: 0 });
      const below = codeValue(code, 0.999 * least);
      expect(below.own).toBeGreaterThan(0);
      expect(below.objective).toBeLessThan(Math.log(code.K));
    }
  });

  test("cross-polytopes are cheaper than simplices from 6 classes on, of 4 classes from Lambda = 0.008 on", () => {
    for (const strength of [1e-9, 1e-5, 1e-3, 0.01])
      for (const K of [4, 6, 8, 10, 20, 50]) {
        const [single, cross] = [simplex(K), crossPolytope(K)].map((code) => codeValue(code, strength).objective);
        if (K === 4 && strength < 0.008) expect(single).toBeLessThan(cross);
        else expect(cross).toBeLessThan(single);
      }
    const apart = (strength: number): number =>
      codeValue(crossPolytope(4), strength).objective - codeValue(simplex(4), strength).objective;
    expect(apart(0.0079)).toBeGreaterThan(0);
    expect(apart(0.0081)).toBeLessThan(0);
  });

  test("of 16 classes the half cube in 5 dimensions is cheaper than 8 pairs; of 27 Schlaefli's in 6 dimensions than what 27 pairs' rule would cost", () => {
    const cube: SphericalCode = { K: 16, rank: 5, sees: seen(gramOf(halfCube)) };
    expect([...cube.sees].sort((a, b) => a.cosine - b.cosine)).toEqual([
      { cosine: -0.6, times: 5 },
      { cosine: 0.2, times: 10 },
    ]);
    const { S } = svd(matrix(27, 27, Float64Array.from(schlaefliGram.flat())));
    expect(S.filter((s) => s > 1e-9)).toHaveLength(6);
    for (const s of S.slice(0, 6)) expect(s).toBeCloseTo(27 / 6, 9);
    const sees = [...seen(schlaefliGram)].sort((a, b) => a.cosine - b.cosine);
    expect(sees).toEqual([
      { cosine: -0.5, times: 10 },
      { cosine: 0.25, times: 16 },
    ]);
    const schlaefli: SphericalCode = { K: 27, rank: 6, sees };
    for (const strength of [1e-8, 1e-4, 1e-3, 0.01]) {
      expect(codeValue(cube, strength).objective).toBeLessThan(codeValue(crossPolytope(16), strength).objective);
      expect(codeValue(schlaefli, strength).objective).toBeLessThan(codeValue(crossPolytope(26), strength).objective);
    }
  });

  test("an odd number of classes has no cross-polytope", () => {
    expect(() => crossPolytope(5)).toThrow("expected an even K, got 5");
  });
});
