import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { random } from "../../src/math/random.ts";
import { predict } from "../../src/prediction/index.ts";
import { type Convention, clustersOf, problem } from "../../src/problem/index.ts";
import { clusterMargin, largestS, leastFactor, leastOversampling, leastWeight, mostSmoothing } from "../../src/theory/index.ts";

const spread = (sizes: number[], values: number[]): number[] => sizes.flatMap((k, j) => new Array<number>(k).fill(values[j]));
const alone = (count: number) => ({ count, weight: 1, factor: 1 });

describe("the margin law against certified solutions", () => {
  test("holds for every cluster of two or more, with every remedy at once", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 5 }), count: fc.integer({ min: 2, max: 3000 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.double({ min: 0.02, max: 1.2, noNaN: true }),
        fc.constantFrom(0.001, 0.05, Number.POSITIVE_INFINITY),
        fc.double({ min: 0.5, max: 3, noNaN: true }),
        fc.double({ min: 0.7, max: 1.5, noNaN: true }),
        fc.constantFrom(0, 0.1, 0.3),
        fc.double({ min: -2, max: 2, noNaN: true }),
        (groups, share, lambdaB, weight, factor, smoothing, offset) => {
          const sizes = groups.map((g) => g.size);
          fc.pre(sizes.reduce((x, y) => x + y, 0) >= 2);
          const counts = spread(
            sizes,
            groups.map((g) => g.count),
          );
          const N = counts.reduce((x, y) => x + y, 0);
          const s = share * Math.sqrt(Math.max(...counts));
          // The first group alone gets the weight, the factor and the offset.
          const first = (value: number, neutral: number) => counts.map((_, k) => (k < sizes[0] ? value : neutral));
          const p = problem({
            counts,
            lambdaZ: s / N,
            lambdaB,
            weights: first(weight, 1),
            factors: first(factor, 1),
            offsets: first(offset, 0),
            smoothing,
          });
          const prediction = predict(p);
          expect(prediction.certified).toBe(true);
          clustersOf(p).forEach((cluster, j) => {
            if (cluster.size >= 2) expect(prediction.clusters[j].margin).toBeCloseTo(clusterMargin(cluster, s, smoothing), 6);
          });
        },
      ),
      { numRuns: 150, seed: 4 },
    );
  });

  test("a little less than the least weight or factor, a little more than the largest s or smoothing, and the margin is missed", () => {
    const counts = spread([5, 5], [500, 100]);
    const s = 0.0036 * 3000;
    const marginOf = (input: object): number =>
      predict(problem({ counts, lambdaZ: s / 3000, lambdaB: 0.02, ...input })).clusters[1].margin as number;
    const w = leastWeight(alone(100), s, 0.3);
    expect(w).toBeCloseTo(10.8 / (0.7 * 10), 12);
    expect(marginOf({ weights: spread([5, 5], [1, w]) })).toBeCloseTo(0.3, 8);
    expect(marginOf({ weights: spread([5, 5], [1, 0.99 * w]) })).toBeLessThan(0.2999);
    const delta = leastFactor(alone(100), s, 0.3);
    expect(marginOf({ factors: spread([5, 5], [1, delta]) })).toBeCloseTo(0.3, 8);
    expect(marginOf({ factors: spread([5, 5], [1, 0.99 * delta]) })).toBeLessThan(0.2999);
    const most = largestS(alone(100), 0.3);
    expect(marginOf({ lambdaZ: most / 3000 })).toBeCloseTo(0.3, 8);
    expect(marginOf({ lambdaZ: (1.01 * most) / 3000 })).toBeLessThan(0.2999);
    const eps = mostSmoothing(alone(100), 5, 0.3);
    expect(marginOf({ lambdaZ: 5 / 3000, smoothing: eps })).toBeCloseTo(0.3, 8);
    expect(mostSmoothing(alone(100), s, 0)).toBeLessThan(0);
  });

  test("smoothing that is not given is none", () => {
    expect(clusterMargin(alone(100), 5)).toBe(clusterMargin(alone(100), 5, 0));
    expect(clusterMargin(alone(100), 5)).toBe(0.5);
    expect(leastWeight(alone(100), 5, 0.5)).toBe(1);
    expect(leastFactor(alone(100), 5, 0.5)).toBe(1);
    expect(largestS(alone(100), 0.5)).toBe(5);
  });

  test("a margin out of reach is named", () => {
    for (const margin of [-0.1, 1, 0.9, Number.NaN]) expect(() => leastWeight(alone(100), 5, margin, 0.1)).toThrow(InputError);
  });
});

describe("oversampling", () => {
  const two = (kA: number, nA: number, kB: number, nB: number) => [
    { size: kA, ...alone(nA) },
    { size: kB, ...alone(nB) },
  ];

  test("two clusters: the limit is 1/(2 sqrt(k_A k_B n_A)) where the majority's margin does not bind", () => {
    // Theory, section 6: the largest lambda_Z at which any r keeps the minority apart.
    for (const [kA, nA, kB, nB] of [
      [5, 500, 5, 100],
      [3, 5000, 7, 20],
      [2, 900, 8, 30],
    ]) {
      const N = kA * nA + kB * nB;
      const { limit } = leastOversampling(two(kA, nA, kB, nB), 1, 0, "sum");
      expect(limit / N).toBeCloseTo(1 / (2 * Math.sqrt(kA * kB * nA)), 12);
    }
  });

  test("the answer is the least: brute force over all pairs of counts", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 4, max: 30 }),
        fc.integer({ min: 2, max: 30 }),
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.constantFrom(0, 0.1, 0.4),
        fc.constantFrom("sum" as const, "mean" as const),
        (kA, kB, nA, nB, s, margin, penalty) => {
          const N = kA * nA + kB * nB;
          const works = (a: number, b: number): boolean => {
            const newN = kA * a + kB * b;
            const newS = penalty === "sum" ? (s * newN) / N : s * Math.sqrt(newN / N);
            return (1 - margin) * Math.sqrt(Math.min(a, b)) >= newS * (1 - 1e-12);
          };
          const most = 400;
          let least: [number, number] | null = null;
          for (let a = nA; a < most; a++)
            for (let b = nB; b < most; b++)
              if (works(a, b) && (!least || kA * a + kB * b < kA * least[0] + kB * least[1])) least = [a, b];
          const found = leastOversampling(two(kA, nA, kB, nB), s, margin, penalty).counts;
          if (least) expect(found).toEqual(least);
          else if (found) expect(Math.max(...found)).toBeGreaterThanOrEqual(most);
          // A margin that would fall on the last digit is a tie that either side may see.
        },
      ),
      { numRuns: 150, seed: 8 },
    );
  }, 60_000);

  test("with weights, factors, smoothing and a lone class: the least of all counts up to 60, or none where none do", () => {
    const outcomes = { found: 0, none: 0, raised: 0 };
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 3 }),
        fc.integer({ min: 2, max: 3 }),
        fc.constantFrom(0, 1),
        fc.integer({ min: 4, max: 9 }),
        fc.integer({ min: 2, max: 9 }),
        fc.constantFrom(0.5, 1, 2),
        fc.constantFrom(0.5, 1, 2),
        fc.double({ min: 0.2, max: 1.05, noNaN: true }),
        fc.constantFrom(0, 0.25),
        fc.constantFrom("sum" as const, "mean" as const),
        (kA, kB, lone, nA, nB, weight, factor, share, smoothing, penalty) => {
          const clusters = [
            { size: kA, count: nA, weight, factor: 1 },
            { size: kB, count: nB, weight: 1, factor },
            ...(lone ? [{ size: 1, count: 20, weight: 1, factor: 1 }] : []),
          ];
          const others = lone ? 20 : 0;
          const N = kA * nA + kB * nB + others;
          const margin = 0.125;
          const kept = 1 - smoothing - margin;
          const sOf = (s: number, newN: number): number => (penalty === "sum" ? (s * newN) / N : s * Math.sqrt(newN / N));
          const { limit } = leastOversampling(clusters, 1e-6, margin, penalty, smoothing);
          const s = share * limit;
          const works = (a: number, b: number): boolean => {
            const needed = sOf(s, kA * a + kB * b + others) * (1 - 1e-12);
            return kept * weight * Math.sqrt(a) >= needed && kept * factor * Math.sqrt(b) >= needed;
          };
          const most = 60;
          let least: number[] | null = null;
          for (let a = nA; a < most; a++)
            for (let b = nB; b < most; b++)
              if (works(a, b) && (!least || kA * a + kB * b < kA * least[0] + kB * least[1])) least = [a, b];
          const { counts } = leastOversampling(clusters, s, margin, penalty, smoothing);
          if (least) expect(counts).toEqual([...least, ...(lone ? [20] : [])]);
          else if (counts) expect(Math.max(counts[0], counts[1])).toBeGreaterThanOrEqual(most);
          if (counts === null) outcomes.none++;
          else outcomes.found++;
          if (least && (least[0] > nA || least[1] > nB)) outcomes.raised++;
        },
      ),
      { numRuns: 400, seed: 12 },
    );
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(20);
  });

  test("just below the limit whole counts may step over the best ones: then there are none, else the least, by search", () => {
    const r = random(5);
    const outcomes = { none: 0, raised: 0 };
    for (let i = 0; i < 600; i++) {
      const any = <T>(of: readonly T[]): T => of[r.integer(of.length)];
      const lone = r.integer(3) * (1 + r.integer(10));
      const clusters = [
        { size: 2 + r.integer(3), count: 1 + r.integer(12), weight: any([0.5, 1, 2]), factor: 1 },
        { size: 2 + r.integer(3), count: 1 + r.integer(12), weight: 1, factor: any([0.5, 1, 2]) },
        ...(lone > 0 ? [{ size: 1, count: lone, weight: any([0.1, 1]), factor: 1 }] : []),
      ];
      const penalty = any(["sum", "mean"] as const);
      const total = (a: number, b: number): number => clusters[0].size * a + clusters[1].size * b + lone;
      const N = total(clusters[0].count, clusters[1].count);
      const s = leastOversampling(clusters, 1e-6, 0.125, penalty).limit * (0.98 + 0.02 * r.uniform());
      const fits = ({ weight, factor }: { weight: number; factor: number }, n: number, needed: number): boolean =>
        0.875 * weight * factor * Math.sqrt(n) >= needed * (1 - 1e-12);
      const most = 150;
      let least: number[] | null = null;
      for (let a = clusters[0].count; a < most; a++)
        for (let b = clusters[1].count; b < most && (!least || total(a, b) < total(least[0], least[1])); b++) {
          const needed = s * (total(a, b) / N) ** (penalty === "sum" ? 1 : 0.5);
          if (fits(clusters[0], a, needed) && fits(clusters[1], b, needed)) least = [a, b];
        }
      const { counts } = leastOversampling(clusters, s, 0.125, penalty);
      if (least) expect(counts?.slice(0, 2), JSON.stringify({ clusters, penalty, s })).toEqual(least);
      else if (counts) expect(Math.max(...counts)).toBeGreaterThanOrEqual(most);
      if (counts === null) outcomes.none++;
      else if (counts.some((n, j) => n > clusters[j].count)) outcomes.raised++;
    }
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(5);
  });

  test("at the limit itself there still is an answer: 2 classes of 4, a margin of 1/2, s = 1/2 sqrt(4)", () => {
    // More samples only raise s faster than sqrt(n), so the counts that are there are the best, and they just do.
    const pair = [{ size: 2, ...alone(4) }];
    expect(leastOversampling(pair, 1, 0.5, "sum")).toEqual({ counts: [4], limit: 1 });
    expect(leastOversampling(pair, 1 + Number.EPSILON, 0.5, "sum").counts).toBeNull();
  });

  test("(s'/a)^2 may exceed a count by 4 units of the last place, which rounding makes, and by no more", () => {
    // Three classes beside one of 5 samples, a = 1/2: 9 samples each make N four times as large and s' twice, so 3/4 is the s at which 16 s^2 = 9. Above it the next whole count is 10.
    const clusters = [
      { size: 1, ...alone(5) },
      { size: 3, ...alone(1) },
    ];
    const found = [0, 1, 2, 3, 4, 5].map((units) => {
      const s = 0.75 + (units * Number.EPSILON) / 2;
      return leastOversampling(clusters, s, 0.5, "mean").counts?.[1];
    });
    // 4/3 units of 9 for each unit of s.
    expect(found).toEqual([9, 9, 9, 9, 10, 10]);
  });

  test("at the limit itself, wherever whole counts reach it: the rarer classes as often as k_A n_A / k_B says", () => {
    // With v = sqrt(n_B') the room v / (k_A n_A + k_B v^2) is largest where both terms are equal; counts below that are raised to it, in float64 too.
    let found = 0;
    for (const a of [1, 0.9, 0.7, 0.55, 0.3])
      for (let kA = 2; kA < 7; kA++)
        for (let kB = kA; kB < 12; kB++)
          for (let nA = 2; nA < 60; nA++) {
            const best = (kA * nA) / kB;
            if (!Number.isInteger(best) || best < 2 || best > nA) continue;
            const clusters = two(kA, nA, kB, 1 + Math.floor(best / 3));
            const { limit } = leastOversampling(clusters, 1e-6, 1 - a, "sum");
            const { counts } = leastOversampling(clusters, limit, 1 - a, "sum");
            expect(counts, JSON.stringify({ a, kA, kB, nA })).toEqual([nA, best]);
            found++;
          }
    expect(found).toBeGreaterThan(100);
  });

  test("certified solutions at the counts found have the margin, and at one sample less they miss it", () => {
    for (const convention of ["paper", "mean"] as Convention[]) {
      const counts = spread([5, 5], [500, 100]);
      const lambda = convention === "paper" ? 0.0036 : 0.0036 * Math.sqrt(3000);
      const at = (b: number) =>
        predict(problem({ counts: spread([5, 5], [500, b]), lambdaZ: lambda, lambdaB: 0.02, convention })).clusters.find(
          (c) => c.count === b,
        )?.margin as number;
      const s = problem({ counts, lambdaZ: lambda, convention }).lambdaZ * 3000;
      expect(s).toBeCloseTo(10.8, 10);
      const found = leastOversampling(two(5, 500, 5, 100), s, 0.1, convention === "paper" ? "sum" : "mean").counts as number[];
      expect(found[0]).toBe(500);
      expect(at(found[1])).toBeGreaterThanOrEqual(0.1 - 1e-9);
      expect(at(found[1] - 1)).toBeLessThan(0.1 - 1e-6);
    }
  });

  test("a lone class keeps its count; a limit that a mean penalty never attains is no solution", () => {
    const clusters = [
      { size: 1, ...alone(900) },
      { size: 3, ...alone(100) },
    ];
    expect(leastOversampling(clusters, 10.5, 0, "sum").counts?.[0]).toBe(900);
    const { limit } = leastOversampling(clusters, 1, 0, "mean");
    expect(limit).toBeCloseTo(Math.sqrt(1200 / 3), 10);
    expect(leastOversampling(clusters, limit, 0, "mean").counts).toBeNull();
    expect(leastOversampling(clusters, 0.99 * limit, 0, "mean").counts).not.toBeNull();
  });
});
