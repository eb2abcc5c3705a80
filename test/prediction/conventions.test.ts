import { expect, test } from "vitest";
import { answer } from "../../src/prediction/answer.ts";
import { predict } from "../../src/prediction/index.ts";
import { whyNotProved } from "../../src/prediction/reason.ts";
import { clustersOf, problem } from "../../src/problem/index.ts";
import { phase } from "../../src/theory/index.ts";

/** At equality the side of less structure, everywhere: a cluster merges iff n <= s^2 (theory, section 3), a class vanishes iff its force is at most s. */
test("at s = sqrt(n_B) the minority is one vector, and phase, clusters, rank and Z say so", () => {
  // N lambda_Z = 1000 * 0.01 = 10 = sqrt(100), exactly in float64.
  const p = predict(problem({ counts: [400, 400, 100, 100], lambdaZ: 0.01 }));
  expect(p.criticalCount).toBe(100);
  expect(p.clusters[1].merged).toBe(true);
  expect(p.phase).toBe("b");
  expect(phase({ kA: 2, nA: 400, kB: 2, nB: 100, lambdaZ: 0.01, lambdaB: Number.POSITIVE_INFINITY })).toBe("b");
  expect(p.Z.map((row) => row[2])).toEqual(p.Z.map((row) => row[3]));
  // One singular value within A, one of the core: the third, within B, is 0.
  expect(p.rank).toBe(2);
  expect(p.singularValues.slice(2)).toEqual([0, 0]);
  expect(p.certified).toBe(true);
});

test("at s = sqrt(n_A) all is 0, and everything says so", () => {
  const p = predict(problem({ counts: [400, 400, 100, 100], lambdaZ: 0.02 }));
  expect(p.phase).toBe("d");
  expect(p.rank).toBe(0);
  expect(p.vanished).toEqual([0, 1, 2, 3]);
  expect(p.clusters.map((c) => c.merged)).toEqual([true, true]);
});

test("an answer that is not proved says why", () => {
  const counts = [5000, 800, 120, 30, 8, 3];
  const asked = predict(problem({ counts, lambdaZ: 1e-4, lambdaB: 0.01 }), { tolerance: 1e-300 });
  expect(asked.certified).toBe(false);
  expect(asked.reason).toMatch(/float64/);
  // Theory, section 7: 500/100 with a bias that costs next to nothing.
  const shared = predict(
    problem({
      counts: [...new Array<number>(5).fill(500), ...new Array<number>(5).fill(100)],
      lambdaZ: 0.0027,
      lambdaB: 0.001,
      nonnegative: true,
    }),
  );
  expect(shared.certified).toBe(false);
  expect(shared.ufmPlus?.certified).toBe(true);
  expect(shared.reason).toMatch(/share directions might do better, by at most [\d.e-]+ % of the objective/);
  expect(predict(problem({ counts, lambdaZ: 1e-4, lambdaB: 0.01 })).reason).toBeNull();
});

test("where no proof came, the sentence says what stopped Newton's method", () => {
  const p = problem({ counts: [40, 30, 8], lambdaZ: 0.01 });
  const found = answer(p, clustersOf(p), { tolerance: 1e-10 });
  const unproved = { ...found, proof: { ...found.proof, certified: false } };
  const said = (["gradient", "rounding", "radius", "limit"] as const).map((stopped) =>
    whyNotProved({ ...unproved, stopped }, 1e-10),
  );
  for (const [i, words] of [/gradient/, /rounding/, /no step lowered/, /limit/].entries()) expect(said[i]).toMatch(words);
  expect(new Set(said).size).toBe(4);
  expect(whyNotProved(found, 1e-10)).toBeNull();
});

test("a class beside the threshold at which it vanishes is there below it and gone above", () => {
  const at = (lambdaZ: number) =>
    predict(problem({ counts: [2, 5603, 67312, 153253, 10, 291405, 5], lambdaB: 0.10195302, lambdaZ, nonnegative: true }));
  expect(at(2.53166e-6 * (1 - 1e-5)).vanished).toEqual([]);
  expect(at(2.53166e-6 * (1 + 1e-5)).vanished).toEqual([0]);
});
