import type { NativeProduct, NativeProducts, SharedMatrix } from "../../native-products.ts";
import { copyOut, type Gemm, type Operand } from "./gemm.ts";
import type { Precision } from "./gemm-module.ts";

/**
 * Products by native code, of any size in 52 MB: the calling thread copies blocks of A and B as they are into shared memory and finished blocks of C out of it; native threads multiply. The cut into blocks is that of the
 * sizes alone, and so are the bits.
 */
// Block sizes: native threads pack for their caches themselves. Blocks are as large as keeps copies (one a number) far below multiplications (one a number and line of the other side).
const DEPTH = 1024;
const HEIGHT = 256;
const WIDTH = 1024;
/** Blocks of A, and with them of C, that there is room for at a time. */
const SLOTS = 8;

// Numbers: two blocks of B, so that the next is copied while the last is in use; then slots of A and C.
const SIZE_B = WIDTH * DEPTH;
const SIZE_A = HEIGHT * DEPTH;
const SIZE_C = HEIGHT * WIDTH;
const LENGTH = 2 * SIZE_B + SLOTS * (SIZE_A + SIZE_C);
const atA = (slot: number): number => 2 * SIZE_B + slot * (SIZE_A + SIZE_C);
const atC = (slot: number): number => atA(slot) + SIZE_A;

/** A block of C that is to be copied out once it is there. */
interface Waiting {
  product: NativeProduct;
  slot: number;
  /** Which block of B it reads. */
  round: number;
  at: number;
  height: number;
  width: number;
  onto: boolean;
}

let versions = 0;
/** A number that no content of shared memory had before: `SharedMatrix.version`. */
export const newVersion = (): number => ++versions;

/** The product as gemm.ts has it, for either precision. */
export function nativeGemm(native: NativeProducts): (precision: Precision) => Gemm {
  const memory = new SharedArrayBuffer(8 * LENGTH);
  const gemms = { double: blocked(native, new Float64Array(memory)), single: blocked(native, new Float32Array(memory)) };
  return (precision) => gemms[precision];
}

function blocked(native: NativeProducts, numbers: Float64Array | Float32Array): Gemm {
  const bytes = numbers.BYTES_PER_ELEMENT;
  const single = numbers instanceof Float32Array;
  return (C, A, B, m, n, k, onto) => {
    if (k === 0 && !onto) C.fill(0, 0, m * n);
    const waiting: Waiting[] = [];
    const finishOne = (): void => {
      const { product, slot, at, height, width, onto } = waiting.shift() as Waiting;
      native.wait(product);
      copyOut(C, at, n, numbers, atC(slot), height, width, onto);
    };
    const rows = partsOf(m, HEIGHT);
    const terms = partsOf(k, DEPTH);
    let round = 0;
    let slot = 0;
    for (const [j, width] of partsOf(n, WIDTH)) {
      for (const [l, depth] of terms) {
        // The block of B before the last makes room.
        while (waiting.length > 0 && waiting[0].round < round - 1) finishOne();
        const right = { ...copyIn(numbers, (round % 2) * SIZE_B, B, l, depth, j, width), version: newVersion() };
        for (const [i, height] of rows) {
          if (waiting.length === SLOTS) finishOne();
          const left = copyIn(numbers, atA(slot), A, i, height, l, depth);
          const place = { memory: numbers.buffer, at: bytes * atC(slot), stride: width };
          const product = native.begin({ memory: numbers.buffer, single, A: left, B: right, C: place, onto: false });
          waiting.push({ product, slot, round, at: i * n + j, height, width, onto: onto || l > 0 });
          slot = (slot + 1) % SLOTS;
        }
        round++;
      }
    }
    while (waiting.length > 0) finishOne();
  };
}

/**
 * [0, n) in as few parts as hold at most `most`, all alike but for one: where each begins, and how many it has. The runtime adds up products of few columns in another order, and equal columns should have equal
 * products. @internal
 */
export function partsOf(n: number, most: number): [from: number, size: number][] {
  const count = Math.ceil(n / most);
  const begin = (p: number): number => Math.floor((p * n) / count);
  return Array.from({ length: count }, (_, p) => [begin(p), begin(p + 1) - begin(p)]);
}

/** A block of an operand, as it is stored, to `at`: rows [row, row + height) and columns [column, column + width) of what the operand means. */
function copyIn(
  numbers: Float64Array | Float32Array,
  at: number,
  { data, stride, transposed }: Operand,
  row: number,
  height: number,
  column: number,
  width: number,
): SharedMatrix {
  const [first, rows, from, columns] = transposed ? [column, width, row, height] : [row, height, column, width];
  if (columns === stride) numbers.set(data.subarray(first * stride, (first + rows) * stride), at);
  else
    for (let i = 0; i < rows; i++) {
      const source = (first + i) * stride + from;
      numbers.set(data.subarray(source, source + columns), at + i * columns);
    }
  return { at: numbers.BYTES_PER_ELEMENT * at, rows, columns, stride: columns, turned: transposed };
}
