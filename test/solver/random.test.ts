import fc from "fast-check";
import { expect, test } from "vitest";
import { type Problem, problem } from "../../src/problem/index.ts";
import { certify, solve } from "../../src/solver/index.ts";

/**
 * Every random problem must prove itself to 1e-10. (bench/solver/random.mjs does the same for 2,000 of them with up to 60 classes.)
 */
const anyProblem: fc.Arbitrary<Problem> = fc
  .record({
    counts: fc.array(
      fc.double({ min: 0, max: 7, noNaN: true }).map((x) => Math.round(10 ** x)),
      { minLength: 1, maxLength: 14 },
    ),
    sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 14, maxLength: 14 }),
    height: fc.double({ min: 0, max: 1, noNaN: true }),
    lambdaB: fc.oneof(
      fc.constant(Number.POSITIVE_INFINITY),
      fc.double({ min: -6, max: 2, noNaN: true }).map((x) => 10 ** x),
    ),
  })
  .map(({ counts, sizes, height, lambdaB }) => {
    const all = counts.flatMap((n, j) => new Array<number>(sizes[j]).fill(n));
    if (all.length < 2) all.push(all[0]);
    const N = all.reduce((a, b) => a + b, 0);
    const top = 1.1 * Math.sqrt(Math.max(...all));
    const s = 1e-4 * (top / 1e-4) ** height;
    return problem({ counts: all, lambdaZ: s / N, lambdaB });
  });

test("every problem is solved to a relative gap of 1e-10, and obeys the cluster law and 1'Z = 0", () => {
  fc.assert(
    fc.property(anyProblem, (p) => {
      const { status, answer, reduced, relativeGap } = solve(p);
      expect(status, `gap ${relativeGap}`).toBe("certified");
      const { J, clusters, s } = reduced;
      const largest = Math.max(...answer.own.map(Math.abs), ...answer.other.map(Math.abs), 1e-300);
      for (let j = 0; j < J; j++) {
        let sum = answer.own[j] + (clusters[j].size - 1) * answer.other[j * J + j];
        for (let i = 0; i < J; i++) if (i !== j) sum += clusters[i].size * answer.other[i * J + j];
        expect(Math.abs(sum)).toBeLessThan(1e-7 * p.K * largest);
        if (clusters[j].size < 2) continue;
        // Exact law (theory, section 3): 1 - p_own + p_other = min(1, s / sqrt(n)).
        const logits = (i: number): number => answer.other[i * J + j] + answer.bias[i];
        const own = answer.own[j] + answer.bias[j];
        let weights = 1;
        for (let i = 0; i < J; i++) weights += (clusters[i].size - (i === j ? 1 : 0)) * Math.exp(logits(i) - own);
        const law = 1 - (1 - Math.exp(logits(j) - own)) / weights;
        expect(Math.abs(law - Math.min(1, s / Math.sqrt(clusters[j].count)))).toBeLessThan(1e-9);
      }
    }),
    { numRuns: 150, seed: 20231 },
  );
});

test("a certificate is not impressed by a wrong answer: the gap of a perturbed point is positive and grows", () => {
  const p = problem({ counts: [500, 500, 100, 100, 7], lambdaZ: 0.004, lambdaB: 0.02 });
  const { answer, certificate } = solve(p);
  expect(certificate.gap).toBeGreaterThanOrEqual(0);
  let previous = certificate.gap;
  for (const size of [1e-4, 1e-3, 1e-2, 1e-1]) {
    const moved = certify(p, { ...answer, own: answer.own.map((z, j) => z + (j === 0 ? size : 0)), coreFactors: undefined });
    expect(moved.gap).toBeGreaterThan(previous);
    expect(moved.dual).toBeLessThanOrEqual(certificate.objective);
    expect(moved.objective).toBeGreaterThanOrEqual(certificate.dual);
    previous = moved.gap;
  }
});

test("not reaching the tolerance is a status with the true gap, not an exception", () => {
  const p = problem({ counts: [5000, 800, 120, 30, 8, 3], lambdaZ: 1e-4, lambdaB: 0.01 });
  const solution = solve(p, { tolerance: 1e-300 });
  expect(solution.status).toBe("inaccurate");
  expect(solution.relativeGap).toBeGreaterThan(0);
  expect(solution.relativeGap).toBeLessThan(1e-11);
});
