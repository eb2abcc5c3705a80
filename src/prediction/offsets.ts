import type { PredictionSummary } from "./predict.ts";

/**
 * Offsets on the logits after training (theory, section 11): o with
 *
 *   z_kk - z_jk + o_k - o_j >= m   for all classes k and j != k,
 *
 * a system of differences. It can be solved iff no cycle of classes has a mean of z_kk - z_jk below m, so the largest m that any offsets reach is the least
 * mean over cycles (Karp 1978), and offsets that reach it are shortest distances. They replace the bias, which is one vector of offsets among many.
 *
 * Classes of a cluster are exchangeable: one node a cluster, with a cycle of its own (two of its classes) where it has two or more.
 */
export interface Offsets {
  /** The largest least margin m that offsets reach. */
  margin: number;
  /** To be added to the logits z + b of each class, mean 0: with them every margin is at least `margin`. */
  offsets: number[];
}

/** Takes O(J^3) for J clusters. */
export function equalizingOffsets(summary: PredictionSummary): Offsets {
  const { clusters, b, problem, blocks } = summary;
  const J = clusters.length;
  // Edge j -> i: how far o_i may lie above o_j.
  const D = new Float64Array(J * J).fill(Number.POSITIVE_INFINITY);
  for (let j = 0; j < J; j++)
    for (let i = 0; i < J; i++) if (i !== j || clusters[j].size > 1) D[j * J + i] = blocks.own[j] - blocks.other[i][j];
  const margin = leastCycleMean(D, J);
  const o = shortestDistances(D, J, margin);
  const offsets = new Array<number>(problem.K);
  clusters.forEach(({ classes }, j) => {
    for (const k of classes) offsets[k] = o[j] - b[k];
  });
  const mean = offsets.reduce((sum, x) => sum + x, 0) / problem.K;
  return { margin, offsets: offsets.map((x) => x - mean) };
}

/** Karp: min over nodes of max over n of (d_J - d_n) / (J - n), d_n the shortest walk of n edges from anywhere. */
function leastCycleMean(D: Float64Array, J: number): number {
  const walks = [new Float64Array(J)];
  for (let n = 1; n <= J; n++) {
    const before = walks[n - 1];
    const now = new Float64Array(J).fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < J; j++)
      for (let i = 0; i < J; i++) {
        const length = before[j] + D[j * J + i];
        if (length < now[i]) now[i] = length;
      }
    walks.push(now);
  }
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < J; i++) {
    if (!Number.isFinite(walks[J][i])) continue;
    let most = Number.NEGATIVE_INFINITY;
    for (let n = 0; n < J; n++) if (Number.isFinite(walks[n][i])) most = Math.max(most, (walks[J][i] - walks[n][i]) / (J - n));
    least = Math.min(least, most);
  }
  return least;
}

/** Bellman and Ford on D - m, which has no negative cycle but for rounding. */
function shortestDistances(D: Float64Array, J: number, m: number): Float64Array {
  const o = new Float64Array(J);
  let scale = Math.abs(m);
  for (const x of D) if (Number.isFinite(x)) scale = Math.max(scale, Math.abs(x));
  const noise = 1e-13 * scale;
  for (let round = 0; round < J; round++) {
    let moved = false;
    for (let j = 0; j < J; j++)
      for (let i = 0; i < J; i++) {
        if (i === j) continue;
        const bound = o[j] + D[j * J + i] - m;
        if (bound < o[i] - noise) {
          o[i] = bound;
          moved = true;
        }
      }
    if (!moved) break;
  }
  return o;
}
