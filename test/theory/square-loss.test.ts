import { describe, expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import { frobenius, matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { singularValues, svd } from "../../src/math/svd.ts";
import { problem } from "../../src/problem/index.ts";
import { squareLoss } from "../../src/theory/index.ts";

/** (1/(2N)) sum n_k w_k |z_k - e_k|^2 + lambda_Z |Z D^(1/2)|_*, of M = Z D^(1/2), from its definition. */
function objective(M: Float64Array, counts: readonly number[], w: readonly number[], lambdaZ: number): number {
  const K = counts.length;
  const N = counts.reduce((a, b) => a + b, 0);
  let loss = 0;
  for (let i = 0; i < K; i++)
    for (let k = 0; k < K; k++) {
      const z = M[i * K + k] / Math.sqrt(counts[k]);
      loss += (counts[k] * w[k] * (z - (i === k ? 1 : 0)) ** 2) / (2 * N);
    }
  return loss + lambdaZ * singularValues(matrix(K, K, M)).reduce((a, b) => a + b, 0);
}

/** Brute force: proximal gradient steps (soft thresholding of singular values) from a random start. */
function minimized(counts: readonly number[], w: readonly number[], lambdaZ: number, seed: number): Float64Array {
  const K = counts.length;
  const N = counts.reduce((a, b) => a + b, 0);
  const r = random(seed);
  let M = Float64Array.from({ length: K * K }, () => Math.sqrt(counts[0]) * r.normal());
  const step = N / Math.max(...w);
  for (let i = 0; i < 2000; i++) {
    const X = M.map((m, e) => {
      const k = e % K;
      const target = Math.floor(e / K) === k ? Math.sqrt(counts[k]) : 0;
      return m - (step * w[k] * (m - target)) / N;
    });
    const { U, S, V } = svd(matrix(K, K, X));
    M = new Float64Array(K * K);
    for (let l = 0; l < K; l++) {
      const value = Math.max(0, S[l] - step * lambdaZ);
      for (let a = 0; a < K; a++) for (let b = 0; b < K; b++) M[a * K + b] += value * U.data[a * K + l] * V.data[b * K + l];
    }
  }
  return M;
}

describe("square loss", () => {
  it.each([
    [[500, 500, 100, 20], undefined, 0.3],
    [[500, 500, 100, 20], undefined, 0.7],
    [[90, 40, 3], [1, 0.5, 4], 0.2],
    [[7, 7], [1, 3], 0.9],
  ] as const)(
    "%j, weights %j, s = %f of the largest threshold: brute force finds the same Z and objective",
    (counts, weights, part) => {
      const K = counts.length;
      const N = counts.reduce((a: number, b: number) => a + b, 0);
      const w = weights ?? counts.map(() => 1);
      const lambdaZ = (part * Math.max(...counts.map((n, k) => w[k] * Math.sqrt(n)))) / N;
      const found = squareLoss(problem({ counts: [...counts], lambdaZ, weights }));
      const brute = minimized(counts, w, lambdaZ, 3);
      const M = new Float64Array(K * K);
      for (let k = 0; k < K; k++) M[k * K + k] = found.own[k] * Math.sqrt(counts[k]);
      const difference = matrix(
        K,
        K,
        M.map((m, e) => m - brute[e]),
      );
      expect(frobenius(difference) / Math.sqrt(counts[0])).toBeLessThan(1e-9);
      expect(found.objective).toBeCloseTo(objective(M, counts, w, lambdaZ), 14);
      expect(found.objective).toBeLessThanOrEqual(objective(brute, counts, w, lambdaZ) + 1e-14);
      expect(Math.abs(found.gap)).toBeLessThan(1e-15);
      expect(found.vanished).toEqual(counts.flatMap((n, k) => (w[k] * Math.sqrt(n) <= N * lambdaZ ? [k] : [])));
    },
  );

  it("a class vanishes at its own threshold and not before", () => {
    const counts = [500, 100, 7];
    const { thresholds } = squareLoss(problem({ counts, lambdaZ: 1 }));
    thresholds.forEach((lambdaZ, k) => {
      expect(squareLoss(problem({ counts, lambdaZ: lambdaZ * (1 + 1e-12) })).vanished).toContain(k);
      expect(squareLoss(problem({ counts, lambdaZ: lambdaZ * (1 - 1e-12) })).vanished).not.toContain(k);
    });
  });

  it("refuses what it has no closed form for, naming it", () => {
    const with_ = (more: object) => () => squareLoss(problem({ counts: [5, 3], lambdaZ: 0.1, ...more }));
    expect(with_({ lambdaB: 0.1 })).toThrow(InputError);
    expect(with_({ offsets: [1, 0] })).toThrow(/^offsets: /);
    expect(with_({ factors: [1, 2] })).toThrow(/^factors: /);
    expect(with_({ smoothing: 0.1 })).toThrow(/^smoothing: /);
  });
});
