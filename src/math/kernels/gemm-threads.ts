import { type Crew, crewOf, type Room } from "./crew.ts";
import { copyOut, DEPTH, type Gemm, HEIGHT, pack, WIDTH } from "./gemm.ts";
import { type Precision, tileColumns, tileRows } from "./gemm-module.ts";

/**
 * Products by several threads (crew.ts): the calling thread packs blocks of A into shared memory, one task each, and copies the finished blocks of C out; the tasks between are done by whoever is free, the calling thread
 * among them. How many threads there are, and who does what, changes no bit: an entry of C is summed by one thread, in the order of gemm.ts.
 */
export interface Team {
  /** A product as gemm.ts has it. */
  gemm(precision: Precision): Gemm;
  /** How many threads there are, the calling one among them. */
  threads: number;
  /** The threads themselves. */
  crew: Crew;
  /** Ends the other threads. */
  stop(): void;
}

/** Blocks of A, and with them of C, that there is room for at a time. */
const SLOTS = 16;

// Numbers: two blocks of B, so that the next is packed while the last is in use; then slots of A and C.
const SIZE_B = WIDTH * DEPTH;
const SIZE_A = HEIGHT * DEPTH;
const SIZE_C = (HEIGHT + 1) * WIDTH + 8;
const LENGTH = 2 * SIZE_B + SLOTS * (SIZE_A + SIZE_C);

/** A block of C that is to be copied out once its task is done. */
interface Waiting {
  task: number;
  slot: number;
  /** Which block of B it reads. */
  round: number;
  at: number;
  height: number;
  width: number;
  onto: boolean;
}

/** `threads` of them, the calling one included; null where there are no worker threads, no shared memory, or no WebAssembly vectors. */
export function gemmTeam(threads: number): Team | null {
  const crew = threads < 2 ? null : crewOf(threads);
  if (!crew) return null;
  const room = crew.room(LENGTH);
  if (!room) {
    crew.stop();
    return null;
  }
  const gemms = { double: shared(crew, room, "double"), single: shared(crew, room, "single") };
  return { gemm: (precision) => gemms[precision], threads, crew, stop: crew.stop };
}

function shared(crew: Crew, room: Room, precision: Precision): Gemm {
  const { threads, memory, relaxed } = crew;
  const numbers = precision === "double" ? room.numbers : new Float32Array(memory.buffer, room.at, LENGTH);
  const bytes = numbers.BYTES_PER_ELEMENT;
  const rows = tileRows(relaxed);
  const columns = tileColumns(precision);
  const atA = (slot: number): number => 2 * SIZE_B + slot * (SIZE_A + SIZE_C);
  const atC = (slot: number): number => atA(slot) + SIZE_A;
  const address = (at: number): number => room.at + bytes * at;

  return (C, A, B, m, n, k, onto) => {
    if (k === 0 && !onto) C.fill(0, 0, m * n);
    const waiting: Waiting[] = [];
    const finishOne = (): void => {
      const { task, slot, at, height, width, onto } = waiting.shift() as Waiting;
      crew.wait(task);
      copyOut(C, at, n, numbers, atC(slot), height, width, onto);
    };
    // Enough blocks for everybody, of whole tiles in either kind of kernel.
    const most = Math.min(HEIGHT, 12 * Math.ceil(m / (24 * threads)));
    const transposed = { ...B, transposed: !B.transposed };
    let round = 0;
    let slot = 0;
    for (let j = 0; j < n; j += WIDTH) {
      const width = Math.min(WIDTH, n - j);
      for (let l = 0; l < k; l += DEPTH, round++) {
        const depth = Math.min(DEPTH, k - l);
        // The block of B before the last makes room.
        while (waiting.length > 0 && waiting[0].round < round - 1) finishOne();
        const atB = (round % 2) * SIZE_B;
        pack(numbers, atB, transposed, j, width, l, depth, columns);
        for (let i = 0; i < m; i += most) {
          if (waiting.length === SLOTS) finishOne();
          const height = Math.min(most, m - i);
          pack(numbers, atA(slot), A, i, height, l, depth, rows);
          const tiles = [Math.ceil(height / rows), Math.ceil(width / columns)];
          const operands = [address(atA(slot)), address(atB), address(atC(slot))];
          const task = crew.publish([[precision, ...operands, depth, ...tiles, bytes * width]]);
          waiting.push({ task, slot, round, at: i * n + j, height, width, onto: onto || l > 0 });
          slot = (slot + 1) % SLOTS;
        }
      }
    }
    while (waiting.length > 0) finishOne();
  };
}
