import { builtin } from "../../builtin.ts";
import { copyOut, DEPTH, type Gemm, HEIGHT, type Memory, pack, WIDTH } from "./gemm.ts";
import { gemmModule, type Precision, tileColumns, tileRows } from "./gemm-module.ts";

/**
 * Products by several threads, in Node: the calling thread packs blocks of A into shared WebAssembly memory, one task each, and copies the finished blocks of C out; the tasks between are done
 * by whoever is free, the calling thread among them. How many threads there are, and who does what, changes no bit: an entry of C is summed by one thread, in the order of gemm.ts.
 *
 * Tasks are numbered and claimed in order (`claimed` of those `published`), each in a slot of a ring. A thread that has not started yet, or never does, claims nothing, so that nobody waits for it.
 */
export interface Team {
  /** A product as gemm.ts has it. */
  gemm(precision: Precision): Gemm;
  /** How many threads there are, the calling one among them. */
  threads: number;
  /** Ends the other threads. */
  stop(): void;
}

/** Words of the threads' mailbox. */
const PUBLISHED = 0;
const CLAIMED = 1;
/** Threads that sleep until there is a task: waking them costs the one who does as much as a small block. */
const ASLEEP = 2;
const DONE = 3;
/** A power of two, so that counts may run over. */
const SLOTS = 16;
const TASKS = DONE + SLOTS;
/** Which kernel, and its seven arguments. */
const TASK_WORDS = 8;

const precisions: readonly Precision[] = ["double", "single"];

// Numbers: two blocks of B, so that the next is packed while the last is in use; then slots of A and C.
const SIZE_B = WIDTH * DEPTH;
const SIZE_A = HEIGHT * DEPTH;
const SIZE_C = (HEIGHT + 1) * WIDTH + 8;
const LENGTH = 2 * SIZE_B + SLOTS * (SIZE_A + SIZE_C);

/** So often somebody who waits looks before he sleeps: a fraction of a millisecond. */
const spins = 20_000;

/** Plain text, as a thread cannot be started from a TypeScript file in Node 20. */
const program = `
const { workerData: { mailbox, memory, modules } } = require("node:worker_threads");
const words = new Int32Array(mailbox);
const kernels = modules.map((module) => new WebAssembly.Instance(module, { env: { memory, scratch: 0 } }).exports.kernel);
for (let idle = 0; ; ) {
  const task = Atomics.load(words, ${CLAIMED});
  if (Atomics.load(words, ${PUBLISHED}) === task) {
    if (++idle <= ${spins}) continue;
    Atomics.add(words, ${ASLEEP}, 1);
    Atomics.wait(words, ${PUBLISHED}, task);
    Atomics.sub(words, ${ASLEEP}, 1);
  } else if (Atomics.compareExchange(words, ${CLAIMED}, task, (task + 1) | 0) === task) {
    idle = 0;
    const slot = task & ${SLOTS - 1};
    const at = ${TASKS} + ${TASK_WORDS} * slot;
    kernels[words[at]](...words.subarray(at + 1, at + ${TASK_WORDS}));
    Atomics.store(words, ${DONE} + slot, (task + 1) | 0);
    Atomics.notify(words, ${DONE} + slot);
  }
}
`;

/** A block of C that is to be copied out once its task is done. */
interface Waiting {
  task: number;
  at: number;
  height: number;
  width: number;
  onto: boolean;
}

/** `threads` of them, the calling one included; null where there are no worker threads, no shared memory, or no WebAssembly vectors. */
export function gemmTeam(threads: number): Team | null {
  const node = builtin("node:worker_threads");
  if (!node || threads < 2) return null;
  const workers: InstanceType<typeof node.Worker>[] = [];
  const stop = (): void => {
    for (const worker of workers) void worker.terminate();
  };
  try {
    const pages = Math.ceil((8 * LENGTH) / 65536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const relaxed = WebAssembly.validate(gemmModule("shared", true));
    const modules = precisions.map((precision) => new WebAssembly.Module(gemmModule("shared", relaxed, precision)));
    const mailbox = new SharedArrayBuffer(4 * (TASKS + TASK_WORDS * SLOTS));
    // Without this process's own options: `node --input-type=module -e ...` would make the program a module.
    const options = { eval: true, execArgv: [], workerData: { mailbox, memory, modules } };
    for (let i = 1; i < threads; i++) {
      const worker = new node.Worker(program, options);
      workers.push(worker);
      // One that cannot start claims no task.
      worker.on("error", () => {});
      // A process must be able to end while its threads sleep.
      worker.unref();
    }
    const words = new Int32Array(mailbox);
    const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory, scratch: 0 } }));
    const kernels = instances.map(({ exports }) => exports.kernel as (...args: number[]) => void);
    const gemms = precisions.map((precision, which) => {
      const numbers = precision === "double" ? new Float64Array(memory.buffer) : new Float32Array(memory.buffer);
      return shared({ words, kernels, which, numbers, threads, rows: tileRows(relaxed), columns: tileColumns(precision) });
    });
    return {
      gemm: (precision) => gemms[precisions.indexOf(precision)],
      threads,
      stop,
    };
  } catch {
    stop();
    return null;
  }
}

interface Shared {
  words: Int32Array;
  kernels: readonly ((...args: number[]) => void)[];
  /** The kernel of this precision. */
  which: number;
  numbers: Memory;
  threads: number;
  rows: number;
  columns: number;
}

function shared({ words, kernels, which, numbers, threads, rows, columns }: Shared): Gemm {
  const bytes = numbers.BYTES_PER_ELEMENT;
  const atA = (slot: number): number => 2 * SIZE_B + slot * (SIZE_A + SIZE_C);
  const atC = (slot: number): number => atA(slot) + SIZE_A;
  const slotOf = (task: number): number => task & (SLOTS - 1);

  /** Does a task that nobody has claimed; false where there is none. */
  const help = (): boolean => {
    const task = Atomics.load(words, CLAIMED);
    if (Atomics.load(words, PUBLISHED) === task) return false;
    if (Atomics.compareExchange(words, CLAIMED, task, (task + 1) | 0) !== task) return true;
    const at = TASKS + TASK_WORDS * slotOf(task);
    kernels[words[at]](...words.subarray(at + 1, at + TASK_WORDS));
    Atomics.store(words, DONE + slotOf(task), (task + 1) | 0);
    return true;
  };
  const wait = (task: number): void => {
    const done = DONE + slotOf(task);
    for (let spin = 0; ; ) {
      const seen = Atomics.load(words, done);
      if (seen === ((task + 1) | 0)) return;
      if (!help() && ++spin > spins) Atomics.wait(words, done, seen);
    }
  };

  return (C, A, B, m, n, k, onto) => {
    if (k === 0 && !onto) C.fill(0, 0, m * n);
    const waiting: Waiting[] = [];
    const finishOne = (): void => {
      const { task, at, height, width, onto } = waiting.shift() as Waiting;
      wait(task);
      copyOut(C, at, n, numbers, atC(slotOf(task)), height, width, onto);
    };
    // Enough blocks for everybody, of whole tiles in either kind of kernel.
    const most = Math.min(HEIGHT, 12 * Math.ceil(m / (24 * threads)));
    const transposed = { ...B, transposed: !B.transposed };
    /** The first task that reads the last block of B. */
    let last = words[PUBLISHED];
    let round = 0;
    for (let j = 0; j < n; j += WIDTH) {
      const width = Math.min(WIDTH, n - j);
      for (let l = 0; l < k; l += DEPTH, round++) {
        const depth = Math.min(DEPTH, k - l);
        // The block of B before the last makes room.
        while (waiting.length > 0 && ((waiting[0].task - last) | 0) < 0) finishOne();
        last = words[PUBLISHED];
        const atB = (round % 2) * SIZE_B;
        pack(numbers, atB, transposed, j, width, l, depth, columns);
        for (let i = 0; i < m; i += most) {
          if (waiting.length === SLOTS) finishOne();
          const height = Math.min(most, m - i);
          const task = words[PUBLISHED];
          const slot = slotOf(task);
          pack(numbers, atA(slot), A, i, height, l, depth, rows);
          const args = [
            bytes * atA(slot),
            bytes * atB,
            bytes * atC(slot),
            depth,
            Math.ceil(height / rows),
            Math.ceil(width / columns),
          ];
          words.set([which, ...args, bytes * width], TASKS + TASK_WORDS * slot);
          Atomics.store(words, PUBLISHED, (task + 1) | 0);
          if (Atomics.load(words, ASLEEP) > 0) Atomics.notify(words, PUBLISHED, 1);
          waiting.push({ task, at: i * n + j, height, width, onto: onto || l > 0 });
        }
      }
    }
    while (waiting.length > 0) finishOne();
  };
}
