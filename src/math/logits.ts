import type { NativeProducts } from "../native-products.ts";
import type { Rows } from "../row-store.ts";
import type { Call, Crew, Room } from "./kernels/crew.ts";
import { pack } from "./kernels/gemm.ts";
import { tileRows } from "./kernels/gemm-module.ts";
import { newVersion, partsOf } from "./kernels/gemm-native.ts";
import { columnsOfTile, partOf } from "./kernels/row-modules.ts";
import { nativeFor } from "./products.ts";

/** Logits W h without bias of some of the classes, in the memory of the threads, where the kernel of their sums finds them: by WebAssembly or by native code. */
export interface Logits {
  /** Of m rows, which a task has. */
  rows(m: number): [from: number, size: number][];
  /** Room that m rows h need. */
  length(m: number): number;
  /** Rows [i, i + height) of H, to where `begin` takes them from, whatever the classes are. */
  place(H: Float64Array, left: Room, i: number, height: number): void;
  /** Their logits to `to` (bytes): by a call before the kernel's, or by something that has to be waited for. */
  begin(left: Room, i: number, height: number, to: number): { call: Call } | { wait(): void };
}

/** Which rows of W: from one on, so many. */
export interface Classes {
  readonly from: number;
  readonly count: number;
}

/** By whatever multiplies: `kept` is room for the classes' rows of W. */
export function logitsOf(crew: Crew, kept: Room, W: Rows, classes: Classes): Logits {
  const native = nativeFor(Math.min(W.n, W.d));
  return native ? nativeLogits(native, crew, kept, W, classes) : kernelLogits(crew, kept, W, classes);
}

/** Rows of whole tiles in either kind of kernel. */
export const tiles = 12;

/** Rows of tasks. Each reads all of W, which many rows pay for; but there should be a task for everybody. */
function rowsOfTasks(m: number, threads: number): [from: number, size: number][] {
  const step = Math.max(48, Math.min(192, tiles * Math.ceil(m / threads / tiles)));
  return Array.from({ length: Math.ceil(m / step) }, (_, task) => [task * step, Math.min(step, m - task * step)]);
}

/** Columns of logits: whole tiles. */
export const widthOf = (K: number): number => columnsOfTile * Math.ceil(K / columnsOfTile);

/** By the kernel of WebAssembly: `kept` is W in panels. */
function kernelLogits(crew: Crew, kept: Room, W: Rows, { from, count }: Classes): Logits {
  const { d } = W;
  const rows = tileRows(crew.relaxed);
  const width = widthOf(count);
  pack(kept.numbers, 0, { data: W.read(from, from + count), stride: d, transposed: false }, 0, count, 0, d, columnsOfTile);
  return {
    rows: (m) => rowsOfTasks(m, crew.threads),
    length: (m) => tiles * Math.ceil(m / tiles) * d,
    place(H, left, i, height) {
      pack(left.numbers, i * d, { data: H, stride: d, transposed: false }, i, height, 0, d, rows);
    },
    begin(left, i, height, to) {
      const operands = [left.at + 8 * i * d, kept.at, to];
      const sizes = [d, Math.ceil(height / rows), width / columnsOfTile, 8 * width];
      return { call: ["onPlace", ...operands, ...sizes, 0, partOf(d)] };
    },
  };
}

/** Rows of h of a native product; numbers of W, and rows of it whatever their length. */
const nativeRows = 256;
const nativeNumbers = 2 ** 22;
const nativeColumns = 128;

/** By native code: `kept` is W as it is. */
function nativeLogits(native: NativeProducts, crew: Crew, kept: Room, W: Rows, { from, count }: Classes): Logits {
  const { d } = W;
  const width = widthOf(count);
  W.copy(kept.numbers, from, from + count);
  const parts = partsOf(count, Math.max(nativeColumns, Math.floor(nativeNumbers / d))).map(([first, rows]) => {
    const at = kept.at + 8 * first * d;
    return { first, B: { at, rows, columns: d, stride: d, turned: true, version: newVersion() } };
  });
  return {
    rows: (m) => partsOf(m, nativeRows),
    length: (m) => m * d,
    place(H, left, i, height) {
      left.numbers.set(H.subarray(i * d, (i + height) * d), i * d);
    },
    begin(left, i, height, to) {
      const { buffer } = crew.memory;
      const A = { at: left.at + 8 * i * d, rows: height, columns: d, stride: d, turned: false };
      if (width > count) {
        // Where there is no class the kernel takes -Infinity plus what is there.
        const logits = new Float64Array(buffer, to, height * width);
        for (let row = 0; row < height; row++) logits.fill(0, row * width + count, row * width + width);
      }
      const begun = parts.map(({ first, B }) =>
        native.begin({
          memory: buffer,
          single: false,
          A,
          B,
          C: { memory: buffer, at: to + 8 * first, stride: width },
          onto: false,
        }),
      );
      return {
        wait() {
          for (const product of begun) native.wait(product);
        },
      };
    },
  };
}
