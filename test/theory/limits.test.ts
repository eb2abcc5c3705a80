import { expect, it } from "vitest";
import { etfRate, twoClusters } from "../../src/theory/index.ts";

/**
 * r and s fixed, N -> infinity: b/c, a/c, d/b -> 1 like kappa / log N. The correction to that law is again of relative order 1/log N, so at
 * N = 1e12 (log N = 27.6) the product still is tens of percent away from kappa: what is shown is that it is bounded up to there, that
 * its distance to kappa times log N stays bounded too, and that it goes on closing in as far as doubles reach.
 */
const cases: readonly (readonly [number, number, number, number, number | "decay"])[] = [
  // k_A, k_B, r, s, lambda_b
  [5, 5, 5, 2, Number.POSITIVE_INFINITY],
  [3, 7, 5, 2, 0.01],
  [2, 2, 100, 0.5, 1],
  [20, 3, 2, 10, 0.001],
  [5, 5, 5, 2, "decay"],
  [2, 4, 30, 1, "decay"],
];

/** q of a weight decay, J = 1 and one decay for all. */
const decayed = "decay";

function products(kA: number, kB: number, r: number, s: number, penalty: number | typeof decayed, N: number): number[] {
  const nB = N / (kA * r + kB);
  const lambdaB = penalty === decayed ? s / Math.sqrt(N) : penalty;
  const { a, b, c, d } = twoClusters({ kA, kB, nA: r * nB, nB, lambdaZ: s / N, lambdaB });
  return [b / c, a / c, d / b].map((ratio) => (ratio - 1) * Math.log(N));
}

it.each(cases)("k_A %i, k_B %i, r %f, s %f, lambda_b %s: |b/c - 1| log N is bounded and converges to the constant", (...p) => {
  const [kA, kB, r, , penalty] = p;
  const { bOverC, aOverC, dOverB } = etfRate(kA, kB, r, penalty === decayed ? 1 : 0);
  const kappa = [bOverC, aOverC, dOverB];
  const distance = (N: number): number[] => products(...p, N).map((value, i) => Math.abs(value - kappa[i]));
  for (const N of [1e6, 1e8, 1e10, 1e12])
    products(...p, N).forEach((value, i) => {
      expect(Math.abs(value)).toBeLessThan(2 * Math.abs(kappa[i]) + 1);
    });
  // O(1/log N) once more: between N = 1e12 and 1e300 log N grows by 25; a law with another limit would keep its distance.
  const near = distance(1e12);
  distance(1e300).forEach((far, i) => {
    expect(far).toBeLessThan(near[i] / 5);
    expect(far * Math.log(1e300)).toBeLessThan(4 * near[i] * Math.log(1e12) + 1);
  });
});

it("equal counts are the limit itself: all constants are 0", () => {
  const { bOverC, aOverC, dOverB } = etfRate(4, 6, 1);
  for (const value of [bOverC, aOverC, dOverB]) expect(Math.abs(value)).toBeLessThan(1e-12);
});
