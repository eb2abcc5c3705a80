import { Sum } from "../math/index.ts";
import type { Cluster } from "../problem/index.ts";

/** An answer by blocks: what solver, closed forms and certificates pass on. */
export interface BlockAnswer {
  /** z of a row in cluster i, column in cluster j, other than the class itself: J x J, row-major. */
  other: Float64Array;
  /** z_kk for k in cluster j. */
  own: Float64Array;
  /** b on each cluster. */
  bias: Float64Array;
  /** Factors of the core, M = A B' (J x r each): a cheap proof of an upper bound of |M|_*. Without them M is decomposed. */
  coreFactors?: { A: Float64Array; B: Float64Array; rank: number };
  /** Residuals to prove the answer by in place of its own, in the same blocks: any are a point of the dual. A closed form has them to full precision where its Z is near its targets. */
  residuals?: { other: Float64Array; own: Float64Array };
}

/**
 * The residuals of a class of a cluster: what the certificates read of an answer. They are a point of the dual problem, not measurements: whatever float64 numbers a loss makes are
 * taken as they are, so their rounding costs a little of the bound and never its validity.
 */
export interface Column {
  /** Residual of one class of each cluster; of the own cluster, that of another class (0 where there is none). */
  y: Float64Array;
  /** Minus the residual of the own class: of a softmax the sum of all the others. */
  away: number;
  /** Minus the residuals of the own cluster together: `away` without what its other classes have. */
  outside: number;
  /** Scale of the rounding in the two above. */
  turnover: number;
}

/** A column of an answer. */
export interface AnswerColumn extends Column {
  /** Its loss against the smoothed targets. */
  loss: number;
  /** How far rounding can have moved `loss`. */
  lossError: number;
}

/** Residuals that sum to 0, of a class of cluster j: the own class's is minus the sum of the others, known to EPSILON `turnover`. `uniform`: eps/K. */
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

/** Residuals with that of the own class, -`away`, beside them: each a number of its own, whatever the targets are. */
export function withOwn(clusters: readonly Cluster[], y: Float64Array, away: number, j: number): Column {
  const copies = copiesOf(clusters, j, j);
  return { y, away, outside: away - copies * y[j], turnover: Math.abs(away) + (copies + 1) * Math.abs(y[j]) };
}

/** How many classes of cluster i a class of cluster j meets, itself left out. */
export function copiesOf(clusters: readonly Cluster[], i: number, j: number): number {
  return i === j ? clusters[i].size - 1 : clusters[i].size;
}
