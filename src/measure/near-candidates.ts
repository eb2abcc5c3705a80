/**
 * Which of a billion pairs of rows are worth a comparison in float64: products in float32 take half the time, and an error bound says which pairs they cannot tell apart.
 */
import { roughProducts, tallest } from "../math/index.ts";
import type { Rows } from "../row-store.ts";
import { block } from "./pairs.ts";
import type { WorkProgress } from "./progress.ts";
import { squaredNormsOf } from "./row-sums.ts";
import { errorOfSingle, longestSingle } from "./single.ts";

/** From so many multiplications on distances are first looked at in float32: below that the exact ones take seconds. */
export const fewestRough: number = 2 ** 36;

/** Candidates a row up to which it is worth it. */
const mostCandidates = 24;

/** What float64 has of a squared distance: that of `eachPair` and one from differences agree to less. */
const rounding = 1e-9;

/** Pairs of rows, k < l, in order of k. */
export interface Candidates {
  readonly k: Int32Array;
  readonly l: Int32Array;
}

/**
 * All pairs of rows that may be the nearest of one of both, or the nearest of equal count, or the farthest of all, or are at most `limit` (squared) apart, in the metric of `images` (`eachPair`). Inner products are computed in float32, and a
 * pair is left out where their error bound (`errorOfSingle`) shows that another is nearer, or farther. Null where nobody would compute so, or too many are left.
 */
export function nearCandidates(
  rows: Rows,
  images: Rows,
  counts: Float64Array,
  limit: number,
  progress?: WorkProgress,
): Candidates | null {
  const { n, d: p } = rows;
  const tall = Math.min(n, tallest(p, block));
  const width = Math.min(n, block);
  const products = roughProducts(p, width, tall);
  if (!products) return null;
  const squares = squaredNormsOf(rows, images);
  const [lengths, reaches] = [squaredNormsOf(rows), squaredNormsOf(images)].map((all) => all.map(Math.sqrt));
  if (!lengths.every((x) => x < longestSingle) || !reaches.every((x) => x < longestSingle)) return null;
  const bounds = boundsOf({ squares, lengths, reaches, counts, p, limit });
  const total = (n * (n + 1)) / 2;
  let done = 0;
  try {
    let last: (() => boolean) | null = null;
    for (let top = 0; top < n; top += tall) {
      const height = Math.min(tall, n - top);
      products.left(rows.read(top, top + height), height);
      for (let left = top; left < n; left += width) {
        const size = Math.min(width, n - left);
        const product = products.begin(images, left, size);
        if (last && !last()) return null;
        last = () => {
          const { numbers, stride } = product.take();
          for (let i = 0; i < height; i++) {
            const first = Math.max(left, top + i + 1);
            if (first > left + size) break;
            done += left + size - first + (top + i >= left ? 1 : 0);
            bounds.addRow(top + i, first, left + size - first, numbers, i * stride + first - left);
          }
          progress?.(done, total);
          return bounds.fits();
        };
      }
    }
    if (last && !last()) return null;
  } finally {
    products.close();
  }
  return bounds.result();
}

/** Calls `use` with pairs and their squared distances in float64, from the differences themselves. */
export function eachDistance(
  rows: Rows,
  images: Rows,
  { k, l }: Candidates,
  use: (k: number, l: number, squared: number) => void,
): void {
  const p = rows.d;
  let line = -1;
  let [x, u]: Float64Array[] = [];
  for (let e = 0; e < k.length; e++) {
    if (k[e] !== line) {
      line = k[e];
      [x, u] = [rows.read(line, line + 1), images.read(line, line + 1)];
    }
    const [y, v] = [rows.read(l[e], l[e] + 1, 1), images.read(l[e], l[e] + 1, 1)];
    let sum = 0;
    for (let j = 0; j < p; j++) sum += (x[j] - y[j]) * (u[j] - v[j]);
    use(line, l[e], Math.max(0, sum));
  }
}

interface Bounded {
  squares: Float64Array;
  lengths: Float64Array;
  reaches: Float64Array;
  counts: Float64Array;
  p: number;
  limit: number;
}

/** Bounds of squared distances from inner products in float32, and the pairs that they leave. */
function boundsOf({ squares, lengths, reaches, counts, p, limit }: Bounded): {
  addRow: (k: number, first: number, count: number, dots: Float32Array, at: number) => void;
  /** Whether there are not too many by now. */
  fits: () => boolean;
  result: () => Candidates;
} {
  const n = squares.length;
  const most = mostCandidates * n + 4 * block;
  /** Nearest of each row, and nearest of equal count: at most so far. */
  const least = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const twin = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  /** The farthest of all: at least so far. */
  let farthest = 0;
  const share = 2 * (errorOfSingle(p, 1) - errorOfSingle(p, 0));
  // What float64 has of each square itself, and what underflows.
  const noise = squares.map(
    (square, k) => rounding * Math.abs(square) + 4 * (p + 4) * Number.EPSILON * lengths[k] * reaches[k] + errorOfSingle(p, 0),
  );
  // One row's pairs more than `most` before `fits` is asked.
  const room = most + block * (tallest(p, block) + 1);
  const [ks, ls] = [new Int32Array(room), new Int32Array(room)];
  const [low, high] = [new Float64Array(room), new Float64Array(room)];
  let size = 0;
  const may = (k: number, l: number, lo: number, hi: number): boolean =>
    lo <= least[k] ||
    lo <= least[l] ||
    hi >= farthest ||
    lo <= limit ||
    (counts[k] === counts[l] && (lo <= twin[k] || lo <= twin[l]));
  const prune = (): void => {
    let kept = 0;
    for (let e = 0; e < size; e++) {
      if (!may(ks[e], ls[e], low[e], high[e])) continue;
      [ks[kept], ls[kept], low[kept], high[kept]] = [ks[e], ls[e], low[e], high[e]];
      kept++;
    }
    size = kept;
  };
  return {
    addRow(k, first, count, dots, at) {
      const own = squares[k];
      const slope = share * lengths[k];
      for (let j = 0; j < count; j++) {
        const l = first + j;
        const both = own + squares[l];
        const error = slope * reaches[l] + noise[k] + noise[l];
        const about = both - 2 * dots[at + j];
        const lo = about - error;
        const hi = about + error;
        if (!may(k, l, lo, hi)) continue;
        [ks[size], ls[size], low[size], high[size]] = [k, l, lo, hi];
        size++;
        farthest = Math.max(farthest, lo);
        least[k] = Math.min(least[k], hi);
        least[l] = Math.min(least[l], hi);
        if (counts[k] !== counts[l]) continue;
        twin[k] = Math.min(twin[k], hi);
        twin[l] = Math.min(twin[l], hi);
      }
    },
    fits() {
      if (size > most / 2) prune();
      return size <= most / 2;
    },
    result() {
      prune();
      const order = Array.from({ length: size }, (_, e) => e).sort((a, b) => ks[a] - ks[b] || ls[a] - ls[b]);
      return { k: Int32Array.from(order, (e) => ks[e]), l: Int32Array.from(order, (e) => ls[e]) };
    },
  };
}
