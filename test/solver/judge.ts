import type { Random } from "../../src/math/random.ts";
import { type Cluster, type Problem, problem } from "../../src/problem/index.ts";
import { columnOf } from "../../src/solver/answer-column.ts";
import type { BlockAnswer } from "../../src/solver/columns.ts";
import { exact, exp, isSemidefinite, log, one, over, root, times, toNumber } from "./fixed-point.ts";

/*
 * The judge of the certificates: 77 decimal digits on the whole K x K problem, class by class. No clusters, no bins, none of the code in src/ but the random
 * numbers, and the columns of residuals, which are the float64 numbers that a certificate starts from: every such number is taken as exact.
 */
const inf = Number.POSITIVE_INFINITY;

/** A problem with any remedies, at most 7 classes, two or three of them alike. */
export function anyProblem(r: Random, lambdaZ: (counts: number[]) => number = () => 10 ** (-4 + 3 * r.uniform())): Problem {
  const counts: number[] = [];
  for (let j = 1 + r.integer(3); j > 0; j--)
    counts.push(...new Array<number>(1 + r.integer(3)).fill(Math.ceil(10 ** (4 * r.uniform()))));
  if (counts.length === 1) counts.push(counts[0]);
  // Of each class its own, or the same for all of one count, so that clusters have remedies too.
  const alike = (value: () => number): ((n: number) => number) => {
    const of = new Map(counts.map((n) => [n, value()]));
    return (n) => of.get(n) as number;
  };
  const some = (value: () => number) => (r.integer(2) ? counts.map(r.integer(2) ? alike(value) : value) : null);
  return problem({
    counts,
    lambdaZ: lambdaZ(counts),
    lambdaB: r.integer(2) ? 10 ** (-6 + 7 * r.uniform()) : inf,
    weights: some(() => 10 ** r.normal()),
    offsets: some(() => 3 * r.normal()),
    factors: some(() => 10 ** (0.3 * r.normal())),
    smoothing: r.integer(2) ? 0.5 * r.uniform() ** 3 : 0,
  });
}

/** One in three confuses the classes of a cluster with each other more than with any other: what is within a cluster is the largest then. */
export function anyAnswer(r: Random, clusters: readonly Cluster[]): BlockAnswer {
  const J = clusters.length;
  const size = 10 ** (1.5 * r.uniform() - 1);
  const apart = r.integer(3) === 0 ? 8 : 0;
  return {
    other: Float64Array.from({ length: J * J }, (_, e) => size * r.normal() + (e % (J + 1) === 0 ? apart : 0)),
    own: Float64Array.from({ length: J }, () => size * (2 + r.normal()) + apart),
    bias: Float64Array.from({ length: J }, () => r.normal()),
  };
}

export const clusterOf = (clusters: readonly Cluster[], K: number): number[] =>
  Array.from({ length: K }, (_, k) => clusters.findIndex((c) => c.classes.includes(k)));

/** Residuals as the certificate has them, class by class, column k scaled by tau_k; the own one minus the sum of the others, exactly. */
export function residuals(p: Problem, clusters: readonly Cluster[], answer: BlockAnswer, tau: (k: number) => bigint): bigint[][] {
  const of = clusterOf(clusters, p.K);
  const columns = clusters.map((_, j) => columnOf(p, clusters, answer, j));
  return p.counts.map((_, k) => {
    const y = p.counts.map((_, i) => (i === k ? 0n : times(tau(k), exact(columns[of[k]].y[of[i]]))));
    y[k] = -y.reduce((a, b) => a + b, 0n);
    return y;
  });
}

/** The dual value at these residuals, which must leave probabilities. */
export function judge(p: Problem, Y: readonly (readonly bigint[])[]): bigint {
  const K = BigInt(p.K);
  const eps = exact(p.smoothing);
  let dual = 0n;
  const v = p.counts.map(() => 0n);
  p.counts.forEach((n, k) => {
    const mass = BigInt(n) * exact(p.weights?.[k] ?? 1);
    Y[k].forEach((y, i) => {
      const q = eps / K + (i === k ? one - eps : 0n);
      const pi = q + y;
      // 2^-240 for what the judge's own roundings may take.
      if (pi < -(one >> 240n)) throw new Error(`probability ${toNumber(pi)} of class ${i} in column ${k}`);
      if (pi > 0n) dual -= times(mass, times(pi, log(pi)));
      dual += times(mass, times(y, exact(p.offsets?.[i] ?? 0)));
      v[i] += times(times(mass, exact(p.factors?.[i] ?? 1)), y);
    });
  });
  const N = BigInt(p.N);
  if (Number.isFinite(p.lambdaB)) for (const x of v) dual -= over(times(x / N, x / N), 2n * exact(p.lambdaB)) * N;
  return dual / N;
}

/** Whether |Delta Y W D^(1/2)|_2 <= bound. */
export function isWithin(p: Problem, Y: readonly (readonly bigint[])[], bound: bigint): boolean {
  const G = Y.map((y, k) => {
    const scale = times(exact(p.weights?.[k] ?? 1), root(BigInt(p.counts[k]) * one));
    return y.map((x, i) => times(scale, times(exact(p.factors?.[i] ?? 1), x)));
  });
  return isSemidefinite(
    G.map((g, k) => G.map((h, l) => (k === l ? times(bound, bound) : 0n) - g.reduce((sum, x, i) => sum + times(x, h[i]), 0n))),
  );
}

/** Cross-entropy of class k against its smoothed targets, at the answer. */
export function lossOf(p: Problem, clusters: readonly Cluster[], answer: BlockAnswer, k: number): bigint {
  const of = clusterOf(clusters, p.K);
  const J = clusters.length;
  const logits = p.counts.map((_, i) => {
    const z = exact(i === k ? answer.own[of[k]] : answer.other[of[i] * J + of[k]]) + exact(answer.bias[of[i]]);
    return times(exact(p.factors?.[i] ?? 1), z) + exact(p.offsets?.[i] ?? 0);
  });
  const top = logits.reduce((a, b) => (a > b ? a : b));
  const total = top + log(logits.reduce((sum, v) => sum + exp(v - top), 0n));
  const eps = exact(p.smoothing);
  return logits.reduce((sum, v, i) => sum + times(eps / BigInt(p.K) + (i === k ? one - eps : 0n), total - v), 0n);
}

/** The largest factor of a column of residuals that leaves probabilities. */
export function roomOf(p: Problem, y: readonly bigint[], k: number): bigint {
  const eps = exact(p.smoothing);
  return y.reduce((room, x, i) => {
    if (x >= 0n) return room;
    const most = over(eps / BigInt(p.K) + (i === k ? one - eps : 0n), -x);
    return most < room ? most : room;
  }, 1n << 512n);
}
