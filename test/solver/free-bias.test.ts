import { describe, expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { predict } from "../../src/prediction/index.ts";
import { binnedProblem, binsOf, type Problem, type ProblemInput, problem } from "../../src/problem/index.ts";
import { certify, certifyNonnegative, solve, solveNonnegative } from "../../src/solver/index.ts";
import { balanced, balancedBlocks } from "../../src/theory/index.ts";

const inf = Number.POSITIVE_INFINITY;
const free = (input: ProblemInput): Problem => ({ ...problem({ ...input, lambdaB: 1 }), lambdaB: 0 });

describe("the certificate without a penalty on the bias", () => {
  it("balanced classes with offsets: the bias takes them up, and the closed form of no offsets is certified", () => {
    const r = random(41);
    for (let i = 0; i < 30; i++) {
      const K = 2 + r.integer(9);
      const n = Math.ceil(10 ** (5 * r.uniform()));
      const lambdaZ = (Math.sqrt(n) * 10 ** (-3 * r.uniform())) / (K * n);
      const offsets = Array.from({ length: K }, () => 3 * r.normal());
      const p = free({ counts: new Array<number>(K).fill(n), lambdaZ, offsets });
      const a = balanced(K, n, lambdaZ);
      // Each class is a cluster of its own: Z by classes.
      const other = new Float64Array(K * K).fill(-a);
      const answer = { other, own: new Float64Array(K).fill((K - 1) * a), bias: Float64Array.from(offsets, (x) => -x) };
      const { objective, relativeGap, certified } = certify(p, answer, { tolerance: 1e-12 });
      const plain = certify({ ...p, offsets: null, lambdaB: inf }, balancedBlocks(K, a));
      expect(Math.abs(objective / plain.objective - 1)).toBeLessThan(1e-13);
      expect(certified, `gap ${relativeGap}, K ${K}, n ${n}, lambda_Z ${lambdaZ}`).toBe(true);
    }
  });

  it.each([
    ["plain", { counts: [500, 500, 100, 100, 7], lambdaZ: 0.004 }],
    ["imbalance 1e5", { counts: [100_000, 3000, 1], lambdaZ: 1e-5 }],
    [
      "all remedies",
      {
        counts: [300, 300, 40, 9],
        lambdaZ: 0.006,
        weights: [1, 1, 2, 3],
        factors: [1, 1, 0.8, 1.2],
        offsets: [0, 0, 1, 2],
        smoothing: 0.1,
      },
    ],
    ["small lambda_Z", { counts: [300, 40, 9], lambdaZ: 1e-6 }],
  ])("the answers of small lambda_b close the gap: %s", (_, input) => {
    const p = free(input);
    let last = inf;
    for (const lambdaB of [1e-3, 1e-5, 1e-7, 1e-9]) {
      const { answer, certificate } = solve({ ...p, lambdaB }, { tolerance: 1e-13 });
      const found = certify(p, answer);
      // The minimum without the penalty is below that with it.
      expect(found.dual).toBeLessThanOrEqual(certificate.objective);
      expect(found.relativeGap).toBeLessThan(last);
      last = found.relativeGap;
    }
    expect(last).toBeLessThan(1e-6);
  });

  it.each([
    ["free features", { counts: [500, 500, 300, 20, 7], lambdaZ: 0.004 }],
    ["two clusters", { counts: [500, 500, 100, 100], lambdaZ: 0.005 }],
    ["a few samples", { counts: [2, 6, 6], lambdaZ: 0.1 }],
    ["remedies", { counts: [300, 300, 40], lambdaZ: 0.006, weights: [1, 1, 2], offsets: [0, 0, 1], smoothing: 0.1 }],
    ["nonnegative features", { counts: [500, 450, 400], lambdaZ: 0.004, nonnegative: true }],
  ])("any small lambda_b has a proof, and the limit's objective: %s", (_, input) => {
    const limit = predict(problem({ ...input, lambdaB: 0 }));
    for (const lambdaB of [1e-12, 1e-16, 1e-20, 1e-25, 1e-50, 1e-150, 1e-300]) {
      const found = predict(problem({ ...input, lambdaB }));
      expect(found.certified, `lambda_b ${lambdaB}, gap ${found.relativeGap}`).toBe(true);
      // The bias, of some units, costs lambda_b |b|^2/2.
      expect(Math.abs(found.objective / limit.objective - 1)).toBeLessThan(1e-10);
    }
  });

  it("an answer that balances its residuals is certified to 1e-12, with imbalance 1e5 too", () => {
    for (const input of [
      { counts: [500, 500, 100, 100, 7], lambdaZ: 0.004 },
      { counts: [100_000, 3000, 1], lambdaZ: 1e-5 },
      { counts: [5000, 500, 300, 300, 300, 40, 9], lambdaZ: 0.002 },
    ]) {
      const p = free(input);
      expect(certify(p, solve({ ...p, lambdaB: 1e-12 }, { tolerance: 1e-13 }).answer).relativeGap).toBeLessThan(1e-12);
    }
  });

  it("answers that are wrong, about the bias too, give bounds that stay below the minimum, where the bound without a bias does not", () => {
    const r = random(42);
    let above = 0;
    for (let i = 0; i < 40; i++) {
      const counts = Array.from({ length: 2 + r.integer(4) }, () => Math.ceil(10 ** (3 * r.uniform())));
      const N = counts.reduce((x, y) => x + y, 0);
      const p = free({ counts, lambdaZ: (Math.sqrt(Math.max(...counts)) * 10 ** (-2 * r.uniform())) / N });
      const best = solve({ ...p, lambdaB: 1e-8 }).answer;
      const minimum = certify(p, best).objective;
      const none = solve({ ...p, lambdaB: inf }).answer;
      for (const answer of [none, { ...best, bias: best.bias.map((b) => b + 0.1 * r.normal()) }]) {
        expect(certify(p, answer).dual).toBeLessThanOrEqual(minimum);
        if (certify({ ...p, lambdaB: inf }, none).dual > minimum) above++;
      }
    }
    expect(above).toBeGreaterThan(10);
  });

  it.each([
    ["most classes their own", 1e-3],
    ["rare classes outvoted", 3e-2],
  ])("an answer that is constant on bins loses the square of their width: %s", (_, weightDecay) => {
    const counts = Array.from({ length: 120 }, (_, k) => Math.round(20_000 * 0.005 ** (k / 119)));
    const p = problem({ counts, weightDecay, ends: "batch-norm", biasWeightDecay: 0 });
    const gaps = [1.44, 1.2].map((width) => {
      const bins = binsOf(p, width);
      const { answer } = solve(binnedProblem(p, bins));
      return certify(p, answer, { clusters: bins }).relativeGap;
    });
    expect(gaps[1]).toBeLessThan(2e-3);
    // Half the width, a quarter of the gap; a bound of first order would be halved.
    expect(gaps[0] / gaps[1]).toBeGreaterThan(2.7);
  });

  it("nonnegative features: both bounds", () => {
    const p = free({ counts: [500, 500, 100, 100, 30], lambdaZ: 0.002, nonnegative: true });
    let last = inf;
    for (const lambdaB of [1e-3, 1e-5, 1e-7]) {
      const { answer } = solveNonnegative({ ...p, lambdaB });
      const { ufmPlus, dual } = certifyNonnegative(p, answer);
      expect(dual).toBeLessThanOrEqual(ufmPlus.objective);
      expect(ufmPlus.relativeGap).toBeLessThan(last);
      last = ufmPlus.relativeGap;
    }
    expect(last).toBeLessThan(1e-5);
  });
});

it("nonnegative features, two classes, s down to 1e-9: z_0 = 0 and the bias makes it good, in closed form", () => {
  for (const [n0, n1] of [
    [2045, 1352],
    [40_000, 3],
  ])
    for (const s of [1, 1e-3, 1e-6, 1e-9]) {
      const N = n0 + n1;
      const { answer, certificate } = solveNonnegative(
        problem({ counts: [n0, n1], lambdaZ: s / N, lambdaB: 0, nonnegative: true }),
      );
      expect(certificate.ufmPlus.relativeGap, `${n0}, ${n1}, ${s}`).toBeLessThan(1e-10);
      // sqrt(2 n_1) times the error of class 1 is s, and n_0 times that of class 0 is n_1 times it.
      const error = ((n1 / n0) * s) / Math.sqrt(2 * n1);
      expect(answer.own[0]).toBe(0);
      expect(2 * answer.bias[0]).toBeCloseTo(Math.log1p(-error) - Math.log(error), 8);
    }
});

it("nonnegative features: (UFM+) is proved to 1e-10, and small lambda_b leads there", () => {
  const r = random(43);
  for (let i = 0; i < 40; i++) {
    const counts = [7, 7];
    for (let j = 1 + r.integer(4); j > 0; j--)
      counts.push(...new Array<number>(1 + r.integer(3)).fill(Math.ceil(10 ** (4 * r.uniform()))));
    const N = counts.reduce((a, b) => a + b, 0);
    const input = { counts, lambdaZ: (Math.sqrt(Math.max(...counts)) * 10 ** (-3 * r.uniform())) / N, nonnegative: true };
    const { answer, certificate } = solveNonnegative(problem({ ...input, lambdaB: 0 }));
    expect(certificate.ufmPlus.relativeGap, JSON.stringify(input)).toBeLessThan(1e-10);
    const near = solveNonnegative(problem({ ...input, lambdaB: 1e-9 / N }));
    expect(Math.abs(near.certificate.objective / certificate.objective - 1)).toBeLessThan(1e-6);
    for (const [j, b] of answer.bias.entries()) expect(Math.abs(b - near.answer.bias[j])).toBeLessThan(1e-5);
  }
});
