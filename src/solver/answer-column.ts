import type { Cluster, Problem } from "../problem/index.ts";
import { type AnswerColumn, type BlockAnswer, type Column, copiesOf } from "./columns.ts";
import { provedLoss } from "./proved-losses.ts";

const { EPSILON } = Number;

/** What both certificates read of an answer, a column of logits at a time: that of a class of cluster j. */
export function columnOf(
  problem: Problem,
  clusters: readonly Cluster[],
  { other, own, bias }: BlockAnswer,
  j: number,
): AnswerColumn {
  const J = clusters.length;
  const { smoothing, K } = problem;
  // Logits, and how far rounding can have moved each: a sum, a product and a sum.
  const logit = (i: number, z: number): number => clusters[i].factor * (z + bias[i]) + clusters[i].offset;
  const doubtOf = (i: number, v: number): number => EPSILON * (Math.abs(v - clusters[i].offset) + Math.abs(v));
  const ownLogit = logit(j, own[j]);
  const v = new Float64Array(J);
  const doubt = new Float64Array(J);
  let top = ownLogit;
  for (let i = 0; i < J; i++) {
    v[i] = logit(i, other[i * J + j]);
    doubt[i] = doubtOf(i, v[i]);
    if (copiesOf(clusters, i, j) > 0 && v[i] > top) top = v[i];
  }
  const logits = { v, doubt, own: ownLogit, ownDoubt: doubtOf(j, ownLogit), top, smoothing, K };
  return provedLoss(problem.loss).read(clusters, logits, j);
}

/** The residuals that an answer is proved by: those that came with it, or those of its columns. */
export function residualsOf(
  problem: Problem,
  clusters: readonly Cluster[],
  { residuals }: BlockAnswer,
  columns: readonly AnswerColumn[],
): readonly Column[] {
  if (!residuals) return columns;
  const J = clusters.length;
  return clusters.map((_, j) => {
    const y = Float64Array.from({ length: J }, (_, i) => (copiesOf(clusters, i, j) > 0 ? residuals.other[i * J + j] : 0));
    return provedLoss(problem.loss).column(clusters, y, -residuals.own[j], j, problem.smoothing / problem.K);
  });
}
