import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalizingOffsets, predict, summarize } from "../../src/prediction/index.ts";
import { type ProblemInput, problem } from "../../src/problem/index.ts";

/** The best offsets, against all cycles of classes one by one and against what they claim. */

/** Least mean of z_kk - z_jk over all cycles of distinct classes, by trying them all. */
function leastCycleMean(Z: readonly (readonly number[])[]): number {
  const K = Z.length;
  let least = Number.POSITIVE_INFINITY;
  const walk = (start: number, at: number, sum: number, edges: number, seen: Set<number>): void => {
    for (let next = start; next < K; next++) {
      if (next === at) continue;
      const longer = sum + Z[at][at] - Z[next][at];
      if (next === start) least = Math.min(least, longer / (edges + 1));
      else if (!seen.has(next)) walk(start, next, longer, edges + 1, new Set([...seen, next]));
    }
  };
  for (let start = 0; start < K; start++) walk(start, start, 0, 0, new Set([start]));
  return least;
}

const problems = fc.record({
  counts: fc.array(fc.constantFrom(3, 7, 20, 20, 90, 400), { minLength: 2, maxLength: 6 }),
  share: fc.double({ min: 0.02, max: 1.1, noNaN: true }),
  lambdaB: fc.constantFrom(0.001, 0.1, Number.POSITIVE_INFINITY),
  nonnegative: fc.boolean(),
});

function inputOf({
  counts,
  share,
  lambdaB,
  nonnegative,
}: {
  counts: number[];
  share: number;
  lambdaB: number;
  nonnegative: boolean;
}): ProblemInput {
  const N = counts.reduce((a, b) => a + b, 0);
  return { counts, lambdaZ: (share * Math.sqrt(Math.max(...counts))) / N, lambdaB, nonnegative };
}

describe("offsets that make the weakest class as strong as offsets can", () => {
  test("reach the least cycle mean, which nothing exceeds", () => {
    fc.assert(
      fc.property(problems, (given) => {
        const p = problem(inputOf(given));
        const { Z, b } = predict(p);
        const { margin, offsets } = equalizingOffsets(summarize(p));
        const scale = Math.max(1, ...Z.flat().map(Math.abs));
        expect(Math.abs(margin - leastCycleMean(Z))).toBeLessThan(1e-10 * scale);
        const K = p.K;
        let reached = Number.POSITIVE_INFINITY;
        for (let k = 0; k < K; k++)
          for (let j = 0; j < K; j++)
            if (j !== k) reached = Math.min(reached, Z[k][k] + b[k] + offsets[k] - Z[j][k] - b[j] - offsets[j]);
        expect(Math.abs(reached - margin)).toBeLessThan(1e-9 * scale);
        expect(Math.abs(offsets.reduce((x, y) => x + y, 0))).toBeLessThan(1e-9 * scale * K);
      }),
      { numRuns: 150, seed: 5 },
    );
  });

  test("are none at all where all classes are alike, and give merged classes nothing", () => {
    const { margin, offsets } = equalizingOffsets(summarize(problem({ counts: [50, 50, 50], lambdaZ: 0.01 })));
    expect(margin).toBeGreaterThan(1);
    for (const o of offsets) expect(o).toBe(0);
    expect(equalizingOffsets(summarize(problem({ counts: [500, 500, 10, 10], lambdaZ: 0.01, lambdaB: 0.1 }))).margin).toBe(0);
  });
});
