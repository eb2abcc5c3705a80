import { expect, test } from "vitest";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";

/** What (14.3) of docs/theory.md says of balanced classes, in the predictions that are made of it. rho = s/sqrt(n). */
const at = (loss: "square" | "bce", K: number, rho: number, lambdaB: number) => {
  const n = 400;
  const p = predict(problem({ counts: new Array<number>(K).fill(n), lambdaZ: rho / (K * Math.sqrt(n)), lambdaB, loss }));
  expect([p.method, p.certified]).toEqual(["balanced", true]);
  return p;
};

test("square loss: the mean of the logits is the bias's alone from rho = lambda_b/(1 + lambda_b) on, and rank K - 1 is left", () => {
  for (const lambdaB of [0.01, 0.5, 3]) {
    const edge = lambdaB / (1 + lambdaB);
    expect(at("square", 6, edge * (1 - 1e-6), lambdaB).rank).toBe(6);
    const { rank, b } = at("square", 6, edge * (1 + 1e-6), lambdaB);
    expect(rank).toBe(5);
    // Alone, it is the mean target, 1/K, shrunk by its ridge.
    expect(b[0]).toBeCloseTo(1 / 6 / (1 + lambdaB), 12);
    expect(at("square", 6, 1 + 1e-9, lambdaB).rank).toBe(0);
  }
});

test("binary cross-entropy without a bias: all is 0 from rho = max(1, K/2 - 1) on, until then Z lowers the mean", () => {
  for (const [K, last] of [
    [3, 1],
    [4, 1],
    [6, 2],
    [10, 4],
  ]) {
    // Above 4 classes they have merged and the mean is the last to go; of 4 both go at once, of 3 the mean goes first.
    const before = at("bce", K, last * (1 - 1e-6), Number.POSITIVE_INFINITY);
    expect(before.rank).toBe(K > 4 ? 1 : K === 4 ? 4 : 2);
    const weak = at("bce", K, 0.01, Number.POSITIVE_INFINITY);
    expect(weak.rank).toBe(K);
    expect(weak.Z[0].reduce((sum, z) => sum + z, 0)).toBeLessThan(0);
    expect(before.Z[0][1]).toBeLessThan(0);
    expect(at("bce", K, last * (1 + 1e-6), Number.POSITIVE_INFINITY).rank).toBe(0);
  }
});

test("far below the digits of a logit the closed form is proved", () => {
  for (const loss of ["square", "bce"] as const)
    for (const lambdaB of [0, 1e-6, 1, Number.POSITIVE_INFINITY]) {
      const n = 64030;
      const counts = new Array<number>(16).fill(n);
      const p = predict(problem({ counts, lambdaZ: 1e-11 / (16 * Math.sqrt(n)), lambdaB, loss }));
      expect(p.relativeGap, `${loss} ${lambdaB}`).toBeLessThan(1e-12);
    }
});
