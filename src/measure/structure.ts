import { nearness, sameLimit } from "../prediction/index.ts";
import { rowsIn } from "../row-store.ts";
import { eachPair } from "./pairs.ts";
import { squaredNormsOf } from "./row-sums.ts";

/**
 * The block structure of measured mean predictions: are classes of equal count treated alike, and which of them cannot be told apart.
 * Z[i][k] = w_i . mu_k; clusters are classes of equal count.
 */

/** Groups of classes with equal counts, in order of descending count. */
export function equalCounts(counts: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let k = 0; k < counts.length; k++) {
    const group = groups.get(counts[k]);
    if (group) group.push(k);
    else groups.set(counts[k], [k]);
  }
  return [...groups.entries()].sort((a, b) => b[0] - a[0]).map(([, classes]) => classes);
}

/**
 * Largest population standard deviation of Z inside one block, divided by max |Z|. The diagonal and the off-diagonal entries of a diagonal
 * block are two blocks. Mean predictions come one at a time, those of a cluster one after the other; memory is K numbers.
 */
export interface BlockDeviation {
  /** z_k, K logits. */
  add(k: number, z: ArrayLike<number>): void;
  /** 0 for exact block structure; null where Z = 0, or where no block has two entries (every count occurs once). */
  result(): number | null;
}

/** `clusters`: which classes make a block; `add` expects all of a cluster's classes that it is ever given in a row. */
export function blockDeviation(clusters: readonly (readonly number[])[]): BlockDeviation {
  const J = clusters.length;
  const clusterOf = new Map(clusters.flatMap((classes, j) => classes.map((k) => [k, j] as const)));
  const rows = clusters.map((classes) => Int32Array.from(classes));
  // Of the column of blocks at hand: one block a cluster of rows, and one more for the diagonal entries.
  const blocks = spreads(J + 1);
  let column = -1;
  let worst = 0;
  let largest = 0;
  let entries = 0;
  const finishColumn = (): void => {
    worst = Math.max(worst, blocks.worst());
    entries = Math.max(entries, blocks.entries());
    blocks.clear();
  };
  return {
    add(k, z) {
      const j = clusterOf.get(k) as number;
      if (j !== column) finishColumn();
      column = j;
      let most = largest;
      for (let i = 0; i < J; i++) {
        const block = rows[i];
        let sum = 0;
        let n = 0;
        for (let e = 0; e < block.length; e++) {
          const x = z[block[e]];
          most = Math.max(most, Math.abs(x));
          if (block[e] === k) continue;
          sum += x;
          n++;
        }
        const mean = sum / n;
        let squares = 0;
        for (let e = 0; e < block.length; e++) if (block[e] !== k) squares += (z[block[e]] - mean) ** 2;
        blocks.add(i, n, mean, squares);
      }
      largest = most;
      blocks.add(J, 1, z[k], 0);
    },
    result() {
      finishColumn();
      return largest === 0 || entries < 2 ? null : worst / largest;
    },
  };
}

/** Counts, means and sums of squared deviations that add up (Chan, Golub, LeVeque 1983). */
function spreads(size: number): {
  add(i: number, n: number, mean: number, squares: number): void;
  worst(): number;
  entries(): number;
  clear(): void;
} {
  const counts = new Float64Array(size);
  const means = new Float64Array(size);
  const squared = new Float64Array(size);
  return {
    add(i, n, mean, squares) {
      if (n === 0) return;
      const both = counts[i] + n;
      const apart = mean - means[i];
      squared[i] += squares + (apart * apart * counts[i] * n) / both;
      means[i] += (apart * n) / both;
      counts[i] = both;
    },
    /** Largest population standard deviation. */
    worst() {
      let most = 0;
      for (let i = 0; i < size; i++) if (counts[i] > 0) most = Math.max(most, Math.sqrt(squared[i] / counts[i]));
      return most;
    },
    /** Of the largest block. */
    entries: () => counts.reduce((most, n) => Math.max(most, n), 0),
    clear() {
      for (const numbers of [counts, means, squared]) numbers.fill(0);
    },
  };
}

/**
 * Classes whose mean predictions (columns of Z) cannot be told apart: groups of two or more connected by distances |z_k - z_l| of at most
 * `sameLimit` (prediction/class-status.ts). Classes of one group need not have equal counts.
 */
export function mergedGroups(Z: readonly (readonly number[])[], tolerance?: number): number[][] {
  const K = Z.length;
  const numbers = new Float64Array(K * K);
  Z.forEach((row, i) => {
    const mean = row.reduce((sum, z) => sum + z, 0) / K;
    row.forEach((z, k) => {
      numbers[k * K + i] = z - mean;
    });
  });
  const columns = rowsIn(numbers, K, K);
  const reach = squaredNormsOf(columns).reduce((most, x) => Math.max(most, Math.sqrt(x)), 0);
  const all = Array.from({ length: K }, (_, k) => k);
  const near = nearness(all, all, reach, (largest) => sameLimit(largest, tolerance));
  eachPair(columns, (k, first, count, _, squared, at) => near.addRow(k, all, first, count, squared, at));
  return near.result().groups;
}

/** |z_k - z_l| between columns of Z. */
export function distance(Z: readonly (readonly number[])[], k: number, l: number): number {
  let sum = 0;
  for (const row of Z) sum += (row[k] - row[l]) ** 2;
  return Math.sqrt(sum);
}

/** Largest distance between the mean predictions of any two of these classes. */
export function separation(Z: readonly (readonly number[])[], classes: readonly number[]): number {
  let most = 0;
  for (const k of classes) for (const l of classes) if (l > k) most = Math.max(most, distance(Z, k, l));
  return most;
}
