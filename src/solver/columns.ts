import { Sum } from "../math/sum.ts";
import type { Cluster, Problem } from "../problem/index.ts";

/**
 * What both certificates read of an answer, a column of the softmax at a time. This is the certificates' own arithmetic: it shares nothing with
 * the solver's (softmax.ts), so that a mistake there cannot prove itself here.
 *
 * The residuals y = p - q are a point of the dual problem, not measurements: whatever float64 numbers come out of exp are taken as they are, so
 * their rounding costs a little of the bound and never its validity. Only the own class's residual is not stored: it is minus the sum of the others,
 * known to EPSILON `turnover`.
 */
export interface BlockAnswer {
  /** z of a row in cluster i, column in cluster j, other than the class itself: J x J, row-major. */
  other: Float64Array;
  /** z_kk for k in cluster j. */
  own: Float64Array;
  /** b on each cluster. */
  bias: Float64Array;
  /** Factors of the core, M = A B' (J x r each): a cheap proof of an upper bound of |M|_*. Without them M is decomposed. */
  factors?: { A: Float64Array; B: Float64Array; rank: number };
}

/** The residuals of a class of a cluster. */
export interface Column {
  /** Residual of one class of each cluster; of the own cluster, that of another class (0 where there is none). */
  y: Float64Array;
  /** Minus the residual of the own class: the sum of all the others. */
  away: number;
  /** Its share outside the own cluster. */
  outside: number;
  /** Sum of |y| + eps/K over the other classes: the scale of the rounding in the sums above. */
  turnover: number;
}

/** A column of an answer. */
export interface AnswerColumn extends Column {
  /** Cross-entropy against the smoothed targets. */
  loss: number;
  /** How far rounding can have moved `loss`. */
  lossError: number;
}

const { EPSILON } = Number;

/** The column of a class of cluster j. */
export function columnOf(
  problem: Problem,
  clusters: readonly Cluster[],
  { other, own, bias }: BlockAnswer,
  j: number,
): AnswerColumn {
  const J = clusters.length;
  const { smoothing: eps } = problem;
  const uniform = eps / problem.K;
  // Logits, and how far rounding can have moved each: a sum, a product and a sum.
  const logit = (i: number, z: number): number => clusters[i].factor * (z + bias[i]) + clusters[i].offset;
  const doubt = (i: number, v: number): number => EPSILON * (Math.abs(v - clusters[i].offset) + Math.abs(v));
  const ownLogit = logit(j, own[j]);
  const ownDoubt = doubt(j, ownLogit);
  const v = new Float64Array(J);
  let top = ownLogit;
  for (let i = 0; i < J; i++) {
    v[i] = logit(i, other[i * J + j]);
    if (copiesOf(clusters, i, j) > 0 && v[i] > top) top = v[i];
  }
  const e = new Float64Array(J);
  const rest = new Sum();
  for (let i = 0; i < J; i++) {
    const copies = copiesOf(clusters, i, j);
    // A row that no class has may have any logit, one far above `top` too.
    if (copies === 0) continue;
    e[i] = Math.exp(v[i] - top);
    rest.add(copies * e[i]);
  }
  const total = rest.value + Math.exp(ownLogit - top);

  const y = new Float64Array(J);
  const linear = new Sum();
  let error = 0;
  for (let i = 0; i < J; i++) {
    const copies = copiesOf(clusters, i, j);
    if (copies === 0) continue;
    const p = e[i] / total;
    y[i] = p - uniform;
    // d loss = sum of (p - q) d(v_i - v_own); exp adds its own rounding and that of its argument.
    const moved = doubt(i, v[i]) + ownDoubt + EPSILON * Math.abs(v[i] - ownLogit);
    error += copies * (p * (moved + EPSILON * (3 + Math.abs(v[i] - top) + Math.abs(ownLogit - top))) + uniform * moved);
    if (eps > 0) linear.add(uniform * copies * (ownLogit - v[i]));
  }
  // log sum exp - own logit, accurate also where the own class has nearly everything.
  const plain = ownLogit === top ? Math.log1p(rest.value) : Math.log(total) + (top - ownLogit);
  return {
    loss: plain + linear.value,
    lossError: error + 2 * EPSILON * (plain + linear.absolute),
    ...withSums(clusters, y, j, uniform),
  };
}

/** Residuals of a class of cluster j with their sums. `uniform`: eps/K. */
export function withSums(clusters: readonly Cluster[], y: Float64Array, j: number, uniform: number): Column {
  const away = new Sum();
  const outside = new Sum();
  let turnover = 0;
  for (let i = 0; i < y.length; i++) {
    const copies = copiesOf(clusters, i, j);
    away.add(copies * y[i]);
    if (i !== j) outside.add(copies * y[i]);
    turnover += copies * (Math.abs(y[i]) + uniform);
  }
  return { y, away: away.value, outside: outside.value, turnover };
}

/** How many classes of cluster i a class of cluster j meets, itself left out. */
export function copiesOf(clusters: readonly Cluster[], i: number, j: number): number {
  return i === j ? clusters[i].size - 1 : clusters[i].size;
}
