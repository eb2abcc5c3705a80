import { describe, expect, it } from "vitest";
import { firstAnswer } from "../../src/prediction/index.ts";
import { clustersOf, type ProblemInput, problem } from "../../src/problem/index.ts";
import type { BlockAnswer } from "../../src/solver/columns.ts";
import { certifyNonnegative, solveNonnegative, solveNonnegativeBinned } from "../../src/solver/index.ts";

const tolerance = 1e-4;
const J = 180;
const counts = Array.from({ length: J }, (_, k) => J + 4 - k);

/** Counts all different, with nonnegative features: own classes, some at 0, all at 0; no bias, one that costs little, one that costs much; other losses, weights and offsets. */
const cases: [string, Partial<ProblemInput>][] = [
  ["under weight decay", { lambdaZ: undefined, weightDecay: 5e-4, ends: "batch-norm-relu" }],
  ["a cheap bias", { lambdaZ: 2e-4, lambdaB: 1e-4 }],
  ["a dear bias", { lambdaZ: 2e-4, lambdaB: 1 }],
  ["no bias", { lambdaZ: 2e-4, lambdaB: Number.POSITIVE_INFINITY }],
  ["some classes at 0", { lambdaZ: 5e-4, lambdaB: 0.01 }],
  ["all classes at 0", { lambdaZ: 5e-3, lambdaB: 0.01 }],
  ["smoothed labels", { lambdaZ: 2e-4, lambdaB: 0.01, smoothing: 0.1 }],
  ["binary cross-entropy", { lambdaZ: 2e-4, lambdaB: 0.01, loss: "bce" }],
  ["the square loss", { lambdaZ: 2e-4, lambdaB: 0.01, loss: "square" }],
  ["factors of two kinds", { lambdaZ: 2e-4, lambdaB: 0.01, factors: counts.map((_, k) => (k < 90 ? 1 : 1.5)) }],
];

describe("nonnegative features, nearly equal counts taken together", () => {
  it.each(cases)("%s: proved on the true counts, and the bounds hold the exact optimum between them", (_, given) => {
    const p = problem({ counts, nonnegative: given.weightDecay === undefined ? true : undefined, ...given });
    const { bins, answer, certificate } = solveNonnegativeBinned(p, tolerance);
    expect(bins.length).toBeLessThan(J);
    const { ufmPlus } = certificate;
    expect(ufmPlus.relativeGap).toBeLessThanOrEqual(tolerance);
    const exact = solveNonnegative(p).certificate;
    const slack = 1e-10 * exact.objective;
    expect(ufmPlus.dual).toBeLessThanOrEqual(exact.objective + slack);
    expect(certificate.dual).toBeLessThanOrEqual(exact.objective + slack);
    expect(ufmPlus.objective).toBeGreaterThanOrEqual(exact.ufmPlus.dual - slack);
    // Another route: the same answer written out class by class is no bin to the certificate, which then says what it is worth: no more than was said.
    const apart = certifyNonnegative(p, ofClasses(p, bins, answer), { tolerance });
    expect(apart.objective).toBeLessThanOrEqual(ufmPlus.objective + slack);
    expect(apart.objective).toBeGreaterThanOrEqual(exact.ufmPlus.dual - slack);
  });

  it("a bias that costs nothing is not binned: the first answer is the solver's own", () => {
    const many = Array.from({ length: 410 }, (_, k) => 500 - k);
    const free = firstAnswer(problem({ counts: many, lambdaZ: 1e-3, lambdaB: 0, nonnegative: true }), { tolerance });
    expect(free.bins).toBeNull();
    expect(free.ufmPlus?.certified).toBe(true);
  });

  it("a first answer to more than 400 different counts is in bins", () => {
    const many = Array.from({ length: 410 }, (_, k) => 500 - k);
    const p = problem({ counts: many, weightDecay: 5e-4, ends: "batch-norm-relu" });
    const first = firstAnswer(p, { tolerance });
    expect(first.bins).toBeLessThan(200);
    expect(first.ufmPlus?.relativeGap).toBeLessThanOrEqual(tolerance);
    expect(first.classes.map(({ count }) => count)).toEqual(many);
    const { objective } = solveNonnegative(p, { tolerance }).certificate;
    expect(Math.abs(first.objective / objective - 1)).toBeLessThanOrEqual(tolerance);
  });
});

/** An answer on bins as one on the clusters of the problem. */
function ofClasses(
  p: ReturnType<typeof problem>,
  bins: readonly { classes: readonly number[] }[],
  binned: BlockAnswer,
): BlockAnswer {
  const clusters = clustersOf(p);
  const of = clusters.map(({ classes }) => bins.findIndex((bin) => bin.classes.includes(classes[0])));
  const B = bins.length;
  const n = clusters.length;
  const other = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) other[i * n + j] = binned.other[of[i] * B + of[j]];
  return {
    other,
    own: Float64Array.from(of, (b) => binned.own[b]),
    bias: Float64Array.from(of, (b) => binned.bias[b]),
  };
}
