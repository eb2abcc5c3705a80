import type { NativeProducts } from "../native-products.ts";
import type { Call, Crew, Room } from "./kernels/crew.ts";
import { pack } from "./kernels/gemm.ts";
import { tileRows } from "./kernels/gemm-module.ts";
import { newVersion, partsOf } from "./kernels/gemm-native.ts";
import { columnsOfTile, partOf } from "./kernels/row-modules.ts";

/** Logits W h without bias, in the memory of the threads, where the kernel of their sums finds them: by WebAssembly or by native code. */
export interface Logits {
  /** Of m rows, which a task has. */
  rows(m: number): [from: number, size: number][];
  /** Room that m rows h need. */
  length(m: number): number;
  /** Rows [i, i + height) of H, to the logits at `to` (bytes). They are read at once; the rest is done by a call before the kernel's, or has to be waited for. */
  begin(H: Float64Array, left: Room, i: number, height: number, to: number): { call: Call } | { wait(): void };
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
export function kernelLogits(crew: Crew, kept: Room, W: Float64Array, K: number, d: number): Logits {
  const rows = tileRows(crew.relaxed);
  const width = widthOf(K);
  pack(kept.numbers, 0, { data: W, stride: d, transposed: false }, 0, K, 0, d, columnsOfTile);
  return {
    rows: (m) => rowsOfTasks(m, crew.threads),
    length: (m) => tiles * Math.ceil(m / tiles) * d,
    begin(H, left, i, height, to) {
      pack(left.numbers, i * d, { data: H, stride: d, transposed: false }, i, height, 0, d, rows);
      const operands = [left.at + 8 * i * d, kept.at, to];
      const sizes = [d, Math.ceil(height / rows), width / columnsOfTile, 8 * width];
      return { call: ["onPlace", ...operands, ...sizes, 0, partOf(d)] };
    },
  };
}

/** Rows of h of a native product; numbers of W, and rows of it whatever their length. */
const nativeRows = 256;
const nativeNumbers = 2 ** 20;
const nativeColumns = 128;

/** By native code: `kept` is W as it is. */
export function nativeLogits(native: NativeProducts, crew: Crew, kept: Room, W: Float64Array, K: number, d: number): Logits {
  const width = widthOf(K);
  kept.numbers.set(W.subarray(0, K * d));
  const parts = partsOf(K, Math.max(nativeColumns, Math.floor(nativeNumbers / d))).map(([first, rows]) => {
    const at = kept.at + 8 * first * d;
    return { first, B: { at, rows, columns: d, stride: d, turned: true, version: newVersion() } };
  });
  return {
    rows: (m) => partsOf(m, nativeRows),
    length: (m) => m * d,
    begin(H, left, i, height, to) {
      left.numbers.set(H.subarray(i * d, (i + height) * d), i * d);
      const { buffer } = crew.memory;
      const A = { at: left.at + 8 * i * d, rows: height, columns: d, stride: d, turned: false };
      if (width > K) {
        // Where there is no class the kernel takes -Infinity plus what is there.
        const logits = new Float64Array(buffer, to, height * width);
        for (let row = 0; row < height; row++) logits.fill(0, row * width + K, row * width + width);
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
