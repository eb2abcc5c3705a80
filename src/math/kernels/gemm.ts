import { COLUMNS, gemmModule, ROWS } from "./gemm-module.ts";

/**
 * C (m x n) = A (m x k) B (k x n) by the WebAssembly kernel, for operands that are stored either way round. The product is cut into blocks
 * that fit the caches, the blocks of A and B are packed into WebAssembly memory (gemm-module.ts says how), and the finished block of C is
 * copied out: O(m k + k n + m n) copying beside O(m n k) arithmetic, in 2.6 MB whatever the sizes.
 */
export type Gemm = (C: Float64Array, A: Operand, B: Operand, m: number, n: number, k: number) => void;

/** A matrix stored by rows, or (transposed) one that is stored by the rows of its transpose; `stride` is the length of a stored row. */
export interface Operand {
  readonly data: Float64Array;
  readonly stride: number;
  readonly transposed: boolean;
}

// Block sizes: a panel of B (DEPTH x COLUMNS, 8 kB) stays in the first-level cache, the block of A (HEIGHT x DEPTH, 200 kB) in the second.
const DEPTH = 256;
const HEIGHT = 96;
const WIDTH = 512;

const AT_A = 0;
const AT_B = AT_A + HEIGHT * DEPTH;
const AT_C = AT_B + WIDTH * DEPTH;
// A row more for what the edge tiles write past the end.
const LENGTH = AT_C + (HEIGHT + 1) * WIDTH + COLUMNS;

/** The kernel, or undefined where WebAssembly or its vectors are missing or forbidden (a page's content security policy can). */
export function loadGemm(): Gemm | undefined {
  try {
    const pages = Math.ceil((LENGTH * 8) / 65536);
    const relaxed = gemmModule(pages, true);
    // Under 4 kB, so that browsers allow compiling it synchronously on the main thread too.
    const module = new WebAssembly.Module(WebAssembly.validate(relaxed) ? relaxed : gemmModule(pages, false));
    const { memory, run } = new WebAssembly.Instance(module).exports as unknown as Exports;
    return blocked(new Float64Array(memory.buffer), run);
  } catch {
    return undefined;
  }
}

interface Exports {
  memory: WebAssembly.Memory;
  run(a: number, b: number, c: number, depth: number, rowTiles: number, columnTiles: number, stride: number): void;
}

function blocked(memory: Float64Array, run: Exports["run"]): Gemm {
  return (C, A, B, m, n, k) => {
    if (k === 0) C.fill(0, 0, m * n);
    for (let j = 0; j < n; j += WIDTH) {
      const width = Math.min(WIDTH, n - j);
      for (let l = 0; l < k; l += DEPTH) {
        const depth = Math.min(DEPTH, k - l);
        // B's panels run along its rows: the same packing as A's, of the transpose.
        pack(memory, AT_B, B.data, B.stride, !B.transposed, j, width, l, depth, COLUMNS);
        for (let i = 0; i < m; i += HEIGHT) {
          const height = Math.min(HEIGHT, m - i);
          pack(memory, AT_A, A.data, A.stride, A.transposed, i, height, l, depth, ROWS);
          run(8 * AT_A, 8 * AT_B, 8 * AT_C, depth, Math.ceil(height / ROWS), Math.ceil(width / COLUMNS), 8 * width);
          copyOut(C, memory, i * n + j, n, height, width, l > 0);
        }
      }
    }
  };
}

/** Lines [first, first + count) of `data` in panels of `lanes` lines, entry by entry: (l, line) -> l * lanes + line, and zeros to the end. */
function pack(
  memory: Float64Array,
  at: number,
  data: Float64Array,
  stride: number,
  transposed: boolean,
  first: number,
  count: number,
  from: number,
  depth: number,
  lanes: number,
): void {
  for (let p = 0; p < count; p += lanes) {
    const full = Math.min(lanes, count - p);
    if (transposed) {
      let source = from * stride + first + p;
      for (let l = 0; l < depth; l++) {
        for (let i = 0; i < full; i++) memory[at + i] = data[source + i];
        for (let i = full; i < lanes; i++) memory[at + i] = 0;
        at += lanes;
        source += stride;
      }
    } else {
      for (let i = 0; i < lanes; i++) {
        const source = (first + p + i) * stride + from;
        let target = at + i;
        if (i < full)
          for (let l = 0; l < depth; l++) {
            memory[target] = data[source + l];
            target += lanes;
          }
        else
          for (let l = 0; l < depth; l++) {
            memory[target] = 0;
            target += lanes;
          }
      }
      at += lanes * depth;
    }
  }
}

function copyOut(
  C: Float64Array,
  memory: Float64Array,
  at: number,
  n: number,
  height: number,
  width: number,
  onto: boolean,
): void {
  if (!onto && width === n) {
    C.set(memory.subarray(AT_C, AT_C + height * width), at);
    return;
  }
  for (let i = 0; i < height; i++) {
    const source = AT_C + i * width;
    const target = at + i * n;
    if (onto) for (let j = 0; j < width; j++) C[target + j] += memory[source + j];
    else for (let j = 0; j < width; j++) C[target + j] = memory[source + j];
  }
}
