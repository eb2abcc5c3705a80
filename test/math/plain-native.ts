import type { NativeProduct, NativeProducts, SharedMatrix, SharedProduct } from "../../src/native-products.ts";

/**
 * Native products in plain code, for tests without any package: each is computed when it is waited for and not before, so that operands which were overwritten too early, and results that nobody waited for, are seen.
 */
export function plainNative(): NativeProducts & { begun: SharedProduct[] } {
  const begun: SharedProduct[] = [];
  const done = new Set<number>();
  return {
    threads: 1,
    begun,
    begin(product) {
      begun.push(product);
      return { thread: 0, place: begun.length - 1 };
    },
    wait({ place }: NativeProduct) {
      if (!done.has(place)) multiply(begun[place]);
      done.add(place);
    },
    check() {},
    close() {},
  };
}

function multiply({ memory, single, A, B, C, onto }: SharedProduct): void {
  const from = single ? new Float32Array(memory) : new Float64Array(memory);
  const to = single ? new Float32Array(C.memory) : new Float64Array(C.memory);
  const bytes = from.BYTES_PER_ELEMENT;
  const entry = ({ at, stride, turned }: SharedMatrix, i: number, j: number): number =>
    from[at / bytes + (turned ? j * stride + i : i * stride + j)];
  const [m, k] = A.turned ? [A.columns, A.rows] : [A.rows, A.columns];
  const [depth, n] = B.turned ? [B.columns, B.rows] : [B.rows, B.columns];
  if (k !== depth) throw new Error(`a product of ${m} x ${k} and ${depth} x ${n}`);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += entry(A, i, l) * entry(B, l, j);
      const place = C.at / bytes + i * C.stride + j;
      to[place] = onto ? to[place] + sum : sum;
    }
}
