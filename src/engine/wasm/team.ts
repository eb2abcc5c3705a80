import { DefectError } from "../../errors.ts";
import { aligned, type Heap, heap } from "./heap.ts";
import { scratchBytes } from "./product-kernel.ts";
import { threadStarter } from "./threads.ts";

/**
 * The threads that run a program's commands together, the calling one among them. A program is a table in the memory that they share, one entry a command; everybody goes through it from the first to the
 * last, takes pieces of a command as long as there are any, and goes on to the next when all of its pieces are done, whoever did them. So a thread that is late, or never starts, costs its help and nothing else.
 *
 * Who computes a piece changes no bit: pieces write different places, and how a command is cut does not enter any sum.
 */
export interface Team {
  readonly heap: Heap;
  readonly threads: number;
  /** The number by which table entries name a kernel. */
  kernel(key: string, bytes: () => Uint8Array<ArrayBuffer>): number;
  /** Runs the `count` commands of the table at an address; `plain` runs one that is no kernel, by its place in the table. */
  run(table: number, count: number, plain: (command: number) => void): void;
  /** Ends the other threads. */
  stop(): void;
}

/** Words of an entry of a table. A kernel of -1: plain code. A piece is [begin, end) in units, with bounds at multiples of `grain`, told to the kernel times `scale`. */
export const entry = {
  kernel: 0,
  pieces: 1,
  units: 2,
  grain: 3,
  scale: 4,
  count: 5,
  next: 6,
  done: 7,
  arguments: 8,
  words: 20,
} as const;
/** Inputs and output of a kernel, at most. */
export const mostArguments: number = entry.words - entry.arguments;

/** Words by which the threads wait for one another, from address 64 on. */
const control = { turn: 16, open: 17, active: 18, table: 19, count: 20, failed: 21, kernels: 22 } as const;
const scratchAt = 128;

/** So often somebody who waits looks before he sleeps: a fraction of a millisecond. */
const spins = 20_000;

type Kernel = (...numbers: number[]) => void;

/** `threads` of them where threads can share memory, else one. */
export function team(threads: number): Team {
  const start = threads > 1 ? threadStarter({ through: String(through), waitFor: String(waitFor) }) : null;
  const all = start ? threads : 1;
  const scratch = aligned(scratchBytes);
  const memory = heap(all > 1, scratchAt + all * scratch);
  const kernels: Kernel[] = [];
  const numbers = new Map<string, number>();
  const others = Array.from({ length: all - 1 }, (_, i) =>
    (start as NonNullable<typeof start>)({
      memory: memory.memory,
      scratch: scratchAt + (i + 1) * scratch,
      control,
      entry,
      spins,
    }),
  );
  return {
    heap: memory,
    threads: all,
    kernel(key, bytes) {
      let number = numbers.get(key);
      if (number === undefined) {
        number = kernels.length;
        numbers.set(key, number);
        const module = new WebAssembly.Module(bytes());
        const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory, scratch: scratchAt } });
        kernels.push(exports.kernel as Kernel);
        for (const other of others) other.send(module);
      }
      return number;
    },
    run(table, count, plain) {
      const words = new Int32Array(memory.memory.buffer);
      for (let i = 0; i < count; i++) {
        const at = table / 4 + i * entry.words;
        words[at + entry.next] = 0;
        words[at + entry.done] = 0;
      }
      if (others.length === 0) {
        through({ words, table: table / 4, count, kernels, entry, plain, wait: () => {} });
        return;
      }
      words[control.table] = table / 4;
      words[control.count] = count;
      words[control.kernels] = kernels.length;
      // Of a run that failed in several threads.
      words[control.failed] = 0;
      Atomics.store(words, control.open, 1);
      Atomics.add(words, control.turn, 1);
      Atomics.notify(words, control.turn);
      for (const other of others) other.wake();
      const wait = (at: number, until: (value: number) => boolean): void => waitFor(words, at, until, spins);
      try {
        through({ words, table: table / 4, count, kernels, entry, plain, wait });
      } finally {
        Atomics.store(words, control.open, 0);
        wait(control.active, (value) => value === 0);
      }
      if (Atomics.exchange(words, control.failed, 0) !== 0) throw new DefectError("a kernel failed in a thread");
    },
    stop() {
      for (const other of others) other.stop();
    },
  };
}

interface Going {
  words: Int32Array;
  /** The table's first word. */
  table: number;
  count: number;
  kernels: readonly Kernel[];
  entry: Record<"kernel" | "pieces" | "units" | "grain" | "scale" | "count" | "next" | "done" | "arguments" | "words", number>;
  /** Null in threads, which have no plain code. */
  plain: ((command: number) => void) | null;
  wait(at: number, until: (value: number) => boolean): void;
}

/** What each thread does with a table. Its text goes to the other threads, so that it names nothing outside. */
function through({ words, table, count, kernels, entry, plain, wait }: Going): void {
  try {
    for (let i = 0; i < count; i++) {
      const at = table + entry.words * i;
      const kernel = words[at + entry.kernel];
      const pieces = words[at + entry.pieces];
      if (kernel < 0) {
        if (plain) {
          plain(i);
          Atomics.store(words, at + entry.done, pieces);
          Atomics.notify(words, at + entry.done);
        }
      } else {
        const [units, grain, scale, given] = [entry.units, entry.grain, entry.scale, entry.count].map((word) => words[at + word]);
        const grains = Math.ceil(units / grain);
        const bound = (piece: number): number => scale * Math.min(units, grain * Math.floor((grains * piece) / pieces));
        const taken = words.subarray(at + entry.arguments, at + entry.arguments + given);
        for (;;) {
          const piece = Atomics.add(words, at + entry.next, 1);
          if (piece >= pieces) break;
          kernels[kernel](...taken, bound(piece), bound(piece + 1));
          if (Atomics.add(words, at + entry.done, 1) + 1 >= pieces) Atomics.notify(words, at + entry.done);
        }
      }
      wait(at + entry.done, (done) => done >= pieces);
    }
  } catch (error) {
    // Nobody may wait for what will not be done.
    for (let i = 0; i < count; i++) {
      Atomics.store(words, table + entry.words * i + entry.done, 1 << 30);
      Atomics.notify(words, table + entry.words * i + entry.done);
    }
    throw error;
  }
}

/** Until a word is as it should be: looks `spins` times, then sleeps for a millisecond at most at a time. Its text goes to the other threads too. */
function waitFor(words: Int32Array, at: number, until: (value: number) => boolean, spins: number): void {
  for (let spin = 0; ; spin++) {
    const value = Atomics.load(words, at);
    if (until(value)) return;
    if (spin > spins) Atomics.wait(words, at, value, 1);
  }
}
