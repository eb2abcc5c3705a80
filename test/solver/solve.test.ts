import { describe, expect, it } from "vitest";
import { matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { singularValues } from "../../src/math/svd.ts";
import { clustersOf, problem } from "../../src/problem/index.ts";
import { solveBinned } from "../../src/solver/binned.ts";
import { solve } from "../../src/solver/index.ts";

/** What a solve costs is counted in Hessian-vector products, the same on every machine. */
describe("no work for nothing", () => {
  it("an answer that is proved in the first round asks for no other", () => {
    for (const tolerance of [1e-6, 1e-10]) {
      const p = problem({ counts: [900, 400, 150, 60, 20, 5], lambdaZ: 0.001, lambdaB: 0.02 });
      const { status, products } = solve(p, { tolerance });
      expect(status).toBe("certified");
      expect(products).toBe(solve(p, { tolerance, maxRounds: 1 }).products);
    }
  });

  it("counts so far apart that each is its own bin: the answer and the cost are those without bins", () => {
    const p = problem({ counts: [900, 300, 90, 20, 4], lambdaZ: 0.001, lambdaB: 0.02 });
    const tolerance = 1e-6;
    const { bins, answer, products, status } = solveBinned(p, tolerance);
    expect(bins).toHaveLength(clustersOf(p).length);
    expect(status).toBe("certified");
    const plain = solve(p, { tolerance });
    expect(answer).toEqual(plain.answer);
    expect(products).toBe(plain.products);
  });
});

describe("more clusters than are polished", () => {
  const J = 129;
  const counts = Array.from({ length: J }, (_, k) => J + 1 - k + Math.ceil(30_000 * 10 ** ((-4 * k) / (J - 1))));
  const N = counts.reduce((a, b) => a + b, 0);

  it("the rounds alone close the gap, where the first at full accuracy does not", () => {
    const r = random(40);
    const p = problem({
      counts,
      lambdaZ: (0.05 * Math.sqrt(counts[0])) / N,
      lambdaB: 0.02,
      weights: counts.map(() => 10 ** (0.5 * r.normal())),
      offsets: counts.map(() => 3 * r.normal()),
      factors: counts.map(() => 10 ** (0.2 * r.normal())),
    });
    // The first round is a rough one.
    expect(solve(p, { maxRounds: 2 }).status).toBe("inaccurate");
    expect(solve(p).status).toBe("certified");
  });

  it("singular values are those of the core", () => {
    const { point, coreSingularValues, status } = solve(problem({ counts, lambdaZ: (0.2 * Math.sqrt(counts[0])) / N }));
    expect(status).toBe("certified");
    expect(coreSingularValues).toHaveLength(point.rank);
    const { A, B, rank } = point;
    const core = matrix(J, J);
    for (let i = 0; i < J; i++)
      for (let j = 0; j < J; j++) for (let l = 0; l < rank; l++) core.data[i * J + j] += A[i * rank + l] * B[j * rank + l];
    const values = singularValues(core);
    // The eigenvalues of (A'A + B'B)/2, which are those values at a stationary point only.
    coreSingularValues.forEach((x, l) => {
      expect(Math.abs(x - values[l])).toBeLessThan(1e-5 * values[0]);
    });
  });
});
