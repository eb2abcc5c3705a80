import { type RowProduct, rowProducts, tallest, timesTranspose } from "../math/index.ts";
import type { Rows } from "../row-store.ts";
import { fewestAhead } from "./logits-ahead.ts";
import type { WorkProgress } from "./progress.ts";
import { squaredNormsOf } from "./row-sums.ts";

/**
 * Called with pairs of rows, each once: of row k and the `count` rows from `first` > k on, whose inner products with it are those of `dots` from `at` on, and squared distances those of `squares`. Not pair by pair: a million numbers that
 * are handed to a function are a million objects.
 */
export type UsePairs = (k: number, first: number, count: number, dots: Float64Array, squares: Float64Array, at: number) => void;

/** Rows on the right of a block of pairs. */
export const block = 512;

/** A difference of squares below this share of them has lost five digits, and is summed anew from the differences. */
const cancelled = 1e-5;

/**
 * All pairs of `n` rows of `p` numbers, by blocks of their Gram matrix: n^2 p / 2 work in matrix products, and no n x n array. Squared distances are
 * accurate to about 1e-11 of themselves however near the rows are; those of equal rows are 0. With `images`, the rows times a symmetric positive
 * semidefinite matrix G (n x p too), products and distances are those of the metric G: x'G y.
 */
export function eachPair(
  rows: Rows,
  use: UsePairs,
  { images = rows, progress }: { images?: Rows; progress?: WorkProgress } = {},
): void {
  const { n, d: p } = rows;
  const squares = squaredNormsOf(rows, images);
  const side = Math.min(n, block);
  const tall = Math.min(n, tallest(p, block));
  const ahead = n * n * p < fewestAhead ? null : rowProducts(p, side, tall);
  // A row may be a little longer where the threads compute.
  const distances = new Float64Array(tall * (side + 3));
  const G = new Float64Array(tall * side);
  const near = nearRows(rows, images);
  const total = (n * (n + 1)) / 2;
  let done = 0;
  const finish = ({ top, left, height, width, product }: BlockOfPairs): void => {
    const { numbers, stride } = product.take();
    for (let i = 0; i < height; i++) {
      const k = top + i;
      // Of what lies left of the diagonal too, nothing.
      const first = Math.max(0, k + 1 - left);
      if (first > width) break;
      // That of a row with itself is done too.
      done += width - first + (k >= left ? 1 : 0);
      const at = i * stride;
      if (distancesOf(distances, numbers, squares, { at, k, left, first, width }))
        for (let j = first; j < width; j++) {
          const both = squares[k] + squares[left + j];
          if (distances[at + j] < cancelled * both) distances[at + j] = near.squaredDistance(k, left + j, left, width);
        }
      if (first < width) use(k, left + first, width - first, numbers, distances, at + first);
    }
    progress?.(done, total);
  };
  try {
    let last: BlockOfPairs | null = null;
    // What is computed when it is taken needs the rows that it was begun with.
    const settle = (): void => {
      if (last && !last.ahead) finish(last);
      if (!last?.ahead) last = null;
    };
    for (let top = 0; top < n; top += tall) {
      const height = Math.min(tall, n - top);
      settle();
      const A = rows.read(top, top + height);
      ahead?.left(A, height);
      for (let left = top; left < n; left += block) {
        const width = Math.min(block, n - left);
        settle();
        const begun = ahead?.takes(height, width) ? ahead.begin(images, left, width) : null;
        if (last) finish(last);
        const product = begun ?? productNow(G, A, images.read(left, left + width, 1), height, width, p);
        last = { top, left, height, width, ahead: begun !== null, product };
      }
    }
    if (last) finish(last);
  } finally {
    ahead?.close();
  }
}

/** |x_k - x_l|^2 from inner products (`dots`), for l of [left + first, left + width); whether one has lost too many digits. */
function distancesOf(
  distances: Float64Array,
  dots: Float64Array,
  squares: Float64Array,
  { at, k, left, first, width }: { at: number; k: number; left: number; first: number; width: number },
): boolean {
  const own = squares[k];
  let lost = false;
  for (let j = first; j < width; j++) {
    const both = own + squares[left + j];
    const difference = both - 2 * dots[at + j];
    distances[at + j] = difference;
    // Not a number is not lost.
    if (difference < cancelled * both) lost = true;
  }
  return lost;
}

/** Pairs of rows [top, top + height) with rows [left, left + width), the later one of each. */
interface BlockOfPairs {
  top: number;
  left: number;
  height: number;
  width: number;
  /** Whether the threads compute it. */
  ahead: boolean;
  product: RowProduct;
}

/** Computed when it is taken: one place is enough for all. */
const productNow = (G: Float64Array, A: Float64Array, B: Float64Array, m: number, n: number, p: number): RowProduct => ({
  take() {
    timesTranspose(G, A, B, m, n, p);
    return { numbers: G, stride: n };
  },
});

/** Squared distances from the differences themselves. Pairs come line by line in a block of columns: each is read once. */
function nearRows(rows: Rows, images: Rows): { squaredDistance: (k: number, l: number, left: number, width: number) => number } {
  const { d } = rows;
  const read = (from: number, to: number, place: 2 | 3): [Float64Array, Float64Array] => {
    const of = rows.read(from, to, place);
    return [of, images === rows ? of : images.read(from, to, place)];
  };
  let line = -1;
  let block = -1;
  let [a, u] = read(0, 0, 2);
  let [b, v] = [a, u];
  return {
    squaredDistance(k, l, left, width) {
      if (k !== line) [a, u] = read(k, k + 1, 2);
      if (left !== block) [b, v] = read(left, left + width, 3);
      [line, block] = [k, left];
      let sum = 0;
      for (let j = 0, e = (l - left) * d; j < d; j++, e++) sum += (a[j] - b[e]) * (u[j] - v[e]);
      return Math.max(0, sum);
    },
  };
}
