import { fullRank } from "../loss/index.ts";
import { gramOfColumns, matrix, singularValues } from "../math/index.ts";
import type { Cluster, Problem } from "../problem/index.ts";
import { type BlockAnswer, mostPolished } from "../solver/index.ts";

/** What the blocks say about the whole K x K matrix Z: entries, singular values, angles. */

/** K x K: `other` by the clusters of row and column (`of`), the diagonal by class. */
export function expandBlocks<T>(of: Int32Array, other: readonly (readonly T[])[], diagonal: (k: number) => T): T[][] {
  return Array.from(of, (row, i) => {
    const values = Array.from(of, (column) => other[row][column]);
    values[i] = diagonal(i);
    return values;
  });
}

/** The cluster index of every class. */
export function clusterOfClass(clusters: readonly Pick<Cluster, "classes">[], K: number): Int32Array {
  const of = new Int32Array(K);
  clusters.forEach((cluster, j) => {
    for (const k of cluster.classes) of[k] = j;
  });
  return of;
}

/**
 * Up to this share of the largest a number is what rounding leaves of a 0, in answers whose structure was decided by the conditions of optimality: closed
 * forms, nonnegative features, and the solver's up to `mostPolished` clusters.
 */
const rounding = 1e-13;
/** The same for the solver's answers with more clusters, where a direction that dies is followed to about here, of s or of the largest. */
const unpolished = 1e-9;

/** What counts as 0 among numbers of which `largest` is the largest and `scale` the scale on which they leave 0. */
export function zeroBelow(clusters: number, nonnegative: boolean, largest: number, scale: number): number {
  return nonnegative || clusters <= mostPolished ? rounding * largest : unpolished * Math.max(largest, scale);
}

/** Rank and singular values of a prediction: the rank is the number of those that are not 0. */
export interface Spectrum {
  /** K values of Z D^(1/2), descending; what rounding leaves of a 0 (zeroBelow) is 0. */
  singularValues: number[];
  rank: number;
}

/** The one place that says what the rank is. `core`: as for blockSingularValues. */
export function spectrum(problem: Problem, clusters: readonly Cluster[], blocks: BlockAnswer, core?: Float64Array): Spectrum {
  const values = blockSingularValues(clusters, blocks, core);
  const bar = zeroBelow(clusters.length, problem.nonnegative, values[0], problem.N * problem.lambdaZ);
  // What the law makes 0 is 0, whatever rounding leaves of it among hundreds of different counts.
  const most = fullRank(problem);
  const singularValues = values.map((x, i) => (x > bar && i < most ? x : 0));
  return { singularValues, rank: singularValues.filter((x) => x > 0).length };
}

/**
 * The K singular values of Z D^(1/2), descending (theory, section 3): sqrt(n_j) |z_own - z_other|, k_j - 1 times for each cluster, and
 * those of the J x J core. `core`: the latter, where the solver has them already.
 *
 * @internal
 */
export function blockSingularValues(clusters: readonly Cluster[], blocks: BlockAnswer, core?: Float64Array): number[] {
  const J = clusters.length;
  const values: number[] = [];
  const M = matrix(J, J);
  clusters.forEach(({ size: k, count: n }, j) => {
    const within = Math.sqrt(n) * Math.abs(blocks.own[j] - blocks.other[j * J + j]);
    for (let i = 1; i < k; i++) values.push(within);
    for (let i = 0; i < J; i++) {
      const z = blocks.other[i * J + j];
      const q = i === j ? blocks.own[j] + (k - 1) * z : z * Math.sqrt(clusters[i].size * k);
      M.data[i * J + j] = q * Math.sqrt(n);
    }
  });
  const found = core ?? singularValues(M);
  for (let j = 0; j < J; j++) values.push(j < found.length ? found[j] : 0);
  return values.sort((x, y) => y - x);
}

/** Cosines between columns of Z by cluster, J x J, two different classes each; null where one of the two is 0. */
export function blockCosines(
  clusters: readonly Cluster[],
  { other, own }: BlockAnswer,
  isZero: (j: number) => boolean,
): (number | null)[][] {
  const J = clusters.length;
  const zero = clusters.map((_, j) => isZero(j));
  // <z_k, z_l> over all rows, from the block values: every row of cluster i holds other[i][j] but the class's own row.
  const root = Float64Array.from(clusters, (c) => Math.sqrt(c.size));
  const scaled = new Float64Array(J * J);
  for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) scaled[i * J + j] = root[i] * other[i * J + j];
  const gram = new Float64Array(J * J);
  gramOfColumns(gram, scaled, J, J);
  const dot = (j: number, l: number, sameClass: boolean): number => {
    const gapJ = own[j] - other[j * J + j];
    const gapL = own[l] - other[l * J + l];
    const sum = gram[j * J + l] + gapJ * other[j * J + l] + gapL * other[l * J + j];
    return sameClass ? sum + gapJ * gapL : sum;
  };
  const norm = clusters.map((_, j) => Math.sqrt(Math.max(0, dot(j, j, true))));
  return clusters.map((_, j) =>
    clusters.map((_, l) => (zero[j] || zero[l] ? null : Math.max(-1, Math.min(1, dot(j, l, false) / (norm[j] * norm[l]))))),
  );
}
