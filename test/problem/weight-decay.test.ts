import { expect, test } from "vitest";
import { type ProblemInput, problem, withLambdaZ } from "../../src/problem/index.ts";
import { completeCollapse } from "../../src/theory/index.ts";

/** Theory, section 9.1: the lambdas of a weight decay, by hand, and what is refused with which reason. */
const counts = [500, 500, 100, 100];
const N = 1200;
const decay = (more: Partial<ProblemInput> = {}): ProblemInput => ({ counts, weightDecay: 0.1, ends: "batch-norm", ...more });

test("one decay for all: lambda_W = lambda_b = X, lambda_H = X / N, critical count N X^2", () => {
  const p = problem(decay());
  expect(p).toMatchObject({ lambdaW: 0.1, lambdaB: 0.1, weightDecay: 0.1, ends: "batch-norm", branches: 1, nonnegative: false });
  expect(p.lambdaH).toBeCloseTo(0.1 / N, 15);
  expect((p.N * p.lambdaZ) ** 2).toBeCloseTo(N * 0.01, 10);
});

test("decays of their own: the normalization's over J N, the bias's as it is, 0 and none among them", () => {
  const p = problem(decay({ normWeightDecay: 0.3, biasWeightDecay: 0, branches: 2.5 }));
  expect(p.lambdaH).toBeCloseTo(0.3 / (2.5 * N), 15);
  expect(p.lambdaZ).toBeCloseTo(Math.sqrt((0.1 * 0.3) / (2.5 * N)), 15);
  expect(p.lambdaB).toBe(0);
  expect(problem(decay({ biasWeightDecay: Number.POSITIVE_INFINITY })).lambdaB).toBe(Number.POSITIVE_INFINITY);
});

test("a ReLU after the normalization means nonnegative features", () => {
  expect(problem(decay({ ends: "batch-norm-relu" })).nonnegative).toBe(true);
  expect(() => problem(decay({ nonnegative: true }))).toThrow(/nonnegative: expected batch-norm-relu/);
});

test("lambdas given are no weight decay", () => {
  expect(problem({ counts, lambdaZ: 0.01 })).toMatchObject({ weightDecay: null, ends: null, branches: null });
});

test("another lambda_Z is another decay: every lambda goes with it", () => {
  const p = problem(decay({ normWeightDecay: 0.3, biasWeightDecay: 0.05 }));
  const q = problem(decay({ weightDecay: 0.2, normWeightDecay: 0.6, biasWeightDecay: 0.1 }));
  const moved = withLambdaZ(p, 2 * p.lambdaZ);
  for (const key of ["lambdaZ", "lambdaW", "lambdaH", "lambdaB", "weightDecay"] as const)
    expect((moved[key] as number) / (q[key] as number)).toBeCloseTo(1, 14);
});

test("complete collapse along a weight decay is where the threshold at that decay's own bias penalty is the decay", () => {
  const found = completeCollapse(problem(decay({ counts: [500, 300, 20, 20] })));
  for (const kind of ["free", "nonnegative"] as const) {
    const total = 840;
    const X = found[kind] * Math.sqrt(total);
    const there = problem({ counts: [500, 300, 20, 20], lambdaW: X, lambdaH: X / total, lambdaB: X });
    expect(completeCollapse(there)[kind] / found[kind]).toBeCloseTo(1, 12);
  }
});

test("what is not covered is refused with why and what to do instead", () => {
  const says = (more: Record<string, unknown>, message: RegExp): void =>
    expect(() => problem({ ...decay(), ...more } as ProblemInput)).toThrow(message);
  says({ ends: undefined }, /^ends: expected batch-norm or batch-norm-relu .*got nothing: what stands before the head decides/);
  says({ ends: "none" }, /^ends: .*got none: without a normalization .*feature penalty/);
  says({ ends: "layer-norm" }, /^ends: .*got layer-norm: .*antipodal/);
  says({ ends: "instance-norm" }, /^ends: .*got "instance-norm"/);
  says({ optimizer: "adamw" }, /^optimizer: expected sgd, got adamw: .*decoupled.*SGD/);
  says({ weightDecay: 0 }, /^weightDecay: expected a positive finite number .*got 0/);
  says({ weightDecay: undefined }, /^weightDecay: expected a value .*got nothing/);
  says({ branches: 0.5 }, /^branches: expected a number J of at least 1.*got 0.5/);
  says({ branches: Number.NaN }, /^branches/);
  says({ normWeightDecay: 0 }, /^normWeightDecay: .*got 0: .*lambda_H = 0 and there is no minimum/);
  says({ normWeightDecay: -1 }, /^normWeightDecay: expected a positive finite number, got -1/);
  says({ biasWeightDecay: -1 }, /^biasWeightDecay: .*got -1/);
  for (const name of ["lambdaZ", "lambdaW", "lambdaH", "lambdaB"])
    says({ [name]: 0.1 }, new RegExp(`^weightDecay: expected no ${name} beside it, got 0.1`));
  says({ convention: "mean" }, /^weightDecay: expected no convention beside it, got mean/);
});
