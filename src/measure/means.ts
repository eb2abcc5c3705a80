import { nearness, sameShare } from "../prediction/index.ts";
import { pickedRows, type Rows } from "../row-store.ts";
import { type Frame, projectedRowsOf } from "./frame.ts";
import { eachPair } from "./pairs.ts";
import type { WorkProgress } from "./progress.ts";
import { squaredNormsOf } from "./row-sums.ts";
import type { Within } from "./second-pass.ts";
import { type GeneralizedNc2, generalizedNc2 } from "./uniformity.ts";

/** Spread of the lengths of some rows and of the angles between them. */
export interface RowsGeometry {
  /** Population standard deviation / mean of the lengths; null where all are 0. */
  equinorm: number | null;
  /** Mean over pairs of |cos + 1/(n - 1)|; null where a row is 0. */
  equiangular: number | null;
}

/** What all pairs of class means say, found in one go over the blocks of their Gram matrix. */
export interface MeansGeometry extends RowsGeometry {
  /** | M M'/|M M'|_F - (I - J/K)/sqrt(K-1) |_F. */
  etfDistance: number | null;
  /** Mean over pairs of (v_k + v_l) / (2 |mu_k - mu_l|^2); null where two means are equal. */
  cdnv: number | null;
  /** Of the directions mu_k - g~; null where one is 0. */
  gnc2: GeneralizedNc2 | null;
  /** Two classes whose means are equal (up to their rounding), if any are. */
  equal: [number, number] | null;
  /** Nearest other class of every class, K; -1 where there is none. */
  nearest: Int32Array;
  /** |mu_k - mu_nearest|, K. */
  distance: Float64Array;
  /** Largest distance between two means. */
  largest: number;
  /** Root mean square of |mu_k - g~| over classes. */
  scale: number;
  /** Groups of classes connected by distances of at most 5 % of the largest (`sameShare`). */
  merged: number[][];
}

/** The geometry of the class means about the mean of the means. */
export function meansGeometry(frame: Frame, within: Within, progress?: WorkProgress): MeansGeometry {
  const { inverse, equal, ...geometry } = pairsOfMeans(frame, progress);
  const { counts, present } = frame;
  const n = present.length;
  // (v_k + v_l) / (2 |mu_k - mu_l|^2) over all pairs, class by class.
  const sum = present.reduce((sum, k, a) => sum + ((within.scatter[k] / counts[k]) * inverse[a]) / 2, 0);
  return { ...geometry, equal, cdnv: equal || n < 2 ? null : sum / ((n * (n - 1)) / 2) };
}

/** What pairs of class means say by themselves. */
export interface PairsOfMeans extends Omit<MeansGeometry, "cdnv"> {
  /** sum over the others of 1 / |mu_k - mu_l|^2, a number a class that occurs; equal means are left out. */
  inverse: Float64Array;
}

/** What it is called to whoever is told how far it is. @internal */
export const pairsStage = "pairs of class means";

const known = new WeakMap<Frame, PairsOfMeans>();

/** Found once a frame: before the second pass, which asks how near the nearest mean is, or after it. */
export function pairsOfMeans(frame: Frame, progress?: WorkProgress): PairsOfMeans {
  const found = known.get(frame) ?? goneThrough(frame, progress);
  known.set(frame, found);
  return found;
}

function goneThrough(frame: Frame, progress: WorkProgress | undefined): PairsOfMeans {
  const { d, counts, present, noise } = frame;
  const n = present.length;
  const lengths = Float64Array.from(present, (k) => Math.sqrt(frame.squaredNorms[k]));
  const angles = anglesOf(lengths, noise);
  const etf = etfDistanceOf(lengths);
  const uniform = generalizedNc2(lengths, d, noise);
  const scale = Math.sqrt(lengths.reduce((sum, x) => sum + x * x, 0) / n);
  const reach = lengths.reduce((most, x) => Math.max(most, x), 0);
  const near = nearness(present, counts, reach, (largest) => Math.max(sameShare * largest, noise));
  const inverse = new Float64Array(n);
  let equal: [number, number] | null = null;
  eachPair(
    pickedRows(projectedRowsOf(frame), present),
    (a, first, count, dots, squares, at) => {
      angles.addRow(a, first, count, dots, at);
      etf.addRow(count, dots, at);
      uniform.addRow(a, first, count, squares, at);
      const same = addShares(inverse, a, first, count, squares, at, noise * noise);
      if (same >= 0) equal ??= [present[a], present[same]];
      near.addRow(present[a], present, first, count, squares, at);
    },
    { progress },
  );
  const { nearest, distance, largest, groups } = near.result();
  return {
    ...angles.result(),
    etfDistance: etf.result(),
    gnc2: uniform.result(),
    inverse,
    equal,
    nearest,
    distance,
    largest,
    scale,
    merged: groups,
  };
}

/** Adds 1 / squared distance to the sums of both of each pair, but of those up to `least`: the first of them, or -1. */
function addShares(
  sums: Float64Array,
  a: number,
  first: number,
  count: number,
  squares: Float64Array,
  at: number,
  least: number,
): number {
  let same = -1;
  let sum = 0;
  for (let j = 0; j < count; j++) {
    const squared = squares[at + j];
    if (squared <= least) {
      if (same < 0) same = first + j;
      continue;
    }
    const share = 1 / squared;
    sum += share;
    sums[first + j] += share;
  }
  sums[a] += sum;
  return same;
}

/** The same of the rows of the head's weights, about 0. */
export function weightsGeometry(W: Rows, progress?: WorkProgress): RowsGeometry {
  const angles = anglesOf(squaredNormsOf(W).map(Math.sqrt), 0);
  eachPair(W, (k, first, count, dots, _, at) => angles.addRow(k, first, count, dots, at), { progress });
  return angles.result();
}

/** Lengths up to `noise` are 0. */
function anglesOf(
  lengths: Float64Array,
  noise: number,
): { addRow: (k: number, first: number, count: number, dots: Float64Array, at: number) => void; result: () => RowsGeometry } {
  const n = lengths.length;
  let sum = 0;
  return {
    addRow(k, first, count, dots, at) {
      let total = sum;
      for (let j = 0; j < count; j++) total += Math.abs(dots[at + j] / (lengths[k] * lengths[first + j]) + 1 / (n - 1));
      sum = total;
    },
    result() {
      const mean = lengths.reduce((a, b) => a + b, 0) / n;
      if (lengths.every((x) => x <= noise)) return { equinorm: null, equiangular: null };
      const equinorm = Math.sqrt(lengths.reduce((total, x) => total + (x - mean) ** 2, 0) / n) / mean;
      const defined = n > 1 && lengths.every((x) => x > noise);
      return { equinorm, equiangular: defined ? sum / ((n * (n - 1)) / 2) : null };
    },
  };
}

/**
 * | G/|G|_F - E |_F for G = M M' and E = (I - J/n)/sqrt(n-1), without G and in one go, though |G|_F is known only at the end: with s = tr G / sqrt(n-1),
 * which is |G|_F for an ETF, D^2 = |G/s - E|^2 is summed entry by entry. The rows of M add up to 0, so <G, E> = tr G / sqrt(n-1) = s; with
 * |G/s|^2 = a^2 that makes D^2 = a^2 - 1 and the square asked for 2 - 2/a = 2 D^2 / (a (a + 1)), in which nothing cancels.
 */
function etfDistanceOf(lengths: Float64Array): {
  addRow: (count: number, dots: Float64Array, at: number) => void;
  result: () => number | null;
} {
  const n = lengths.length;
  const root = Math.sqrt(n - 1);
  const trace = lengths.reduce((sum, x) => sum + x * x, 0);
  const scale = trace / root;
  const off = 1 / n / root;
  const own = (1 - 1 / n) / root;
  let pairs = 0;
  return {
    addRow(count, dots, at) {
      let sum = pairs;
      for (let j = 0; j < count; j++) sum += (dots[at + j] / scale + off) ** 2;
      pairs = sum;
    },
    result() {
      if (n < 2 || trace === 0) return null;
      const squares = 2 * pairs + lengths.reduce((sum, x) => sum + ((x * x) / scale - own) ** 2, 0);
      const a = Math.sqrt(1 + squares);
      return Math.sqrt((2 * squares) / (a * (a + 1)));
    },
  };
}
