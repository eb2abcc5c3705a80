import type { Loss } from "../problem/index.ts";
import { sameLimit, statusOf } from "./class-status.ts";
import type { PredictedClass } from "./classes.ts";
import { type Nearness, nearness } from "./nearness.ts";

/**
 * What becomes of each class where Z is any K x K matrix: answers that are not constant on blocks, such as pairs of classes. Nothing is known exactly there, so `merged` goes by distances,
 * as in a measurement (class-status.ts).
 */
export function classesOfMatrix(loss: Loss, Z: Float64Array, b: ArrayLike<number>, near: Nearness): PredictedClass[] {
  const { K, counts } = loss;
  const standings = Array.from({ length: K }, (_, k) => standing(loss, Z, b, k));
  const largestLogit = standings.reduce((most, s) => Math.max(most, s.largestLogit), 0);
  const limit = sameLimit(near.largest);
  return standings.map(({ pOwn, rival, margin }, k) => {
    const distance = near.distance[k];
    return {
      class: k,
      count: counts[k],
      pOwn,
      rival,
      margin,
      status: statusOf({ margin, distance, limit, largestLogit, twin: near.twin[k] }),
      nearest: near.nearest[k],
      distance: near.largest === 0 ? 0 : distance / near.largest,
    };
  });
}

/** What all pairs of columns of Z (K x K, rows: logits) say. */
export function nearnessOfColumns(Z: Float64Array, counts: readonly number[]): Nearness {
  const K = counts.length;
  const mean = new Float64Array(K);
  for (let i = 0; i < K; i++) for (let k = 0; k < K; k++) mean[i] += Z[i * K + k] / K;
  let reach = 0;
  for (let k = 0; k < K; k++) {
    let squares = 0;
    for (let i = 0; i < K; i++) squares += (Z[i * K + k] - mean[i]) ** 2;
    reach = Math.max(reach, Math.sqrt(squares));
  }
  const near = nearness(
    counts.map((_, k) => k),
    counts,
    reach,
    sameLimit,
  );
  for (let k = 0; k < K; k++)
    for (let l = k + 1; l < K; l++) {
      let squares = 0;
      for (let i = 0; i < K; i++) squares += (Z[i * K + k] - Z[i * K + l]) ** 2;
      near.add(k, l, squares);
    }
  return near.result();
}

/** The logits at the mean of class k, as the loss sees them: Delta o (z_k + b) + iota. */
function standing({ K, factors, offsets }: Loss, Z: Float64Array, b: ArrayLike<number>, k: number) {
  const seen = (i: number): number => (factors?.[i] ?? 1) * (Z[i * K + k] + b[i]) + (offsets?.[i] ?? 0);
  const mine = seen(k);
  let rival = k === 0 ? 1 : 0;
  let largestLogit = Math.abs(mine);
  let sum = 1;
  for (let i = 0; i < K; i++) {
    if (i === k) continue;
    const logit = seen(i);
    sum += Math.exp(logit - mine);
    largestLogit = Math.max(largestLogit, Math.abs(logit));
    if (logit > seen(rival)) rival = i;
  }
  return { pOwn: 1 / sum, rival, margin: mine - seen(rival), largestLogit };
}
