import { describe, expect, it } from "vitest";
import { toJson } from "../../src/json.ts";
import { type Random, random } from "../../src/math/random.ts";
import { summarize } from "../../src/prediction/index.ts";
import { type Cluster, clustersOf, type ProblemInput, problem } from "../../src/problem/index.ts";
import { residualNorm } from "../../src/solver/certificate.ts";
import { type BlockAnswer, type Column, withSums } from "../../src/solver/columns.ts";
import { certify } from "../../src/solver/index.ts";
import { certifyNonnegative, forceOfColumn, sharedNorm } from "../../src/solver/nonnegative-certificate.ts";

/*
 * Values at both ends of what is allowed. Where residuals are below 1e-162 their squares are 0 in float64: a norm that is made of squares is then too small, and the bound too high.
 * The judge of rounding.test.ts has a fixed point and ends at 1e-77; here the norms are held against themselves, times a power of two, which rounds nothing.
 */
const inf = Number.POSITIVE_INFINITY;

describe("proved at the least lambdas", () => {
  it.each<[string, ProblemInput]>([
    ["nonnegative, with a bias", { counts: [50, 50, 7, 7, 7], lambdaZ: 1e-200, lambdaB: 0.1, nonnegative: true }],
    ["nonnegative, without", { counts: [50, 50, 7, 7, 7], lambdaZ: 1e-300, nonnegative: true }],
    ["free, next to no penalty on the bias", { counts: [50, 50, 7, 7, 7], lambdaZ: 1e-300, lambdaB: 1e-300 }],
    ["free, without a formula", { counts: [50, 7], lambdaZ: 1e-300, lambdaB: 1e-300 }],
  ])("%s", (_, input) => {
    const { certified, objective, dual } = summarize(problem(input));
    expect(certified).toBe(true);
    expect(dual).toBeGreaterThan(objective * (1 - 1e-10));
  });

  it("balanced classes, nonnegative, bias-free: the value of a formula", () => {
    // z = tau (e_k - p): with y the residual of another class, sqrt(n) y sqrt(K (K - 1)) = s, and the gap of the logits is log(1/y) for small y.
    const K = 4;
    const n = 9;
    for (const lambdaZ of [1e-100, 1e-170, 1e-250, 1e-300]) {
      const y = (K * n * lambdaZ) / Math.sqrt(n * K * (K - 1));
      const gap = Math.log1p(-(K - 1) * y) - Math.log(y);
      // |z| of (K - 1, -1, ..., -1) gap / K.
      const value = (K - 1) * y + K * lambdaZ * Math.sqrt(n) * gap * Math.sqrt((K - 1) / K);
      const { objective } = summarize(problem({ counts: new Array<number>(K).fill(n), lambdaZ, nonnegative: true }));
      expect(Math.abs(objective / value - 1)).toBeLessThan(1e-12);
    }
  });
});

it("a row that no class has may hold anything", () => {
  const p = problem({ counts: [4, 2, 2], lambdaZ: 0.1 });
  const answer = (z: number): BlockAnswer => ({
    other: Float64Array.of(z, -1, -1, -1),
    own: Float64Array.of(3, 2),
    bias: new Float64Array(2),
  });
  const plain = certify(p, answer(0));
  for (const z of [5, 1e4, 1e50]) {
    const { objective, dual } = certify(p, answer(z));
    expect([objective, dual]).toEqual([plain.objective, plain.dual]);
  }
});

it("norms of residuals times 2^-e are the norms times 2^-e, to the last bit or nearly", () => {
  const r = random(31);
  for (let t = 0; t < 60; t++) {
    const p = problem({ ...anyInput(r, 0.03), smoothing: 0 });
    const clusters = clustersOf(p);
    const J = clusters.length;
    const Y = clusters.map(() => Float64Array.from({ length: J }, () => r.normal()));
    const at = (unit: number): number[] => {
      const columns: Column[] = Y.map((y, j) =>
        withSums(
          clusters,
          y.map((x, i) => (i === j && clusters[j].size === 1 ? 0 : x * unit)),
          j,
          0,
        ),
      );
      const forces = columns.map((c, j) => forceOfColumn(clusters, c, j));
      return [
        ...forces.flatMap((f) => [f.value, f.atMost]),
        ...Object.values(residualNorm(clusters, columns)),
        ...Object.values(sharedNorm(clusters, columns, forces)),
      ];
    };
    const plain = at(1);
    for (const e of [300, 560, 700])
      for (const [i, x] of at(2 ** -e).entries()) expect(Math.abs((x * 2 ** e) / plain[i] - 1)).toBeLessThan(1e-14);
  }
});

/** Any problem within what is allowed, and often at its ends. `width`: 1 for remedies as wide as they can be. */
function anyInput(r: Random, width: number): ProblemInput {
  const power = (from: number, to: number): number => 10 ** (from + (to - from) * r.uniform());
  const pick = (...choices: (() => number)[]): number => choices[r.integer(choices.length)]();
  const counts: number[] = [];
  const digits = [1, 4, 9, 14][r.integer(4)];
  for (let j = 1 + r.integer(5); j > 0; j--)
    counts.push(...new Array<number>(1 + r.integer(4)).fill(Math.ceil(power(0, digits))));
  if (counts.length === 1) counts.push(counts[0]);
  const N = counts.reduce((a, b) => a + b, 0);
  const usual = (): number => (Math.sqrt(Math.max(...counts)) * power(-3, 0.3)) / N;
  const some = (value: () => number): number[] | null => (r.integer(3) === 0 ? counts.map(value) : null);
  return {
    counts,
    lambdaZ: pick(
      usual,
      usual,
      () => power(-300, -100),
      () => power(-300, 100),
      () => power(-20, 2),
    ),
    lambdaB: pick(
      () => inf,
      () => 0,
      () => power(-300, -100),
      () => power(-300, 100),
      () => power(-10, 1),
      () => power(-10, 1),
    ),
    nonnegative: r.integer(2) === 1,
    weights: some(() =>
      pick(
        () => power(-1, 1),
        () => power(-30 * width, 30 * width),
      ),
    ),
    offsets: some(() =>
      pick(
        () => 3 * r.normal(),
        () => 700 * width * (2 * r.uniform() - 1),
      ),
    ),
    factors: some(() =>
      pick(
        () => power(-0.5, 0.5),
        () => power(-8 * width, 8 * width),
      ),
    ),
    smoothing:
      r.integer(3) === 0
        ? pick(
            () => 0.5 * r.uniform() ** 3,
            () => 0.999 * power(-300, 0),
            () => 0.999999,
          )
        : 0,
  };
}

function anyAnswer(r: Random, clusters: readonly Cluster[]): BlockAnswer {
  const J = clusters.length;
  const size = (): number => [() => 0, () => 10 ** (6 * r.uniform() - 3), () => 10 ** (550 * r.uniform() - 300)][r.integer(3)]();
  const [z, b] = [size(), size()];
  return {
    other: Float64Array.from({ length: J * J }, () => z * r.normal()),
    own: Float64Array.from({ length: J }, () => z * (2 + r.normal())),
    bias: Float64Array.from({ length: J }, () => b * r.normal()),
  };
}

/** NCLAB_EXTREME: how many random problems, by default few. */
const problems = Number(process.env.NCLAB_EXTREME ?? 12);
const seed = Number(process.env.NCLAB_EXTREME_SEED ?? 7);

it("no answer, however bad, leads to a bound above the objective, to an exception or to NaN", { timeout: 0 }, () => {
  const r = random(seed);
  for (let t = 0; t < 25 * problems; t++) {
    const input = anyInput(r, 1);
    const p = problem(input);
    const answer = anyAnswer(r, clustersOf(p));
    expect(() => toJson(p.nonnegative ? certifyNonnegative(p, answer) : certify(p, answer)), toJson(input)).not.toThrow();
  }
});

it("nor does a prediction", { timeout: 0 }, () => {
  const r = random(seed + 1);
  for (let t = 0; t < problems; t++) {
    // Remedies of a size that somebody may want: over tens of decades a solve can take minutes.
    const input = anyInput(r, 0.03);
    expect(() => toJson(summarize(problem(input), { tolerance: r.integer(4) ? 1e-10 : 1e-6 })), toJson(input)).not.toThrow();
  }
});

describe("many clusters, whose steps are computed in float32", () => {
  const counts = Array.from({ length: 140 }, (_, k) => 400 - 2 * k);
  const N = counts.reduce((a, b) => a + b, 0);
  const lambdaZ = (2 * Math.sqrt(120)) / N;
  const plain = summarize(problem({ counts, lambdaZ }));

  // Weights and lambda_Z that are all times x make the objective times x, and leave Z as it is: beyond the range of float32 the steps have to do without it.
  it.each([1e60, 1e-60])("at scale %d the same answer, as well proved", (scale) => {
    const { certified, objective, blocks } = summarize(
      problem({ counts, lambdaZ: lambdaZ * scale, weights: counts.map(() => scale) }),
    );
    expect(plain.certified && certified).toBe(true);
    expect(Math.abs(objective / scale / plain.objective - 1)).toBeLessThan(2e-10);
    for (const [j, own] of blocks.own.entries()) expect(own).toBeCloseTo(plain.blocks.own[j], 3);
  });

  // From Z = 0, where nothing is predicted, to margins of 50 logits, where all probabilities but one are 1e-22: far beyond what float32 keeps of a sum with 1.
  it.each([1e-3, 1e-8, 1e-20])("at lambda_Z times %d proved to 1e-10", (share) => {
    const { certified, relativeGap } = summarize(problem({ counts, lambdaZ: lambdaZ * share, lambdaB: 1e-3 * share }));
    expect(certified).toBe(true);
    expect(relativeGap).toBeLessThanOrEqual(1e-10);
  });
});
