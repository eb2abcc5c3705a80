import { expect, test } from "vitest";
import { endsInLayerNorm, layerNormProblem, type ProblemInput, problem } from "../../src/problem/index.ts";

const input = (more: object = {}): ProblemInput => ({
  counts: [500, 100, 20, 5],
  weightDecay: 0.01,
  ends: "layer-norm",
  width: 256,
  ...more,
});

test("one decay for all, and decays of their own", () => {
  expect(endsInLayerNorm(input())).toBe(true);
  expect(endsInLayerNorm({ ends: "batch-norm" })).toBe(false);
  const p = layerNormProblem(input());
  expect(p).toMatchObject({
    K: 4,
    N: 625,
    width: 256,
    lambdaW: 0.01,
    lambdaNorm: 0.01,
    lambdaB: 0.01,
    weights: null,
    smoothing: 0,
  });
  expect(p.strength).toBeCloseTo(0.01 / 16, 15);
  const q = layerNormProblem(input({ normWeightDecay: 0.04, biasWeightDecay: Number.POSITIVE_INFINITY, weights: [1, 2, 3, 4] }));
  expect(q).toMatchObject({ lambdaW: 0.01, lambdaNorm: 0.04, lambdaB: Number.POSITIVE_INFINITY, weights: [1, 2, 3, 4] });
  expect(q.strength).toBeCloseTo(0.02 / 16, 15);
});

test("bad input names what, the rule and the value", () => {
  const says = (more: object, message: RegExp): void => expect(() => layerNormProblem(input(more))).toThrow(message);
  says({ ends: "batch-norm" }, /^ends: expected layer-norm, got "batch-norm"/);
  says({ width: undefined }, /^width: expected d, .*got nothing: lambda enters as/);
  says({ width: 1 }, /^width: expected a whole number of at least K\/2 = 2: .*got 1$/);
  says({ width: 2.5 }, /^width: expected a whole number of channels, below 2\^53, got 2.5$/);
  says({ width: 1e300 }, /^width: expected a whole number of channels, below 2\^53, got 1e\+300$/);
  says({ counts: [1, 1, 1, 1, 1], width: 2 }, /^width: .*K\/2 = 2.5: .*got 2$/);
  says({ weightDecay: 0 }, /^weightDecay: expected a positive finite number .*got 0/);
  says({ weightDecay: 1e-101 }, /^weightDecay: expected a number from 1e-100 to 10000000000 with layer-norm, got 1e-101/);
  says({ weightDecay: 1e11 }, /^weightDecay: .*got 100000000000/);
  says({ weightDecay: 1e-200, normWeightDecay: 1e150 }, /^weightDecay: .*got 1e-200/);
  says({ normWeightDecay: 1e150 }, /^normWeightDecay: expected a number from 1e-100 to .*got 1e\+150/);
  says({ biasWeightDecay: 1e-101 }, /^biasWeightDecay: expected 0, inf, or a number from 1e-100 .*got 1e-101/);
  says({ normWeightDecay: 0 }, /^normWeightDecay: .*got 0: where the decay spares scale and shift .*no minimum/);
  says({ branches: 2 }, /^branches: expected 1 with layer-norm.*got 2/);
  says({ nonnegative: true }, /^nonnegative: expected nothing with layer-norm, got true: .*open/);
  says({ optimizer: "adamw" }, /^optimizer: expected sgd, got adamw/);
  says({ lambdaZ: 0.1 }, /^weightDecay: expected no lambdaZ beside it, got 0.1/);
  says({ counts: [] }, /^counts/);
  says({ smoothing: 1 }, /^smoothing/);
  expect(layerNormProblem(input({ width: 2 })).width).toBe(2);
});

test("the convex model refuses it, and a width", () => {
  expect(() => problem(input())).toThrow(/^ends: .*got layer-norm: .*antipodal pairs .*predictLayerNorm/);
  expect(() => problem(input({ ends: "batch-norm" }))).toThrow(/^width: expected nothing with batch-norm: .*got 256/);
  expect(() => problem({ counts: [3, 4], lambdaZ: 0.1, width: 3 })).toThrow(/^width: expected nothing beside lambdas/);
});
