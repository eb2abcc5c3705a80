import { describe, expect, it } from "vitest";
import { clustersOf, type Problem, type ProblemInput, problem } from "../../src/problem/index.ts";
import { toBlocks } from "../../src/solver/balance.ts";
import { reduce, type Solution, solve } from "../../src/solver/index.ts";
import { freeNearby, type Nearby, nonnegativeNearby } from "../../src/solver/nearby.ts";
import { type NonnegativeSolution, solveNonnegative } from "../../src/solver/nonnegative.ts";

const counts = [500, 500, 500, 200, 120, 120, 60, 30, 12];
const base: ProblemInput = { counts, lambdaZ: 0.003, lambdaB: 0.02, convention: "paper" };
/** Weights that set every class apart and change next to nothing. */
const apart = { ...base, weights: counts.map((_, k) => 1 + 1e-10 * k) };

/** Z of all classes, from blocks. */
function whole({ clusters, blocks: { other, own } }: Nearby): number[][] {
  const J = clusters.length;
  const of = counts.map((_, k) => clusters.findIndex(({ classes }) => classes.includes(k)));
  return of.map((i, k) => of.map((j, l) => (k === l ? own[j] : other[i * J + j])));
}

const nearbyOf = (p: Problem, { answer }: Solution): Nearby => ({ clusters: clustersOf(p), blocks: answer });

function expectNear(Z: number[][], Y: number[][], digits: number): void {
  Z.forEach((row, i) => {
    row.forEach((z, j) => {
      expect(z).toBeCloseTo(Y[i][j], digits);
    });
  });
}

describe("free features: a start from a nearby answer", () => {
  const p = problem(base);
  const q = problem(apart);
  const old = nearbyOf(p, solve(p));

  it("on classes that the answer had together: Z and b as they were", () => {
    expect(clustersOf(q)).toHaveLength(counts.length);
    expect(old.clusters.length).toBeLessThan(counts.length);
    const reduced = reduce(q);
    const point = freeNearby(reduced, old);
    if (!point) throw new Error("a start is expected");
    expectNear(whole({ clusters: reduced.clusters, blocks: toBlocks(reduced, point) }), whole(old), 5);
    old.clusters.forEach(({ classes }, j) => {
      for (const k of classes) expect(point.c[k]).toBe(old.blocks.bias[j]);
    });
  });

  it("with other counts of the same groups: Z as it was, from the factors themselves", () => {
    const fine = nearbyOf(q, solve(q));
    const more = reduce(problem({ ...apart, counts: counts.map((n, k) => n + k) }));
    const point = freeNearby(more, fine);
    if (!point) throw new Error("a start is expected");
    expectNear(whole({ clusters: more.clusters, blocks: toBlocks(more, point) }), whole(fine), 10);
  });

  it("has no direction too many, and is none where one is missing", () => {
    // Eight of nine classes apart have eight directions; a tail that is gone has fewer.
    const few = problem({ ...apart, lambdaZ: 0.012 });
    const { point } = solve(few);
    expect(point.rank).toBeLessThan(counts.length - 1);
    const fine = nearbyOf(q, solve(q));
    expect(freeNearby(reduce(few), fine)?.rank).toBe(point.rank);
    expect(freeNearby(reduce(q), nearbyOf(few, solve(few)))).toBeNull();
  });

  it.each([
    ["other regularization", { lambdaZ: 0.0031 }],
    ["weights", { weights: counts.map((n) => 12 / n + 0.5) }],
    ["label smoothing", { smoothing: 0.05 }],
    ["other counts", { counts: counts.map((n) => n + 7) }],
  ])("leads to the same answer as any other start, for no more work: %s", (_, change) => {
    const changed = problem({ ...base, ...change });
    const from = freeNearby(reduce(changed), old) ?? undefined;
    expect(from).toBeDefined();
    const cold = solve(changed);
    const warm = solve(changed, { from });
    expect(warm.status).toBe("certified");
    const clusters = clustersOf(changed);
    expectNear(whole({ clusters, blocks: warm.answer }), whole({ clusters, blocks: cold.answer }), 4);
    expect(warm.products).toBeLessThanOrEqual(cold.products);
  });
});

describe("nonnegative features: a start from a nearby answer", () => {
  const p = problem({ ...base, nonnegative: true });
  const found = solveNonnegative(p);
  const nearbyTo = ({ answer, point }: NonnegativeSolution): Nearby => {
    const clusters = clustersOf(p);
    return { clusters, blocks: answer, tau: point.slice(clusters.length) };
  };

  it("bias and tau of every class", () => {
    const q = problem({ ...apart, nonnegative: true });
    const from = nonnegativeNearby(clustersOf(q), nearbyTo(found));
    const { certificate, iterations, point } = solveNonnegative(q, { from });
    expect(certificate.ufmPlus.certified).toBe(true);
    expect(iterations).toBeLessThanOrEqual(2);
    point.forEach((x, i) => {
      expect(x).toBeCloseTo(from[i], 6);
    });
  });

  it("after an answer for free features, which knows no tau: the bias alone", () => {
    const free = problem(base);
    const from = nonnegativeNearby(clustersOf(p), nearbyOf(free, solve(free)));
    expect(from.subarray(clustersOf(p).length).every((x) => x === 0)).toBe(true);
    expect(solveNonnegative(p, { from }).certificate.ufmPlus.certified).toBe(true);
  });
});
