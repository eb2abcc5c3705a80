import { expect, it } from "vitest";
import { type Random, random } from "../../src/math/random.ts";
import { type Cluster, clustersOf, type Problem, problem } from "../../src/problem/index.ts";
import { residualNorm } from "../../src/solver/certificate.ts";
import { type Column, copiesOf, withSums } from "../../src/solver/columns.ts";
import { dualValue } from "../../src/solver/dual.ts";
import { forceOfColumn, sharedNorm } from "../../src/solver/nonnegative-certificate.ts";
import { exact, isSemidefinite, one, root, times, toNumber } from "./fixed-point.ts";
import { clusterOf, judge } from "./judge.ts";

/*
 * Where sums cancel: what rounding does to the own class's residual, minus the sum of the others, can then be larger than the residual itself, and only the margins for it
 * keep a bound a bound. Answers of problems that people have show nothing of this: a margin could be 0, and no proof of theirs would be wrong.
 *
 * Label smoothing lets residuals be negative. Two clusters of `many` classes pull a column one way and the other by nearly the same, and a tiny factor keeps their rows out of
 * every norm; what is seen is the few other classes.
 */
interface Cancelling {
  p: Problem;
  clusters: readonly Cluster[];
  columns: readonly Column[];
  /** Residuals class by class, the own one minus the sum of the others exactly. */
  Y: bigint[][];
}

function cancelling(r: Random, many: number): Cancelling {
  const groups = Array.from({ length: 1 + r.integer(3) }, () => ({
    size: 1 + r.integer(3),
    factor: 10 ** (0.5 * r.normal()),
    weight: 10 ** (3 * r.normal()),
  }));
  const all = [...groups, { size: many, factor: 2 ** -60, weight: 1 }, { size: many, factor: 2 ** -60, weight: 1 }];
  const spread = (of: (g: (typeof all)[number], j: number) => number): number[] =>
    all.flatMap((g, j) => new Array<number>(g.size).fill(of(g, j)));
  const p = problem({
    counts: spread((_, j) => 1 + ((j * 7919) % 10_000)),
    lambdaZ: 0.01,
    weights: spread((g) => g.weight),
    factors: spread((g) => g.factor),
    smoothing: 0.5,
  });
  const clusters = clustersOf(p);
  const uniform = p.smoothing / p.K;
  const pair = [...clusters.keys()].filter((j) => clusters[j].size === many);
  const columns = clusters.map((_, j) => {
    const y = new Float64Array(clusters.length);
    if (!pair.includes(j)) {
      const a = uniform * (0.25 + 0.7 * r.uniform());
      clusters.forEach((_, i) => {
        if (copiesOf(clusters, i, j) > 0) y[i] = a * r.normal() * 10 ** -(10 + 8 * r.uniform());
      });
      y[pair[0]] = a;
      y[pair[1]] = -a * (1 + 2 ** -52 * r.integer(5));
    }
    return withSums(clusters, y, j, uniform);
  });
  const of = clusterOf(clusters, p.K);
  const exactly = columns.map(({ y }) => [...y].map(exact));
  const Y = p.counts.map((_, k) => {
    const y = of.map((i, row) => (row === k ? 0n : exactly[of[k]][i]));
    y[k] = -y.reduce((a, b) => a + b, 0n);
    return y;
  });
  return { p, clusters, columns, Y };
}

it("no norm is underestimated by what rounding does to sums that cancel", () => {
  const r = random(61);
  for (let i = 0; i < 300; i++) {
    const { p, clusters, columns, Y } = cancelling(r, 51);
    const of = clusterOf(clusters, p.K);
    // Columns that are not 0.
    const few = [...p.counts.keys()].filter((k) => clusters[of[k]].size < 51);
    const scale = (k: number): bigint => times(exact(p.weights?.[k] as number), root(BigInt(p.counts[k]) * one));
    const factors = p.factors?.map(exact) as bigint[];
    // Rows of the two large clusters are alike: one of each, 51 times.
    const rows = [...few, ...clusters.filter((c) => c.size === 51).map((c) => c.classes[0])];
    const C = few.map((k) => rows.map((i) => times(factors[i], Y[k][i])));
    const inner = C.map((c) =>
      C.map((d) => c.reduce((sum, x, e) => sum + BigInt(clusters[of[rows[e]]].size === 51 ? 51 : 1) * times(x, d[e]), 0n)),
    );
    const gram = inner.map((row, a) => row.map((x, b) => times(times(scale(few[a]), scale(few[b])), x)));
    const plus = gram.map((row, a) => row.map((x, b) => (a !== b && x < 0n ? 0n : x)));
    const isAtMost = (G: bigint[][], x: number): boolean =>
      isSemidefinite(G.map((row, a) => row.map((g, b) => (a === b ? times(exact(x), exact(x)) : 0n) - g)));
    expect(isAtMost(gram, residualNorm(clusters, columns).atMost)).toBe(true);
    const forces = columns.map((column, j) => forceOfColumn(clusters, column, j));
    few.forEach((k, a) => {
      const most = exact(forces[of[k]].atMost);
      expect(inner[a][a] <= times(most, most)).toBe(true);
    });
    expect(isAtMost(plus, sharedNorm(clusters, columns, forces).atMost)).toBe(true);
  }
});

it("nor a penalty on the bias", () => {
  const r = random(62);
  for (let i = 0; i < 60; i++) {
    const { p: plain, clusters, columns, Y } = cancelling(r, 13);
    // So small that the penalty is all there is.
    const p = { ...plain, lambdaB: 1e-30 };
    const tau = 0.1 + 0.9 * r.uniform();
    const found = dualValue(
      p,
      clusters,
      (j) => columns[j],
      () => tau,
    );
    const truth = judge(
      p,
      Y.map((y) => y.map((x) => times(exact(tau), x))),
    );
    expect(exact(found) <= truth, `${found} ${toNumber(truth)}`).toBe(true);
  }
});
