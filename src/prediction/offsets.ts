/**
 * Offsets on the logits after training (theory, section 11): o with
 *
 *   z_kk - z_jk + o_k - o_j >= m   for all classes k and j != k,
 *
 * a system of differences. It can be solved iff no cycle of classes has a mean of z_kk - z_jk below m, so the largest m that any offsets reach is the least
 * mean over cycles, and the potentials that prove it are offsets that reach it. Howard's policy iteration gives both (Dasdan 2004, with eps the
 * rounding of the sums); every round looks at each pair once, and some ten rounds suffice. They replace the bias, which is one vector of offsets among many.
 *
 * Classes of a cluster are exchangeable: one node a cluster, with a cycle of its own (two of its classes) where it has two or more.
 *
 * @module
 */
import type { Outline } from "./predict.ts";

/** Offsets, and what they reach. */
export interface Offsets {
  /** The largest least margin m that offsets reach. */
  margin: number;
  /** To be added to the logits z + b of each class, mean 0: with them every margin is at least `margin`. */
  offsets: number[];
}

/** Takes O(J^2) a round for J clusters. */
export function equalizingOffsets({ clusters, b, problem, blocks }: Outline): Offsets {
  const J = clusters.length;
  // Edge j -> i: how far o_i may lie above o_j.
  const D = new Float64Array(J * J).fill(Number.POSITIVE_INFINITY);
  for (let j = 0; j < J; j++)
    for (let i = 0; i < J; i++) if (i !== j || clusters[j].size > 1) D[j * J + i] = blocks.own[j] - blocks.other[i][j];
  const { margin, potential } = leastCycleMean(D, J);
  const o = potential.map((d) => -d);
  const offsets = new Array<number>(problem.K);
  clusters.forEach(({ classes }, j) => {
    for (const k of classes) offsets[k] = o[j] - b[k];
  });
  const mean = offsets.reduce((sum, x) => sum + x, 0) / problem.K;
  return { margin, offsets: offsets.map((x) => x - mean) };
}

/**
 * The same of measured mean predictions: Z[i][k] = w_i . mu_k, the column of a class that does not occur null. Such a class asks for nothing; its offset is
 * the largest that leaves the others their margin. Takes O(K^2) a round; null where fewer than two classes occur.
 */
export function measuredOffsets(Z: readonly (readonly (number | null)[])[], b: readonly number[]): Offsets | null {
  const K = Z.length;
  const present = Array.from({ length: K }, (_, k) => k).filter((k) => Z[k][k] !== null);
  const J = present.length;
  if (J < 2) return null;
  const above = (k: number, i: number): number => (Z[k][k] as number) - (Z[i][k] as number);
  const D = new Float64Array(J * J).fill(Number.POSITIVE_INFINITY);
  present.forEach((k, j) => {
    present.forEach((i, l) => {
      if (l !== j) D[j * J + l] = above(k, i);
    });
  });
  const { margin, potential } = leastCycleMean(D, J);
  const offsets = new Array<number>(K);
  present.forEach((k, j) => {
    offsets[k] = -potential[j];
  });
  for (let i = 0; i < K; i++)
    if (Z[i][i] === null)
      offsets[i] = present.reduce((most, k) => Math.min(most, offsets[k] + above(k, i) - margin), Number.POSITIVE_INFINITY);
  for (let k = 0; k < K; k++) offsets[k] -= b[k];
  const mean = offsets.reduce((sum, x) => sum + x, 0) / K;
  return { margin, offsets: offsets.map((x) => x - mean) };
}

/** The least mean m over cycles of a complete graph, and d with d_j <= d_i + D[j -> i] - m for all j and i. */
function leastCycleMean(D: Float64Array, J: number): { margin: number; potential: Float64Array } {
  const next = new Int32Array(J);
  const d = new Float64Array(J);
  let scale = 0;
  for (let j = 0; j < J; j++) {
    next[j] = -1;
    for (let i = 0; i < J; i++) {
      const length = D[j * J + i];
      if (!Number.isFinite(length)) continue;
      scale = Math.max(scale, Math.abs(length));
      if (next[j] < 0 || length < D[j * J + next[j]]) next[j] = i;
    }
    d[j] = D[j * J + next[j]];
  }
  const noise = 4 * Number.EPSILON * scale;
  let margin = Number.POSITIVE_INFINITY;
  for (let round = 0; round < mostRounds; round++) {
    const { mean, node } = bestCycle(D, next, J);
    margin = mean;
    // Along the way to that cycle potentials follow the policy; elsewhere they wait.
    const order = waysTo(next, node, J);
    for (const j of order) if (j !== node) d[j] = d[next[j]] + D[j * J + next[j]] - margin;
    let improved = false;
    for (let j = 0; j < J; j++)
      for (let i = 0; i < J; i++) {
        const through = d[i] + D[j * J + i] - margin;
        if (!(through < d[j])) continue;
        if (d[j] - through > noise) improved = true;
        d[j] = through;
        next[j] = i;
      }
    if (!improved) break;
  }
  return { margin, potential: d };
}

/** Some ten suffice; a bound all the same. */
const mostRounds = 1000;

/** The cycle of least mean among those of a policy, and a node of it. */
function bestCycle(D: Float64Array, next: Int32Array, J: number): { mean: number; node: number } {
  const seen = new Int32Array(J).fill(-1);
  let best = { mean: Number.POSITIVE_INFINITY, node: 0 };
  for (let start = 0; start < J; start++) {
    let at = start;
    while (seen[at] < 0) {
      seen[at] = start;
      at = next[at];
    }
    // A new cycle only where this walk met itself.
    if (seen[at] !== start) continue;
    let sum = 0;
    let edges = 0;
    let on = at;
    do {
      sum += D[on * J + next[on]];
      edges++;
      on = next[on];
    } while (on !== at);
    if (sum / edges < best.mean) best = { mean: sum / edges, node: at };
  }
  return best;
}

/** The nodes whose walk leads to `node`, nearest first. */
function waysTo(next: Int32Array, node: number, J: number): number[] {
  const into: number[][] = Array.from({ length: J }, () => []);
  for (let j = 0; j < J; j++) if (j !== node) into[next[j]].push(j);
  const order = [node];
  for (let at = 0; at < order.length; at++) for (const j of into[order[at]]) order.push(j);
  return order;
}
