import { timesTranspose } from "../math/index.ts";
import type { WorkProgress } from "./progress.ts";

/**
 * Called with pairs of rows, each once: of row k and the `count` rows from `first` > k on, whose inner products with it are those of `dots` from `at` on, and squared distances those of `squares`. Not pair by pair: a million numbers that
 * are handed to a function are a million objects.
 */
export type UsePairs = (k: number, first: number, count: number, dots: Float64Array, squares: Float64Array, at: number) => void;

const block = 512;

/** A difference of squares below this share of them has lost five digits, and is summed anew from the differences. */
const cancelled = 1e-5;

/**
 * All pairs of `n` rows of `p` numbers, by blocks of their Gram matrix: n^2 p / 2 work in matrix products, and no n x n array. Squared distances are
 * accurate to about 1e-11 of themselves however near the rows are; those of equal rows are 0. With `images`, the rows times a symmetric positive
 * semidefinite matrix G (n x p too), products and distances are those of the metric G: x'G y.
 */
export function eachPair(
  rows: Float64Array,
  n: number,
  p: number,
  use: UsePairs,
  { images = rows, progress }: { images?: Float64Array; progress?: WorkProgress } = {},
): void {
  const squares = squaredNorms(rows, n, p, images);
  const G = new Float64Array(Math.min(n, block) ** 2);
  const distances = new Float64Array(G.length);
  const total = (n * (n + 1)) / 2;
  let done = 0;
  for (let top = 0; top < n; top += block) {
    const height = Math.min(block, n - top);
    const A = rows.subarray(top * p, (top + height) * p);
    for (let left = top; left < n; left += block) {
      const width = Math.min(block, n - left);
      timesTranspose(G, A, images.subarray(left * p, (left + width) * p), height, width, p);
      for (let i = 0; i < height; i++) {
        const k = top + i;
        const first = left === top ? i + 1 : 0;
        for (let j = first; j < width; j++) {
          const l = left + j;
          const both = squares[k] + squares[l];
          const difference = both - 2 * G[i * width + j];
          distances[i * width + j] = difference < cancelled * both ? squaredDistance(rows, images, k, l, p) : difference;
        }
        if (first < width) use(k, left + first, width - first, G, distances, i * width + first);
      }
      done += left === top ? (height * (height + 1)) / 2 : height * width;
      progress?.(done, total);
    }
  }
}

/** |row|^2 of each of `n` rows of `p` numbers. */
export function squaredNorms(rows: Float64Array, n: number, p: number, images: Float64Array = rows): Float64Array {
  const squares = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    let sum = 0;
    for (let e = k * p; e < k * p + p; e++) sum += rows[e] * images[e];
    squares[k] = sum;
  }
  return squares;
}

function squaredDistance(rows: Float64Array, images: Float64Array, k: number, l: number, p: number): number {
  let sum = 0;
  for (let j = 0; j < p; j++) sum += (rows[k * p + j] - rows[l * p + j]) * (images[k * p + j] - images[l * p + j]);
  return Math.max(0, sum);
}
