import type { Call, Room } from "./kernels/crew.ts";
import { pack } from "./kernels/gemm.ts";
import { tileRows } from "./kernels/gemm-module.ts";
import { columnsOfTile, partOf } from "./kernels/row-modules.ts";
import { nativeGramSum } from "./native-gram-sum.ts";
import { currentCrew, nativeFor } from "./products.ts";

/** The sum of Y'Y over blocks Y of rows. It is kept where the threads compute it, who may be at work on a block while the caller prepares the next. @internal */
export interface GramSum {
  /** A block, m x n, which is read at once. */
  add(Y: Float64Array, m: number): void;
  /** Adds the sum to G (n x n, symmetric, of which the lower triangle is read). Nothing can be added afterwards. */
  finish(G: Float64Array): void;
  /** The sum, in an array of its own or where it was summed. Nothing can be added afterwards. */
  total(): Float64Array;
}

/** Lines of Y'Y of a task: whole tiles in either kind of kernel. */
const lines = 48;

/** Null where there is no such memory (`currentCrew`). Equal to the last bit for every number of threads. @internal */
export function gramSum(n: number): GramSum | null {
  const native = nativeFor(n);
  if (native) return nativeGramSum(native, n);
  const crew = currentCrew();
  const width = lines * Math.ceil(n / lines);
  const sum = crew?.room(width * width);
  if (!crew || !sum) return null;
  const rows = tileRows(crew.relaxed);
  let waiting: { tasks: number[]; rooms: Room[] } | null = null;
  let begun = false;
  const settle = (): void => {
    if (!waiting) return;
    for (const task of waiting.tasks) crew.wait(task);
    for (const room of waiting.rooms) crew.giveBack(room);
    waiting = null;
  };
  const packed = (Y: Float64Array, m: number, lanes: number): Room => {
    const room = crew.room(width * m);
    if (!room) throw new RangeError(`gramSum: no memory for ${width} x ${m} numbers`);
    pack(room.numbers, 0, { data: Y, stride: n, transposed: true }, 0, n, 0, m, lanes);
    return room;
  };
  const finish = (G: Float64Array): void => {
    settle();
    if (begun)
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          const entry = G[i * n + j] + sum.numbers[i * width + j];
          G[i * n + j] = entry;
          G[j * n + i] = entry;
        }
    crew.giveBack(sum);
  };
  return {
    add(Y, m) {
      if (m === 0) return;
      const left = packed(Y, m, rows);
      const right = rows === columnsOfTile ? left : packed(Y, m, columnsOfTile);
      // Its sums go where those of the block before are still being added.
      settle();
      const tasks: number[] = [];
      for (let i = 0; i < n; i += lines) {
        const height = Math.min(lines, n - i);
        const tiles = [Math.ceil(height / rows), Math.ceil((i + height) / columnsOfTile)];
        const operands = [left.at + 8 * i * m, right.at, sum.at + 8 * i * width];
        const call: Call = ["onPlace", ...operands, m, ...tiles, 8 * width, begun ? 1 : 0, partOf(m)];
        tasks.push(crew.publish([call]));
      }
      begun = true;
      waiting = { tasks, rooms: left === right ? [left] : [left, right] };
    },
    finish,
    total() {
      const G = new Float64Array(n * n);
      finish(G);
      return G;
    },
  };
}
