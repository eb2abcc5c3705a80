import { describe, expect, it } from "vitest";
import { advise, predict } from "../../src/prediction/index.ts";
import { confirmed, type Situation } from "../../src/prediction/remedy.ts";
import { clustersOf, type ProblemInput, problem } from "../../src/problem/index.ts";

/*
 * A margin counts as kept within 1e-9: that is what the solution it is read off may be wrong by, and no more. Two pairs, margins
 * 1 - s/sqrt(n) by the law of clusters.
 */
const input: ProblemInput = { counts: [400, 400, 100, 100], lambdaZ: 0.006, lambdaB: 0.01, convention: "paper" };
const reached = 1 - (1000 * 0.006) / Math.sqrt(100);

function judged(margin: number): boolean {
  const now = problem(input);
  const situation: Situation = { input, now, margin, clusters: clustersOf(now), present: predict(now) };
  return confirmed(situation, "weight", [1, 1, 1, 1], input, "as it is").feasible;
}

describe("whether a remedy keeps the margin", () => {
  it("is not decided by rounding", () => {
    for (let i = -10; i <= 10; i++) expect(judged(reached + i * 1e-11)).toBe(true);
  });

  it("is decided by anything more", () => {
    expect(judged(reached + 2e-9)).toBe(false);
    expect(judged(reached + 1e-7)).toBe(false);
    expect(judged(reached - 1e-7)).toBe(true);
  });

  it("weights that reach it exactly are found feasible, not refused for their last digit", () => {
    // s = 1000 lambda_Z; w = s / ((1 - m) sqrt(100)) has two digits in all of these.
    for (const [lambdaZ, margin, weight] of [
      [0.01, 0.5, 2],
      [0.015, 0.4, 2.5],
      [0.018, 0.7, 6],
      [0.008, 0.2, 1],
    ]) {
      const { remedies } = advise({ ...input, lambdaZ }, { margin, change: ["weight"] });
      expect(remedies[0].perClass[3]).toBeCloseTo(weight, 4);
      expect(remedies[0].feasible, `${lambdaZ}, ${margin}`).toBe(true);
    }
  });
});
