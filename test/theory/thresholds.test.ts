import { describe, expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { clustersOf, problem } from "../../src/problem/index.ts";
import {
  completeCollapse,
  coreBoundaries,
  majorityThresholds,
  mergeThreshold,
  ratioThreshold,
  twoClusters,
  xi,
} from "../../src/theory/index.ts";

const repeat = (k: number, n: number): number[] => new Array<number>(k).fill(n);
const inf = Number.POSITIVE_INFINITY;

describe("the four thresholds of the paper's section 4.3 (theory, section 5)", () => {
  // Decimals as printed in the theory page: half a unit of the last one is the tolerance.
  it.each([
    [5, 5, 300, 1392.8, 0.00333, 0.00745],
    [3, 7, 433.3, 3964, 0.0045, 0.0102],
  ])("k_A = %i, k_B = %i", (kA, kB, minority, complete, merge, all) => {
    const nA = majorityThresholds({ kA, kB, nB: 100, lambdaZ: 0.005 });
    expect(nA.minority).toBeCloseTo(minority, 1);
    expect(nA.complete).toBeCloseTo(complete, complete > 2000 ? 0 : 1);
    expect(ratioThreshold({ kA, kB, nB: 100, lambdaZ: 0.005 })).toBeCloseTo(minority / 100, 2);
    const p = problem({ counts: [...repeat(kA, 500), ...repeat(kB, 100)], lambdaZ: 1 });
    const [A, B] = clustersOf(p).map((c) => mergeThreshold(p, c) as number);
    expect(Math.abs(B - merge)).toBeLessThan(0.5e-4);
    expect(Math.abs(A - all)).toBeLessThan(0.5e-4);
  });
});

it("thresholds in n_A and in the ratio are where the closed-form solution changes its phase", () => {
  const r = random(11);
  let seen = 0;
  for (let i = 0; i < 200; i++) {
    const kA = 2 + r.integer(10);
    const kB = 2 + r.integer(10);
    const nB = 1 + r.integer(1000);
    const lambdaZ = 10 ** (-4 + 3 * r.uniform());
    const lambdaB = i % 2 ? 10 ** (-4 + 4 * r.uniform()) : inf;
    const phaseAt = (nA: number): string => twoClusters({ kA, kB, nA, nB, lambdaZ, lambdaB }).phase;
    const { minority, complete } = majorityThresholds({ kA, kB, nB, lambdaZ });
    // 1e-9: well above the rounding of s, far below the distance of the thresholds.
    if (minority !== null && minority > nB * 1.001) {
      expect(phaseAt(minority * (1 - 1e-9))).toBe("a");
      expect(phaseAt(minority * (1 + 1e-9))).not.toBe("a");
      seen++;
    }
    if (complete !== null && complete > nB * 1.001) {
      expect(phaseAt(complete * (1 - 1e-9))).not.toBe("d");
      expect(phaseAt(complete * (1 + 1e-9))).toBe("d");
      seen++;
    }
    if (complete === null) for (const factor of [1.001, 2, 10, 1e4]) expect(phaseAt(nB * factor)).toBe("d");
    if (minority === null) for (const factor of [1.001, 2, 10, 1e4]) expect(phaseAt(nB * factor)).not.toBe("a");
  }
  expect(seen).toBeGreaterThan(100);
});

it("xi = 0 separates (b) from (c): the closed form's phase changes there and nowhere else, and xi changes sign", () => {
  const r = random(12);
  for (let i = 0; i < 150; i++) {
    const kA = 2 + r.integer(20);
    const kB = 2 + r.integer(20);
    const nB = Math.ceil(10 ** (4 * r.uniform()));
    const nA = Math.ceil(nB * (1.01 + 10 ** (5 * r.uniform())));
    const lambdaB = i % 3 === 0 ? inf : i % 3 === 1 ? 0 : 10 ** (-6 + 8 * r.uniform());
    const at = (lambdaZ: number) => ({ kA, kB, nA, nB, lambdaZ, lambdaB });
    const found = coreBoundaries(at(0));
    // One boundary in every problem seen; several would be no error with a bias, so only the bias-free count is asserted.
    if (lambdaB === inf || lambdaB === 0) expect(found).toHaveLength(1);
    expect(found.length % 2).toBe(1);
    for (const [j, lambdaZ] of found.entries()) {
      const [below, above] = j % 2 === 0 ? ["b", "c"] : ["c", "b"];
      expect(twoClusters(at(lambdaZ * (1 - 1e-8))).phase).toBe(below);
      expect(twoClusters(at(lambdaZ * (1 + 1e-8))).phase).toBe(above);
      expect(Math.sign(xi(at(lambdaZ * (1 - 1e-8))))).toBe(below === "b" ? -1 : 1);
      expect(Math.sign(xi(at(lambdaZ * (1 + 1e-8))))).toBe(above === "b" ? -1 : 1);
    }
  }
});

it("lambda* of the paper's example, bias-free, against the equation of phase (c) at its edge", () => {
  // At xi = 0, m = 0 both descriptions of the boundary hold: (c)'s k_A log x = log[(1/rho_A - 1)(k_A + k_B x) + 1] and x = x_2(t_0).
  const [lambdaZ] = coreBoundaries({ kA: 5, kB: 5, nA: 500, nB: 100, lambdaB: inf });
  const s = 3000 * lambdaZ;
  const t = Math.sqrt((5 * 500) / (10 * s * s - 5 * 100));
  const x = 5 / ((10 * t * s) / Math.sqrt(500) - 5);
  expect(5 * Math.log(x) - Math.log((Math.sqrt(500) / s - 1) * (5 + 5 * x) + 1)).toBeCloseTo(0, 12);
});

it("a finer scan finds the same boundaries between (b) and (c)", () => {
  const r = random(14);
  for (let i = 0; i < 20; i++) {
    const nB = Math.ceil(10 ** (3 * r.uniform()));
    const p = {
      kA: 2 + r.integer(9),
      kB: 2 + r.integer(9),
      nA: nB * (2 + r.integer(50)),
      nB,
      lambdaB: 10 ** (-4 + 4 * r.uniform()),
    };
    const coarse = coreBoundaries(p, 64);
    const fine = coreBoundaries(p, 2000);
    expect(fine).toHaveLength(coarse.length);
    fine.forEach((x, j) => {
      expect(Math.abs(x / coarse[j] - 1)).toBeLessThan(1e-9);
    });
  }
});

describe("complete collapse", () => {
  it("is where the largest force of Z = 0 is s: nonnegative, class by class, remedies included", () => {
    const r = random(15);
    for (let i = 0; i < 100; i++) {
      const K = 2 + r.integer(6);
      const counts = Array.from({ length: K }, () => Math.ceil(10 ** (2 * r.uniform())));
      const list = (of: () => number): number[] | undefined => (i % 3 ? counts.map(of) : undefined);
      const p = problem({
        counts,
        lambdaZ: 1,
        lambdaB: i % 2 ? 0.1 : inf,
        // Small weights: thresholds far below 1/N.
        weights: list(() => 0.01 + 0.02 * r.uniform()),
        factors: list(() => 0.5 + r.uniform()),
        offsets: list(() => 2 * r.uniform() - 1),
        smoothing: i % 5 ? 0.2 : 0,
      });
      const { bias, clusters, nonnegative } = completeCollapse(p);
      const b = new Array<number>(K);
      clusters.forEach((c, j) => {
        for (const k of c.classes) b[k] = bias[j];
      });
      const [w, factor, offset] = [p.weights, p.factors, p.offsets].map((x, j) =>
        counts.map((_, k) => x?.[k] ?? (j < 2 ? 1 : 0)),
      );
      const e = b.map((x, k) => Math.exp(factor[k] * x + offset[k]));
      const sum = e.reduce((x, y) => x + y, 0);
      const force = counts.map(
        (n, k) =>
          w[k] *
          Math.sqrt(n) *
          Math.hypot(...e.map((x, j) => factor[j] * (x / sum - (j === k ? 1 - p.smoothing : 0) - p.smoothing / K))),
      );
      expect(Math.abs((nonnegative * p.N) / Math.max(...force) - 1)).toBeLessThan(1e-9);
    }
  });

  it.each([
    [5, 5, 0.0067, 0.00745],
    [3, 7, 0.0087, 0.0102],
  ])("%ix500 + %ix100, lambda_b = 0.02: nonnegative %f, free %f (theory, section 7)", (kA, kB, nonnegative, free) => {
    const found = completeCollapse(problem({ counts: [...repeat(kA, 500), ...repeat(kB, 100)], lambdaZ: 1, lambdaB: 0.02 }));
    // 0.00675255 is printed as 0.0067: truncated, so one unit of the last digit.
    expect(Math.abs(found.nonnegative - nonnegative)).toBeLessThan(1e-4);
    expect(Math.abs(found.free - free)).toBeLessThan(0.5e-4);
  });

  it("bias-free, nonnegative: sqrt(n_max (K-1)/K)/N", () => {
    const found = completeCollapse(problem({ counts: [700, 30, 30, 2], lambdaZ: 1 }));
    expect(found.nonnegative).toBeCloseTo(Math.sqrt((700 * 3) / 4) / 762, 14);
  });

  it("the bias solves (1/N)(sum w n q - W softmax(Delta b + iota)) = lambda_b b / Delta, remedies included, for lambda_b 0 and 1e-8 to 1e3", () => {
    const r = random(5);
    for (let i = 0; i < 100; i++) {
      const K = 2 + r.integer(8);
      const counts = Array.from({ length: K }, () => Math.ceil(10 ** (6 * r.uniform())));
      const list = (of: () => number): number[] | undefined => (i % 2 ? counts.map(of) : undefined);
      const p = problem({
        counts,
        lambdaZ: 1,
        lambdaB: i % 4 === 3 ? 0 : 10 ** (-8 + 11 * r.uniform()),
        weights: list(() => 0.1 + r.uniform()),
        factors: list(() => 0.5 + r.uniform()),
        offsets: list(() => 4 * r.uniform() - 2),
        smoothing: i % 3 === 0 ? 0.1 : 0,
      });
      const { bias, clusters } = completeCollapse(p);
      const b = new Array<number>(K);
      clusters.forEach((c, j) => {
        for (const k of c.classes) b[k] = bias[j];
      });
      const of = (values: readonly number[] | null, k: number, neutral: number): number => values?.[k] ?? neutral;
      const e = b.map((x, k) => Math.exp(of(p.factors, k, 1) * x + of(p.offsets, k, 0)));
      const sum = e.reduce((x, y) => x + y, 0);
      const mass = counts.map((n, k) => n * of(p.weights, k, 1));
      const W = mass.reduce((x, y) => x + y, 0);
      for (let k = 0; k < K; k++) {
        const force = ((1 - p.smoothing) * mass[k] + (p.smoothing * W) / K - (W * e[k]) / sum) / p.N;
        const ridge = (p.lambdaB * b[k]) / of(p.factors, k, 1);
        // Rounding of the terms: each is at most W/N.
        expect(Math.abs(force - ridge)).toBeLessThan((1e-12 * W) / p.N);
      }
    }
  });
});
