import { expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { branchesOf } from "../../src/measure/branches.ts";
import { alignedBranches, withinBranches } from "../../src/measure/index.ts";

const row = (...x: number[]): Float64Array => Float64Array.from(x);

test("J by balancedness: a feature h made by J branches of h/J each costs 1/J", () => {
  // lambda_W |W|^2 = lambda_bn sum over branches |h/J|^2 = lambda_bn |h|^2 / J at a minimum, the mean over samples.
  const W = Float64Array.from([1, 2, 2]);
  expect(branchesOf(W, 27, {})).toEqual({ J: expect.closeTo(3, 12), atMost: null });
  expect(branchesOf(W, 27, { normToHead: 0.5, atMost: 3 })).toEqual({ J: expect.closeTo(1.5, 12), atMost: 3 });
  expect(branchesOf(new Float64Array(3), 27, {})).toBeNull();
});

test("branches: the mean square of the sum of aligned branches over the sum of their mean squares", () => {
  // Channels of random features u of mean 0 and variance 1, h = sum_j (gamma_j u + beta_j) with gamma_j and beta_j in one proportion, so that the branches are aligned.
  const r = random(4);
  const shares = [1, 0.5, 0.2];
  const gamma = row(...Array.from({ length: 6 }, () => r.normal()));
  const beta = row(...Array.from({ length: 6 }, () => r.normal()));
  const norms = shares.map((share) => ({ scale: gamma.map((x) => share * x), shift: beta.map((x) => share * x) }));
  const n = 4000;
  const u = Array.from({ length: n }, () => r.normal());
  const mean = u.reduce((a, b) => a + b, 0) / n;
  const deviation = Math.sqrt(u.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
  let together = 0;
  for (let c = 0; c < 6; c++) for (const x of u) together += (1.7 * (gamma[c] * ((x - mean) / deviation) + beta[c])) ** 2 / n;
  const apart = 1.29 * gamma.reduce((sum, g, c) => sum + g * g + beta[c] ** 2, 0);
  expect(alignedBranches(norms)).toBeCloseTo(together / apart, 9);
  expect(alignedBranches([norms[0]])).toBeCloseTo(1, 12);
  expect(alignedBranches([norms[0], norms[0], norms[0]])).toBeCloseTo(3, 12);
  // Side by side in different channels nothing is shared.
  expect(
    alignedBranches([
      { scale: row(2, 0), shift: null },
      { scale: row(0, 5), shift: null },
    ]),
  ).toBe(1);
  // Where nothing is left of any, their number.
  const gone = { scale: row(0), shift: null };
  expect([[gone], [gone, gone]].map(alignedBranches)).toEqual([1, 2]);
});

test("in range: from 1 to the most that the sizes allow, give or take a tenth", () => {
  expect([0.89, 0.91, 1, 2.5, 2.74, 2.76].map((J) => withinBranches(J, 2.5))).toEqual([false, true, true, true, true, false]);
  expect([0.89, 0.91, 1.09, 1.11].map((J) => withinBranches(J, 1))).toEqual([false, true, true, false]);
  expect(withinBranches(1e9, Number.POSITIVE_INFINITY)).toBe(true);
});
