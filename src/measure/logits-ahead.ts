import { partsOf, type RowProduct, rowProducts, timesTranspose } from "../math/index.ts";
import type { Rows } from "../row-store.ts";

/** Products with the head, Z = rows W' (n x K), one after the other; part by part where the threads can compute one while the caller does something else. */
export interface LogitsAhead {
  /** Begins Z of n rows, n x d, which are read at once; the one before must be finished. */
  begin(Z: Float64Array, rows: Float64Array, n: number): void;
  /** Brings it on by a part: to be called `parts` times, now and then. */
  step(): void;
  /** Until all of Z is there. */
  finish(): void;
  /** In how many parts it comes. */
  readonly parts: number;
  /** Once all is finished. */
  close(): void;
}

/** Rows of W of a part, about. */
const mostRows = 512;
/** From so many multiplications in all on it is worth it that the next product is computed while one is gone through. */
export const fewestAhead: number = 2 ** 24;

/** `W`: K rows of d; `most`: the most rows that a product has. On WebAssembly the bits are those of one product of all. */
export function logitsAhead(W: Rows, most: number): LogitsAhead {
  const { n: K, d } = W;
  const products = K * K * d < fewestAhead ? null : rowProducts(d, Math.min(K, mostRows), most);
  const cut = partsOf(K, mostRows);
  let Z: Float64Array = new Float64Array(0);
  let n = 0;
  let next = cut.length;
  let waiting: { from: number; size: number; product: RowProduct } | null = null;
  const step = (): void => {
    const before = waiting;
    waiting = null;
    if (products && next < cut.length) {
      const [from, size] = cut[next++];
      waiting = { from, size, product: products.begin(W, from, size) };
    }
    if (!before) return;
    const { numbers, stride } = before.product.take();
    for (let i = 0; i < n; i++) Z.set(numbers.subarray(i * stride, i * stride + before.size), i * K + before.from);
  };
  return {
    parts: cut.length,
    begin(into, rows, count) {
      Z = into;
      n = count;
      // One row alone is not what the kernel is for.
      if (products && n > 1) {
        products.left(rows, n);
        next = 0;
        step();
      } else timesTranspose(Z, rows, W.all(), n, K, d);
    },
    step,
    finish() {
      while (waiting || next < cut.length) step();
    },
    close() {
      products?.close();
    },
  };
}
