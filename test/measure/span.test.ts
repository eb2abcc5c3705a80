import { describe, expect, test } from "vitest";
import { type Matrix, matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { addToSums, emptySums, frameOf } from "../../src/measure/index.ts";
import { eachPair } from "../../src/measure/pairs.ts";
import { squaredNormsOf } from "../../src/measure/row-sums.ts";
import { spanOf } from "../../src/measure/span.ts";
import { rowsIn } from "../../src/row-store.ts";
import { largestDeviationFromOrthonormal } from "../math/orthonormal.ts";

/** `n` orthonormal vectors of length `d`, orthogonal to those given, by Gram-Schmidt on random ones. */
function orthonormal(n: number, d: number, seed: number, first: number[][] = []): number[][] {
  const r = random(seed);
  const found = [...first];
  while (found.length < n + first.length) {
    const x = Array.from({ length: d }, () => r.normal());
    for (let twice = 0; twice < 2; twice++)
      for (const q of found) {
        const dot = q.reduce((sum, v, j) => sum + v * x[j], 0);
        for (let j = 0; j < d; j++) x[j] -= dot * q[j];
      }
    const length = Math.hypot(...x);
    found.push(x.map((v) => v / length));
  }
  return found.slice(first.length);
}

/** m x d with these singular values, rows that add up to 0. */
function planted(m: number, d: number, values: readonly number[], seed: number): Matrix {
  const ones = new Array<number>(m).fill(1 / Math.sqrt(m));
  const U = orthonormal(values.length, m, seed, [ones]);
  const V = orthonormal(values.length, d, seed + 1);
  const X = matrix(m, d);
  values.forEach((s, l) => {
    for (let i = 0; i < m; i++) for (let j = 0; j < d; j++) X.data[i * d + j] += s * U[l][i] * V[l][j];
  });
  return X;
}

describe("the span of centred means: singular values that were planted", () => {
  const ones = (n: number): number[] => new Array<number>(n).fill(1);
  test.each<[string, number, number, number[], number, number]>([
    ["full, fewer rows than columns", 8, 12, ones(7), 1e-15, 7],
    ["full, more rows than columns", 12, 8, ones(8), 1e-15, 8],
    ["two rows", 2, 5, [3], 1e-15, 1],
    ["one column", 6, 1, [3], 1e-15, 1],
    ["1e-9 of the largest counts", 10, 9, [1, 0.1, 1e-9], 1e-15, 3],
    ["1e-11 does not", 10, 9, [1, 0.1, 1e-11], 1e-15, 2],
    ["below the noise does not", 10, 9, [1, 1e-3, 1e-6], 1e-5, 2],
    ["nothing but noise", 10, 9, [1e-14], 1e-12, 0],
    ["large, full, fewer rows", 140, 150, ones(139), 1e-13, 139],
    ["large, full, more rows", 150, 140, ones(140), 1e-13, 140],
    ["large, half the rank", 140, 150, ones(70), 1e-13, 70],
    ["large, more rows, half the rank", 150, 140, ones(70), 1e-13, 70],
    ["large, below the noise", 140, 150, [...ones(30), ...ones(30).map(() => 1e-9)], 1e-6, 30],
    ["large, one value too near 0 for a quick answer", 131, 150, [...ones(40), 1e-9], 1e-15, 41],
  ])("%s", (_, m, d, values, noise, rank) => {
    const X = planted(m, d, values, 7);
    const { basis, r } = spanOf(X, noise);
    expect(r).toBe(rank);
    // Many rows that span everything need no basis.
    if (m > 128 && rank === d) expect(basis).toBeNull();
    if (basis === null) expect(r).toBe(d);
    else {
      expect(basis).toHaveLength(r * d);
      expect(largestDeviationFromOrthonormal(basis, r, d)).toBeLessThan(1e-12);
      // Every row is its own projection, but for what was left out: directions of lengths up to the noise, or far below the largest.
      const left = Math.max(noise, ...values.slice(rank)) + 1e-14;
      for (let i = 0; i < m; i++) {
        const row = X.data.subarray(i * d, i * d + d);
        const rest = Float64Array.from(row);
        for (let l = 0; l < r; l++) {
          const q = basis.subarray(l * d, l * d + d);
          const dot = row.reduce((sum, x, j) => sum + x * q[j], 0);
          for (let j = 0; j < d; j++) rest[j] -= dot * q[j];
        }
        expect(Math.hypot(...rest)).toBeLessThanOrEqual(left);
      }
    }
  });
});

test("the frame: means, their means and their coordinates, with a class that does not occur", () => {
  const [K, d] = [5, 3];
  const r = random(6);
  const labels = [0, 0, 1, 3, 4, 4, 4, 3, 1];
  const features = Float64Array.from({ length: labels.length * d }, () => 2 + r.normal());
  const sums = emptySums(K, d);
  addToSums(sums, { n: labels.length, features, labels });
  const frame = frameOf(sums);
  expect(frame).toMatchObject({ K, d, N: 9, present: [0, 1, 3, 4] });
  const of = (k: number): number[][] =>
    labels.flatMap((l, i) => (l === k ? [Array.from(features.subarray(i * d, i * d + d))] : []));
  const mean = (rows: number[][]): number[] =>
    Array.from({ length: d }, (_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  const means = frame.present.map((k) => mean(of(k)));
  const near = (x: ArrayLike<number>, y: readonly number[]): void => {
    expect(x).toHaveLength(y.length);
    y.forEach((v, j) => {
      expect(Math.abs(x[j] - v)).toBeLessThan(1e-14);
    });
  };
  const g = mean(means);
  near(frame.classMean, g);
  near(frame.sampleMean, mean([0, 1, 3, 4].flatMap(of)));
  near(frame.means, [...means.slice(0, 2), [0, 0, 0], ...means.slice(2)].flat());
  expect(Math.abs(frame.squares - features.reduce((sum, h) => sum + h * h, 0))).toBeLessThan(1e-12);
  // Four means about their mean span all three dimensions; coordinates keep every inner product.
  expect(frame.r).toBe(3);
  const coordinates = (k: number): Float64Array => frame.projected.subarray(k * frame.r, (k + 1) * frame.r);
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => Array.from(x).reduce((sum, v, j) => sum + v * y[j], 0);
  const centred = means.map((m) => m.map((v, j) => v - g[j]));
  frame.present.forEach((k, a) => {
    frame.present.forEach((l, b) => {
      expect(Math.abs(dot(coordinates(k), coordinates(l)) - dot(centred[a], centred[b]))).toBeLessThan(1e-13);
    });
    expect(Math.abs(frame.squaredNorms[k] - dot(centred[a], centred[a]))).toBeLessThan(1e-13);
  });
  near(coordinates(2), [0, 0, 0]);
  expect(frame.squaredNorms[2]).toBe(0);
});

test("pairs in a metric: products and distances are x'Gy and (x - y)'G(x - y), and progress counts up to its end", () => {
  const [n, p] = [530, 4];
  const r = random(11);
  const B = Array.from({ length: p }, () => Array.from({ length: p }, () => r.normal()));
  const G = B.map((_, i) => B.map((_, j) => B.reduce((sum, row) => sum + row[i] * row[j], 0)));
  const rows = Float64Array.from({ length: n * p }, () => r.normal());
  // Two rows that are nearly the same, and two that are.
  for (let j = 0; j < p; j++) {
    rows[3 * p + j] = rows[520 * p + j] + 1e-8 * r.normal();
    rows[4 * p + j] = rows[521 * p + j];
  }
  const images = new Float64Array(n * p);
  for (let k = 0; k < n; k++)
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) images[k * p + i] += G[i][j] * rows[k * p + j];
  // Through B, so that no difference cancels: x'Gy = Bx . By.
  const through = (x: number[]): number[] => B.map((row) => row.reduce((sum, b, j) => sum + b * x[j], 0));
  const row = (k: number): number[] => Array.from(rows.subarray(k * p, k * p + p));
  const pairs: [number, number][] = [];
  const seen: [number, number][] = [];
  eachPair(
    rowsIn(rows, n, p),
    (k, first, count, dots, squares, at) => {
      for (let e = 0; e < count; e++) {
        const l = first + e;
        if (k > 5 && l < 515 && (k + l) % 97 !== 0) continue;
        pairs.push([k, l]);
        const [x, y] = [through(row(k)), through(row(l))];
        expect(Math.abs(dots[at + e] - x.reduce((sum, v, i) => sum + v * y[i], 0))).toBeLessThan(1e-11);
        const difference = through(row(k).map((v, j) => v - row(l)[j])).reduce((sum, v) => sum + v * v, 0);
        expect(Math.abs(squares[at + e] - difference)).toBeLessThanOrEqual(1e-7 * difference);
      }
    },
    { images: rowsIn(images, n, p), progress: (done, total) => seen.push([done, total]) },
  );
  expect(pairs.length).toBeGreaterThan(1000);
  const all = (n * (n + 1)) / 2;
  expect(seen).toEqual([512 * 513 * 0.5, 512 * 513 * 0.5 + 512 * 18, all].map((done) => [done, all]));
  const norms = squaredNormsOf(rowsIn(rows, n, p), rowsIn(images, n, p));
  for (let k = 0; k < n; k++)
    expect(Math.abs(norms[k] / through(row(k)).reduce((sum, v) => sum + v * v, 0) - 1)).toBeLessThan(1e-11);
});
