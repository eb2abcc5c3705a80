import { type RowProduct, rowProducts, timesTranspose } from "../math/index.ts";
import { fewestAhead } from "./logits-ahead.ts";
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
  const side = Math.min(n, block);
  const ahead = n * n * p < fewestAhead ? null : rowProducts(p, side);
  // A row may be a little longer where the threads compute.
  const distances = new Float64Array(side * (side + 3));
  const G = new Float64Array(side * side);
  const total = (n * (n + 1)) / 2;
  let done = 0;
  const finish = ({ top, left, height, width, product }: BlockOfPairs): void => {
    const { numbers, stride } = product.take();
    for (let i = 0; i < height; i++) {
      const k = top + i;
      const first = left === top ? i + 1 : 0;
      for (let j = first; j < width; j++) {
        const l = left + j;
        const both = squares[k] + squares[l];
        const difference = both - 2 * numbers[i * stride + j];
        distances[i * stride + j] = difference < cancelled * both ? squaredDistance(rows, images, k, l, p) : difference;
      }
      if (first < width) use(k, left + first, width - first, numbers, distances, i * stride + first);
    }
    done += left === top ? (height * (height + 1)) / 2 : height * width;
    progress?.(done, total);
  };
  try {
    let last: BlockOfPairs | null = null;
    for (let top = 0; top < n; top += block) {
      const height = Math.min(block, n - top);
      const A = rows.subarray(top * p, (top + height) * p);
      ahead?.left(A, height);
      for (let left = top; left < n; left += block) {
        const width = Math.min(block, n - left);
        const B = images.subarray(left * p, (left + width) * p);
        const product = ahead?.takes(height, width) ? ahead.begin(B, width) : productNow(G, A, B, height, width, p);
        if (last) finish(last);
        last = { top, left, height, width, product };
      }
    }
    if (last) finish(last);
  } finally {
    ahead?.close();
  }
}

/** Pairs of rows [top, top + height) with rows [left, left + width). */
interface BlockOfPairs {
  top: number;
  left: number;
  height: number;
  width: number;
  product: RowProduct;
}

/** Computed when it is taken: one place is enough for all. */
const productNow = (G: Float64Array, A: Float64Array, B: Float64Array, m: number, n: number, p: number): RowProduct => ({
  take() {
    timesTranspose(G, A, B, m, n, p);
    return { numbers: G, stride: n };
  },
});

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
