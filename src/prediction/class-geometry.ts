import { maximum } from "../extremes.ts";
import { gramOfColumns, gramOfRows, matrix, norm2, symmetricEigenvalues } from "../math/index.ts";

/**
 * Which figure the class means make: one rule for what is predicted and what is measured. The means are taken about their mean (which takes a common shift out, such as that of a layer
 * normalization), and by their directions alone; classes without a direction (at the mean of all: nearer to it than `hasDirection` of the farthest) or without samples have no place in it.
 *
 *   pairs           classes whose cosine is at most `oppositeAt`, each the only one of the other (of classes that share a direction none is paired)
 *   rank            singular values of the unit vectors above `rankShare` of the largest (one pair at `oppositeAt` has a second one of 0.23 of its first)
 *   simplex         all cosines within `cosineWithin` of -1/(K-1), and rank K - 1
 *   cross-polytope  every class in a pair (for an odd number all but one), all other cosines within `cosineWithin` of 0, and the rank is K/2, rounded up
 *   other           neither
 *
 * Two classes are a simplex. Noise in the means lowers cosines: means of n samples with a spread v_k of their own have an error of v_k/n in |mu_k|^2.
 */
export interface ClassGeometry {
  /** What it is called. */
  name: "simplex" | "cross-polytope" | "other";
  /** Antipodal pairs of classes, whatever the name: [k, l] with k < l, in order of k. */
  pairs: [number, number][];
  /** Number of directions that the classes use. */
  rank: number;
  /** Smallest and largest cosine of two classes. */
  cosines: { least: number; most: number };
}

/** Two directions are opposite from this cosine down. */
export const oppositeAt = -0.9;
/** How far a cosine may be from that of the figure. */
export const cosineWithin = 0.2;
/** Singular values of the unit vectors below this share of the largest are no direction of their own. */
export const rankShare = 0.25;
/** A class this much nearer to the mean of all than the farthest has no direction: what a descent, or training, leaves of 0. */
const hasDirection = 1e-3;

/**
 * `means`: K x p, a row a class, about any origin. `classes`: those that occur (default: all). Null where fewer than two classes have a direction; a class at the mean of all, beside others
 * that are not, makes it `other`.
 */
export function classGeometry(
  means: Float64Array,
  K: number,
  p: number,
  classes: readonly number[] = Array.from({ length: K }, (_, k) => k),
): ClassGeometry | null {
  const { rows, which } = directions(means, p, classes);
  const n = which.length;
  if (n < 2) return null;
  const G = new Float64Array(n * n);
  gramOfRows(G, rows, n, p);
  // The one class that is opposite; -1: none, -2: several, which stand together.
  const opposite = new Int32Array(n).fill(-1);
  let least = 1;
  let most = -1;
  for (let k = 0; k < n; k++)
    for (let l = 0; l < n; l++) {
      if (l === k) continue;
      const cosine = G[k * n + l];
      least = Math.min(least, cosine);
      most = Math.max(most, cosine);
      if (cosine <= oppositeAt) opposite[k] = opposite[k] === -1 ? l : -2;
    }
  const mate = Int32Array.from(opposite, (l, k) => (l >= 0 && opposite[l] === k ? l : -1));
  const pairs: [number, number][] = [];
  for (let k = 0; k < n; k++) if (mate[k] > k) pairs.push([which[k], which[mate[k]]]);
  const rank = rankOf(rows, G, n, p);
  const all = n === classes.length;
  const isSimplex = Math.max(most + 1 / (n - 1), -1 / (n - 1) - least) <= cosineWithin && rank === n - 1;
  const isCross = pairs.length === Math.floor(n / 2) && rank === Math.ceil(n / 2) && othersOrthogonal(G, mate, n);
  return {
    name: all && isSimplex ? "simplex" : all && isCross ? "cross-polytope" : "other",
    pairs,
    rank,
    cosines: { least, most },
  };
}

/** Unit vectors about the mean of all, one a class that has a direction. */
function directions(means: Float64Array, p: number, classes: readonly number[]): { rows: Float64Array; which: number[] } {
  const mean = new Float64Array(p);
  let largest = 0;
  for (const k of classes)
    for (let c = 0; c < p; c++) {
      mean[c] += means[k * p + c] / classes.length;
      largest = Math.max(largest, Math.abs(means[k * p + c]));
    }
  const row = new Float64Array(p);
  const away = (k: number): Float64Array => {
    for (let c = 0; c < p; c++) row[c] = means[k * p + c] - mean[c];
    return row;
  };
  const lengths = classes.map((k) => norm2(away(k)));
  // What rounding leaves of 0 has no direction either.
  const least = Math.max(1e-12 * largest * Math.sqrt(p), hasDirection * maximum(lengths));
  const which = classes.filter((_, i) => lengths[i] > least);
  const rows = new Float64Array(which.length * p);
  which.forEach((k, i) => {
    const from = away(k);
    const length = norm2(from);
    for (let c = 0; c < p; c++) rows[i * p + c] = from[c] / length;
  });
  return { rows, which };
}

/** Of the unit vectors, by the smaller of their two Gram matrices. */
function rankOf(rows: Float64Array, G: Float64Array, n: number, p: number): number {
  let small = matrix(n, n, G);
  if (p < n) {
    small = matrix(p, p);
    gramOfColumns(small.data, rows, n, p);
  }
  const values = symmetricEigenvalues(small);
  const bar = rankShare ** 2 * values[values.length - 1];
  return values.filter((x) => x > bar).length;
}

function othersOrthogonal(G: Float64Array, mate: Int32Array, n: number): boolean {
  for (let k = 0; k < n; k++)
    for (let l = 0; l < k; l++) if (mate[k] !== l && Math.abs(G[k * n + l]) > cosineWithin) return false;
  return true;
}
