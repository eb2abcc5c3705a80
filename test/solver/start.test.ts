import { expect, it } from "vitest";
import { lossNamed } from "../../src/loss/index.ts";
import { columnLoss } from "../../src/loss/softmax.ts";
import { random } from "../../src/math/random.ts";
import { type Cluster, problem } from "../../src/problem/index.ts";
import { toBlocks } from "../../src/solver/balance.ts";
import { certify } from "../../src/solver/index.ts";
import { coreGradient } from "../../src/solver/new-directions.ts";
import type { Reduced } from "../../src/solver/reduced.ts";
import { start } from "../../src/solver/start.ts";

/** Equal classes, taken as clusters of these sizes as if they could be told apart. */
function split(sizes: readonly number[], count: number, s: number): { reduced: Reduced; clusters: Cluster[] } {
  let next = 0;
  const clusters = sizes.map((size) => {
    const classes = Array.from({ length: size }, () => next++);
    return { classes, size, count, weight: 1, factor: 1, offset: 0 };
  });
  const column = (of: (c: Cluster) => number): Float64Array => Float64Array.from(clusters, of);
  const reduced = {
    loss: lossNamed("cross-entropy"),
    clusters,
    J: sizes.length,
    K: next,
    N: next * count,
    s,
    biasRidge: Number.POSITIVE_INFINITY,
    smoothing: 0,
    size: column((c) => c.size),
    count: column((c) => c.count),
    weight: column((c) => c.weight),
    factor: column((c) => c.factor),
    offset: column((c) => c.offset),
  };
  return { reduced, clusters };
}

it("equal classes in clusters of any sizes: the start is the optimum already", () => {
  for (const [sizes, count, s] of [
    [[2, 3], 100, 3],
    [[1, 4, 2], 30, 0.02],
    [[5, 1, 1, 3], 7, 2.5],
  ] as [number[], number, number][]) {
    const { reduced, clusters } = split(sizes, count, s);
    const p = problem({ counts: new Array<number>(reduced.K).fill(count), lambdaZ: s / reduced.N });
    const point = start(reduced);
    expect(point.rank).toBe(sizes.length - 1);
    expect(certify(p, toBlocks(reduced, point), { clusters }).relativeGap).toBeLessThan(1e-13);
  }
});

it("the gradient in the core, by differences", () => {
  const r = random(71);
  const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => r.normal());
  const reduced = {
    ...split([2, 3, 1], 20, 1).reduced,
    count: Float64Array.of(20, 7, 3),
    weight: Float64Array.of(1, 2, 0.5),
    factor: Float64Array.of(1, 0.7, 1.4),
    offset: Float64Array.of(0, 1, -1),
    smoothing: 0.1,
  };
  const { J, size, count } = reduced;
  const point = { rank: 2, A: normal(2 * J).map((x) => 3 * x), B: normal(2 * J), alpha: Float64Array.of(1, 2, 0), c: normal(J) };
  /** With the core's entry (i, j) moved by t. */
  const loss = (i: number, j: number, t: number): number => {
    const logits = new Float64Array(J * J);
    for (let a = 0; a < J; a++)
      for (let b = 0; b < J; b++) {
        const core = point.A[2 * a] * point.B[2 * b] + point.A[2 * a + 1] * point.B[2 * b + 1] + (a === i && b === j ? t : 0);
        // Z on the block is core / sqrt(k_a n_b k_b); another class of the same cluster has alpha / k less than the mean.
        logits[a * J + b] =
          core / Math.sqrt(size[a] * count[b] * size[b]) + point.c[a] - (a === b ? point.alpha[a] / size[a] : 0);
      }
    return columnLoss(reduced, logits, point.alpha).value;
  };
  const { G } = coreGradient(reduced, point);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) {
      const h = 1e-3;
      const slope = (8 * (loss(i, j, h) - loss(i, j, -h)) - (loss(i, j, 2 * h) - loss(i, j, -2 * h))) / (12 * h);
      expect(Math.abs(G[i * J + j] - slope)).toBeLessThan(1e-8);
    }
});
