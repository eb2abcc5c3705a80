import type { NativeProduct, NativeProducts } from "../native-products.ts";
import type { GramSum } from "./gram-sum.ts";
import { newVersion, partsOf } from "./kernels/gemm-native.ts";

/** Columns of Y of a product: the half above the diagonal is left out by squares of them. */
const mostColumns = 256;

/** The sum of Y'Y over blocks Y by native code, part by part of the columns: each pair of parts is a product, added to where it lies. */
export function nativeGramSum(native: NativeProducts, n: number): GramSum {
  const parts = partsOf(n, mostColumns);
  const sums = new Float64Array(new SharedArrayBuffer(8 * n * n));
  /** Two blocks, so that the next is copied while the last is in use. */
  const blocks: (Float64Array<SharedArrayBuffer> | null)[] = [null, null];
  let turn = 0;
  let waiting: NativeProduct[] = [];
  const settle = (): void => {
    for (const product of waiting) native.wait(product);
    waiting = [];
  };
  return {
    add(Y, m) {
      if (m === 0) return;
      turn = 1 - turn;
      let block = blocks[turn];
      if (!block || block.length < m * n) {
        block = new Float64Array(new SharedArrayBuffer(8 * m * n));
        blocks[turn] = block;
      }
      const factors = parts.map(([from, columns]) => {
        const at = m * from;
        for (let i = 0; i < m; i++) block.set(Y.subarray(i * n + from, i * n + from + columns), at + i * columns);
        return { at: 8 * at, rows: m, columns, stride: columns };
      });
      // Its sums go where those of the block before are still being added.
      settle();
      parts.forEach(([column], q) => {
        const B = { ...factors[q], turned: false, version: newVersion() };
        for (let p = q; p < parts.length; p++) {
          const C = { memory: sums.buffer, at: 8 * (parts[p][0] * n + column), stride: n };
          waiting.push(
            native.begin({ memory: block.buffer, single: false, A: { ...factors[p], turned: true }, B, C, onto: true }),
          );
        }
      });
    },
    total() {
      settle();
      for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sums[j * n + i] = sums[i * n + j];
      return sums;
    },
    finish(G) {
      settle();
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          const entry = G[i * n + j] + sums[i * n + j];
          G[i * n + j] = entry;
          G[j * n + i] = entry;
        }
    },
  };
}
