import { gemmModule, type Precision, tileColumns, tileRows } from "./gemm-module.ts";

/**
 * C (m x n) = A (m x k) B (k x n) by the WebAssembly kernel, for operands that are stored either way round. The product is cut into blocks
 * that fit the caches, the blocks of A and B are packed into WebAssembly memory (gemm-module.ts says how), and the finished block of C is
 * copied out: O(m k + k n + m n) copying beside O(m n k) arithmetic, in 2.6 MB whatever the sizes.
 */
export type Gemm = (C: Float64Array, A: Operand, B: Operand, m: number, n: number, k: number, onto: boolean) => void;

/** A matrix stored by rows, or (transposed) one that is stored by the rows of its transpose; `stride` is the length of a stored row. */
export interface Operand {
  readonly data: Float64Array;
  readonly stride: number;
  readonly transposed: boolean;
}

// Block sizes: a panel of B (DEPTH x COLUMNS, 8 kB) stays in the first-level cache, the block of A (HEIGHT x DEPTH, 200 kB) in the second.
export const DEPTH = 256;
export const HEIGHT = 96;
export const WIDTH = 512;

const AT_A = 0;
const AT_B = AT_A + HEIGHT * DEPTH;
const AT_C = AT_B + WIDTH * DEPTH;
// A row more for what the edge tiles write past the end.
const LENGTH = AT_C + (HEIGHT + 1) * WIDTH + 8;

/** WebAssembly memory, as numbers. */
export type Memory = Float64Array | Float32Array;

/** The kernel, with numbers of that precision inside, or undefined where WebAssembly or its vectors are missing or forbidden (a page's content security policy can). */
export function loadGemm(precision: Precision = "double"): Gemm | undefined {
  try {
    const Numbers = precision === "double" ? Float64Array : Float32Array;
    const pages = Math.ceil((LENGTH * Numbers.BYTES_PER_ELEMENT) / 65536);
    const relaxed = WebAssembly.validate(gemmModule(pages, true, precision));
    // Under 4 kB, so that browsers allow compiling it synchronously on the main thread too.
    const module = new WebAssembly.Module(gemmModule(pages, relaxed, precision));
    const { memory, run } = new WebAssembly.Instance(module).exports as unknown as Exports;
    return blocked(new Numbers(memory.buffer), run, tileRows(relaxed), tileColumns(precision));
  } catch {
    return undefined;
  }
}

interface Exports {
  memory: WebAssembly.Memory;
  run(a: number, b: number, c: number, depth: number, rowTiles: number, columnTiles: number, stride: number): void;
}

function blocked(memory: Memory, run: Exports["run"], rows: number, columns: number): Gemm {
  const bytes = memory.BYTES_PER_ELEMENT;
  return (C, A, B, m, n, k, onto) => {
    if (k === 0 && !onto) C.fill(0, 0, m * n);
    for (let j = 0; j < n; j += WIDTH) {
      const width = Math.min(WIDTH, n - j);
      for (let l = 0; l < k; l += DEPTH) {
        const depth = Math.min(DEPTH, k - l);
        // B's panels run along its rows: the same packing as A's, of the transpose.
        pack(memory, AT_B, { ...B, transposed: !B.transposed }, j, width, l, depth, columns);
        for (let i = 0; i < m; i += HEIGHT) {
          const height = Math.min(HEIGHT, m - i);
          pack(memory, AT_A, A, i, height, l, depth, rows);
          run(
            bytes * AT_A,
            bytes * AT_B,
            bytes * AT_C,
            depth,
            Math.ceil(height / rows),
            Math.ceil(width / columns),
            bytes * width,
          );
          copyOut(C, i * n + j, n, memory, AT_C, height, width, onto || l > 0);
        }
      }
    }
  };
}

/** Lines [first, first + count) of `data`, entries [from, from + depth) of each, in panels of `lanes` lines; zeros fill the last panel. */
export function pack(
  memory: Memory,
  at: number,
  { data, stride, transposed }: Operand,
  first: number,
  count: number,
  from: number,
  depth: number,
  lanes: number,
): void {
  const lane = transposed ? 1 : stride;
  const step = transposed ? stride : 1;
  if (count % lanes > 0) {
    const last = at + (count - (count % lanes)) * depth;
    memory.fill(0, last, last + lanes * depth);
  }
  let source = first * lane + from * step;
  for (let p = 0; p < count; p += lanes) {
    const full = Math.min(lanes, count - p);
    let i = 0;
    for (; i + 4 <= full; i += 4) packFour(memory, at + i, lanes, data, source + i * lane, lane, step, depth);
    for (; i < full; i++) packOne(memory, at + i, lanes, data, source + i * lane, step, depth);
    at += lanes * depth;
    source += lanes * lane;
  }
}

/** Four lines at a time: both ways of storing are then read along memory, by groups. */
function packFour(
  memory: Memory,
  target: number,
  lanes: number,
  data: Float64Array,
  source: number,
  lane: number,
  step: number,
  depth: number,
): void {
  const lane2 = 2 * lane;
  const lane3 = 3 * lane;
  for (let l = 0; l < depth; l++) {
    memory[target] = data[source];
    memory[target + 1] = data[source + lane];
    memory[target + 2] = data[source + lane2];
    memory[target + 3] = data[source + lane3];
    target += lanes;
    source += step;
  }
}

function packOne(
  memory: Memory,
  target: number,
  lanes: number,
  data: Float64Array,
  source: number,
  step: number,
  depth: number,
): void {
  for (let l = 0; l < depth; l++) {
    memory[target] = data[source];
    target += lanes;
    source += step;
  }
}

/** A finished block (height x width, dense, from `source` in memory) to its place `at` in C, whose rows have n numbers. */
export function copyOut(
  C: Float64Array,
  at: number,
  n: number,
  memory: Memory,
  source: number,
  height: number,
  width: number,
  onto: boolean,
): void {
  if (!onto && width === n) {
    C.set(memory.subarray(source, source + height * width), at);
    return;
  }
  for (let i = 0; i < height; i++, source += width, at += n) {
    if (onto) for (let j = 0; j < width; j++) C[at + j] += memory[source + j];
    else for (let j = 0; j < width; j++) C[at + j] = memory[source + j];
  }
}
