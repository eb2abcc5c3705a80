import type { NativeProducts, SharedMatrix } from "../native-products.ts";
import type { Rows } from "../row-store.ts";
import type { Crew, Room } from "./kernels/crew.ts";
import { DEPTH, pack } from "./kernels/gemm.ts";
import { tileRows } from "./kernels/gemm-module.ts";
import { newVersion, partsOf } from "./kernels/gemm-native.ts";
import { columnsOfTile } from "./kernels/row-modules.ts";
import { currentCrew, fewestForKernel, nativeFor, shortestNative } from "./products.ts";

/**
 * Products A B' of blocks of rows, one after the other: the threads compute the next while the caller uses the last, where `timesTranspose` would let them rest. Of each kind two are in hand, so that what `take` gave
 * lasts until the next but one is begun. @internal
 */
export interface RowProducts<Numbers = Float64Array> {
  /** Whether a product of m rows and n is computed here, to the bits of `timesTranspose` where WebAssembly computes; others are for that function. */
  takes(m: number, n: number): boolean;
  /** Rows, m x p, for the left side of products that are begun from now on; they are read at once. */
  left(A: Float64Array, m: number): void;
  /** Begins the product with n rows of B (of p numbers), from one on, which are read at once (at place 1 where they do not lie in memory). */
  begin(B: Rows, from: number, n: number): RowProduct<Numbers>;
  /** Nothing can be begun or taken afterwards. */
  close(): void;
}

/** A product that is under way. @internal */
export interface RowProduct<Numbers = Float64Array> {
  /** Waits for it: m x n numbers, `stride` from one row to the next. */
  take(): { numbers: Numbers; stride: number };
}

/** Rows of a task, whole tiles in either kind of kernel. */
const rowsOfTask = 96;
/** Tiles end at multiples of this many rows. */
const tiles = 12;
/** Longer rows would take more memory than the products are worth: four blocks of 512 rows of 4096 numbers are 67 MB, and two of them of 1024 100 MB. */
const longest = 4096;

/** Rows of p numbers on the left of products that have at most `most` on the right: twice as many in native code, whose threads keep them, so that those on the right are read half as often. @internal */
export const tallest = (p: number, most: number): number => (p <= longest && nativeFor(p) ? 2 * most : most);

/** For rows of p numbers, at most `most` at a time, `mostLeft` on the left. Null where nobody would compute meanwhile, or there is no memory for it. Equal to the last bit for every number of threads. @internal */
export function rowProducts(p: number, most: number, mostLeft: number = most): RowProducts | null {
  if (p < 2 || p > longest) return null;
  const native = nativeFor(p);
  if (native) return nativeRowProducts(native, p, most, mostLeft);
  const crew = currentCrew();
  return crew && crew.threads > 1 ? kernelRowProducts(crew, p, most, mostLeft) : null;
}

function kernelRowProducts(crew: Crew, p: number, most: number, mostLeft: number): RowProducts | null {
  const rows = tileRows(crew.relaxed);
  const filled = tiles * Math.ceil(mostLeft / tiles);
  const widest = columnsOfTile * Math.ceil(most / columnsOfTile);
  const sizes = [filled * p, filled * p, widest * p, widest * p, filled * widest, filled * widest];
  const rooms = sizes.map((size) => crew.room(size)).filter((room): room is Room => room !== null);
  /** Of the products that may not have been taken. */
  const underWay: number[][] = [[], []];
  const close = (): void => {
    // Where an error came between, threads may still be writing here.
    for (const task of underWay.flat()) crew.wait(task);
    for (const room of rooms) crew.giveBack(room);
  };
  if (rooms.length < sizes.length) {
    close();
    return null;
  }
  let height = 0;
  let leftTurn = 0;
  let turn = 0;
  return {
    takes: (m, n) => m > 1 && n > 1 && m * n * p >= fewestForKernel,
    left(A, m) {
      leftTurn = 1 - leftTurn;
      height = m;
      pack(rooms[leftTurn].numbers, 0, { data: A, stride: p, transposed: false }, 0, m, 0, p, rows);
    },
    begin(B, from, n) {
      turn = 1 - turn;
      const [A, right, C] = [rooms[leftTurn], rooms[2 + turn], rooms[4 + turn]];
      const stride = columnsOfTile * Math.ceil(n / columnsOfTile);
      pack(right.numbers, 0, { data: B.read(from, from + n, 1), stride: p, transposed: false }, 0, n, 0, p, columnsOfTile);
      const tasks: number[] = [];
      for (let i = 0; i < height; i += rowsOfTask) {
        const tilesDown = Math.ceil(Math.min(rowsOfTask, height - i) / rows);
        const operands = [A.at + 8 * i * p, right.at, C.at + 8 * i * stride];
        // Sums are cut as `timesTranspose` cuts them.
        tasks.push(crew.publish([["onPlace", ...operands, p, tilesDown, stride / columnsOfTile, 8 * stride, 0, DEPTH]]));
      }
      underWay[turn] = tasks;
      return {
        take() {
          for (const task of tasks) crew.wait(task);
          return { numbers: C.numbers, stride };
        },
      };
    },
    close,
  };
}

/** Rows on the left of a native product, and on the right: as many as have so many numbers, or more. */
const nativeRows = 256;
const nativeNumbers = 2 ** 20;

/** The same in float32, where native code multiplies: of numbers in its range, for what an error bound can use. @internal */
export function roughProducts(p: number, most: number, mostLeft: number): RowProducts<Float32Array> | null {
  const native = p < 2 || p > longest ? null : nativeFor(p);
  if (!native) return null;
  const rows = new Float64Array(most * p);
  return nativeProductsOf(native, { p, most, mostLeft }, (length) => new Float32Array(new SharedArrayBuffer(4 * length)), {
    copy(to, B, from, n) {
      B.copy(rows, from, from + n);
      to.set(rows.subarray(0, n * p));
    },
  });
}

const nativeRowProducts = (native: NativeProducts, p: number, most: number, mostLeft: number): RowProducts =>
  nativeProductsOf(native, { p, most, mostLeft }, (length) => new Float64Array(new SharedArrayBuffer(8 * length)), {
    copy: (to, B, from, n) => B.copy(to, from, from + n),
  });

/** Memory that threads share, in either precision. */
type Shared = Float64Array<SharedArrayBuffer> | Float32Array<SharedArrayBuffer>;

/** `copy`: n rows of B from one on, to the beginning of some numbers. */
function nativeProductsOf<Numbers extends Shared>(
  native: NativeProducts,
  { p, most, mostLeft }: { p: number; most: number; mostLeft: number },
  shared: (length: number) => Numbers,
  { copy }: { copy: (to: Numbers, B: Rows, from: number, n: number) => void },
): RowProducts<Numbers> {
  const operands = shared(2 * (mostLeft + most) * p);
  const products = [shared(mostLeft * most), shared(mostLeft * most)];
  const bytes = operands.BYTES_PER_ELEMENT;
  /** Rows from one of `operands` on, in parts of which each is a factor. */
  const factors = (at: number, rows: number, mostRows: number, turned: boolean): { from: number; factor: SharedMatrix }[] =>
    partsOf(rows, mostRows).map(([from, size]) => {
      const factor = { at: bytes * (at + from) * p, rows: size, columns: p, stride: p, turned, version: newVersion() };
      return { from, factor };
    });
  const columns = Math.max(nativeRows, Math.floor(nativeNumbers / p));
  let lefts = factors(0, 0, nativeRows, false);
  let leftTurn = 0;
  let turn = 0;
  return {
    takes: (m, n) => Math.min(m, n) >= shortestNative,
    left(A, m) {
      leftTurn = 1 - leftTurn;
      operands.set(A.subarray(0, m * p), leftTurn * mostLeft * p);
      lefts = factors(leftTurn * mostLeft, m, nativeRows, false);
    },
    begin(B, first, n) {
      turn = 1 - turn;
      const at = 2 * mostLeft + turn * most;
      copy(operands.subarray(at * p) as Numbers, B, first, n);
      const rights = factors(at, n, columns, true);
      const numbers = products[turn];
      // Products beside one another have different rows of B, so that each thread copies its own.
      const begun = lefts.flatMap((left) =>
        rights.map((right) =>
          native.begin({
            memory: operands.buffer,
            single: bytes === 4,
            A: left.factor,
            B: right.factor,
            C: { memory: numbers.buffer, at: bytes * (left.from * n + right.from), stride: n },
            onto: false,
          }),
        ),
      );
      return {
        take() {
          for (const product of begun) native.wait(product);
          return { numbers, stride: n };
        },
      };
    },
    close() {},
  };
}
