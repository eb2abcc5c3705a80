import { builtin } from "../../builtin.ts";
import { gemmModule, type Precision } from "./gemm-module.ts";
import { logSumModule, onPlaceModule } from "./row-modules.ts";

/**
 * Threads that run kernels over one shared WebAssembly memory, in Node: the calling one publishes tasks, and they are done by whoever is free, the calling one among them while it waits. Who does what changes no bit: a task
 * writes what no task beside it reads or writes.
 *
 * Tasks are numbered and claimed in order (`claimed` of those `published`), each in a place of a ring. A thread that has not started yet, or never does, claims nothing, so that nobody waits for it.
 */
export interface Crew {
  /** How many threads there are, the calling one among them. */
  readonly threads: number;
  /** Whether the kernels' products are rounded once (relaxed SIMD). */
  readonly relaxed: boolean;
  readonly memory: WebAssembly.Memory;
  /** Calls of kernels, one after the other, that somebody is to make; the number of the task. */
  publish(calls: readonly Call[]): number;
  /** Until a task is done; other tasks are done meanwhile. */
  wait(task: number): void;
  /** Room for so many numbers, which only who asked for it uses until it is given back; null: there is none. Where it lies is in bytes. */
  room(length: number): Room | null;
  giveBack(room: Room): void;
  /** Ends the other threads, once all tasks are done. */
  stop(): void;
}

/** A part of the shared memory. */
export interface Room {
  /** Its first byte. */
  readonly at: number;
  readonly numbers: Float64Array;
}

/** A kernel and its arguments. */
export type Call = readonly [kernel: Kernel, ...args: number[]];

const kernels = ["double", "single", "onPlace", "logSum"] as const;
export type Kernel = (typeof kernels)[number];

/** Words of the threads' mailbox. */
const PUBLISHED = 0;
const CLAIMED = 1;
/** Threads that sleep until there is a task: waking them costs the one who does as much as a small block. */
const ASLEEP = 2;
const DONE = 3;
/** Places of the ring, a power of two, so that counts may run over. */
const PLACES = 128;
const TASKS = DONE + PLACES;
/** Of a call: which kernel, and its arguments, as many as any has. */
const CALL_WORDS = 10;
/** How many calls, and up to two of them. */
const TASK_WORDS = 1 + 2 * CALL_WORDS;

/** So often somebody who waits looks before he sleeps: a fraction of a millisecond. */
const spins = 20_000;

/** Pages of 64 kB that the memory may have: 1 GB. */
const mostPages = 2 ** 14;

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
    const place = task & ${PLACES - 1};
    const at = ${TASKS} + ${TASK_WORDS} * place;
    for (let call = 0, from = at + 1; call < words[at]; call++, from += ${CALL_WORDS})
      kernels[words[from]](...words.subarray(from + 1, from + ${CALL_WORDS}));
    Atomics.store(words, ${DONE} + place, (task + 1) | 0);
    Atomics.notify(words, ${DONE} + place);
  }
}
`;

/** `threads` of them, the calling one included; null where there are no worker threads (for one alone none are needed), no shared memory, or no WebAssembly vectors. */
export function crewOf(threads: number): Crew | null {
  const node = threads > 1 ? builtin("node:worker_threads") : null;
  if (threads > 1 && !node) return null;
  const workers: { terminate(): unknown }[] = [];
  const end = (): void => {
    for (const worker of workers) void worker.terminate();
    workers.length = 0;
  };
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true });
    const relaxed = WebAssembly.validate(gemmModule("shared", true));
    const compiled = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module => new WebAssembly.Module(bytes);
    const gemm = (precision: Precision): WebAssembly.Module => compiled(gemmModule("shared", relaxed, precision));
    const modules = [gemm("double"), gemm("single"), compiled(onPlaceModule(relaxed)), compiled(logSumModule())];
    const mailbox = new SharedArrayBuffer(4 * (TASKS + TASK_WORDS * PLACES));
    // Without this process's own options: `node --input-type=module -e ...` would make the program a module.
    const options = { eval: true, execArgv: [], workerData: { mailbox, memory, modules } };
    for (let i = 1; node && i < threads; i++) {
      const worker = new node.Worker(program, options);
      workers.push(worker);
      // One that cannot start claims no task.
      worker.on("error", () => {});
      // A process must be able to end while its threads sleep.
      worker.unref();
    }
    const run = modules.map((module) => {
      const { exports } = new WebAssembly.Instance(module, { env: { memory, scratch: 0 } });
      return exports.kernel as (...args: number[]) => void;
    });
    return { threads, relaxed, memory, ...tasksIn(new Int32Array(mailbox), run, end), ...roomsIn(memory) };
  } catch {
    end();
    return null;
  }
}

/** Tasks of a mailbox, done by whoever is free. */
function tasksIn(
  words: Int32Array,
  run: readonly ((...args: number[]) => void)[],
  end: () => void,
): Pick<Crew, "publish" | "wait" | "stop"> {
  const placeOf = (task: number): number => task & (PLACES - 1);
  /** Does a task that nobody has claimed; false where there is none. */
  const help = (): boolean => {
    const task = Atomics.load(words, CLAIMED);
    if (Atomics.load(words, PUBLISHED) === task) return false;
    if (Atomics.compareExchange(words, CLAIMED, task, (task + 1) | 0) !== task) return true;
    const at = TASKS + TASK_WORDS * placeOf(task);
    for (let call = 0, from = at + 1; call < words[at]; call++, from += CALL_WORDS)
      run[words[from]](...words.subarray(from + 1, from + CALL_WORDS));
    Atomics.store(words, DONE + placeOf(task), (task + 1) | 0);
    return true;
  };
  /** Done, or so long ago that another has its place. */
  const isDone = (task: number, seen: number): boolean => ((seen - task - 1) | 0) >= 0;
  const wait = (task: number): void => {
    const done = DONE + placeOf(task);
    for (let spin = 0; ; ) {
      const seen = Atomics.load(words, done);
      if (isDone(task, seen)) return;
      if (!help() && ++spin > spins) Atomics.wait(words, done, seen);
    }
  };
  return {
    wait,
    publish(calls) {
      const task = words[PUBLISHED];
      // Who had this place in the ring makes room.
      if (task >= PLACES || task < 0) wait((task - PLACES) | 0);
      const at = TASKS + TASK_WORDS * placeOf(task);
      words[at] = calls.length;
      calls.forEach(([kernel, ...args], call) => {
        words.set([kernels.indexOf(kernel), ...args], at + 1 + CALL_WORDS * call);
      });
      Atomics.store(words, PUBLISHED, (task + 1) | 0);
      if (Atomics.load(words, ASLEEP) > 0) Atomics.notify(words, PUBLISHED, 1);
      return task;
    },
    stop() {
      const published = words[PUBLISHED];
      const begun = published >= 0 && published < PLACES ? published : PLACES;
      for (let back = begun; back > 0; back--) wait((published - back) | 0);
      end();
    },
  };
}

/** Rooms of the memory, of whole pages; one that was given back goes to whoever asks for as much. */
function roomsIn(memory: WebAssembly.Memory): Pick<Crew, "room" | "giveBack"> {
  const free = new Map<number, number[]>();
  const page = 65536;
  // The first page is nobody's.
  let end = page;
  return {
    room(length) {
      const bytes = page * Math.ceil((8 * length) / page);
      let at = free.get(bytes)?.pop();
      if (at === undefined) {
        const missing = (end + bytes - memory.buffer.byteLength) / page;
        try {
          if (missing > 0) memory.grow(missing);
        } catch {
          return null;
        }
        at = end;
        end += bytes;
      }
      return { at, numbers: new Float64Array(memory.buffer, at, length) };
    },
    giveBack({ at, numbers }) {
      const bytes = page * Math.ceil((8 * numbers.length) / page);
      const known = free.get(bytes);
      if (known) known.push(at);
      else free.set(bytes, [at]);
    },
  };
}
