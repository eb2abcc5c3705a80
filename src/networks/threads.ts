/**
 * Threads for the array library's WebAssembly backend in Node.
 *
 * The library cuts each kernel into parts for a pool of web workers, where a global `Worker` is there. Node has none; this file makes one
 * that answers the pool's messages. It differs from a browser's worker where that saves time, as a training step is some hundred kernels
 * of which most take less than a message's way there and back:
 *
 * - The pool's first worker is the calling thread itself, as are those of cores that are not to be used. A kernel too small to be cut costs no message at all.
 * - The others wait in shared memory (`Atomics`) and are told where to work by numbers, after each kernel's code has reached them once.
 * - The calling thread does its part and then waits for theirs, so that no event loop stands between two kernels.
 *
 * How a kernel is cut does not change its numbers: each value is computed by one thread, in one order. A test holds threads to that.
 *
 * A kernel can be replaced by another of the same meaning (`replaceKernel`); products.ts does so with products of matrices, which it knows by the kernels that the
 * library sends for them alone (`kernelsOf`).
 */
import { builtin } from "../builtin.ts";
import { scratchBytes } from "./product-kernel.ts";

type WorkerThreads = typeof import("node:worker_threads");

/** Kernels and routines as the pool sends them. */
type Message = { type: "init"; memory: WebAssembly.Memory } | KernelMessage | { type: "routine" };

/** A part of a kernel's work: entries [begin, end) of its output. `ptrs`: where its arrays lie, the output last. */
export interface KernelMessage {
  type: "kernel";
  /** The library's own name of the kernel: what it computes, and from what shapes. */
  kernelHash: string;
  module: WebAssembly.Module;
  ptrs: number[];
  begin: number;
  end: number;
}

type Answer = (event: { data: unknown }) => void;

/** What the pool needs of a worker. */
export interface PoolWorker {
  onmessage: Answer | null;
  onerror: ((error: Error) => void) | null;
  postMessage(message: Message): void;
  terminate(): void;
}

/** Words of a thread's mailbox: turn (a count of messages), answered (the same count when done), failed, arguments. */
const turn = 0;
const answered = 1;
const failed = 2;
const header = 3;
/** A kernel has at most 64 arrays, one of them its output, and two bounds; a word says which kernel. */
const mailboxWords = header + 72;

/**
 * A thread's program: waits for its turn, takes a kernel's code if it is new, runs its part. Plain text, as a thread cannot be started from
 * a TypeScript file in Node 20. Where it has had nothing to do for a moment it sleeps until it is woken.
 */
const program = `
const { workerData: { mailbox, port, memory }, receiveMessageOnPort } = require("node:worker_threads");
const words = new Int32Array(mailbox);
const kernels = [];
port.postMessage("ready");
for (let seen = 0; ; ) {
  for (let spin = 0; spin < 20000 && Atomics.load(words, ${turn}) === seen; spin++);
  while (Atomics.load(words, ${turn}) === seen) Atomics.wait(words, ${turn}, seen);
  seen++;
  try {
    const [id, count] = [words[${header}], words[${header + 1}]];
    if (!kernels[id]) {
      const { module, scratch } = receiveMessageOnPort(port).message;
      kernels[id] = new WebAssembly.Instance(module, { env: { memory, scratch } }).exports.kernel;
    }
    kernels[id](...words.subarray(${header + 2}, ${header + 2} + count));
  } catch {
    Atomics.store(words, ${failed}, 1);
  }
  Atomics.store(words, ${answered}, seen);
  Atomics.notify(words, ${answered});
}
`;

let threads = 1;

/** Whether kernels pass through here: in Node. */
let passing = false;
/** While somebody wants to know the kernels: told each part, says whether it is to be run. */
let listener: ((message: KernelMessage) => boolean) | null = null;
/** By the library's name of the kernel. */
const replaced = new Map<string, WebAssembly.Module>();
/** Memory of the replacements: where it begins; `scratchBytes` for each of the pool's workers. */
let scratch = 0;

/**
 * How many threads share each kernel on WebAssembly in Node, the calling one among them (1 unless told). Read at the first kernel. A training
 * alone is faster with one a core, several side by side with one each. The numbers do not depend on it.
 */
export function useThreads(count: number): void {
  threads = count;
}

/** Whether kernels can be replaced here: not where the library has workers of the browser's. */
export const canReplaceKernels = (): boolean => passing;

/** How many workers the pool has, each of which may run a replacement at the same time as the others. */
export const poolSize = (): number => builtin("node:os")?.availableParallelism() ?? 1;

/**
 * The kernels that the library sends until `work` is done, which waits for its results. Those of which `skip` says so are not run: as slow as they may be, only
 * their names are wanted.
 */
export async function kernelsOf(
  work: () => Promise<void>,
  skip: (message: KernelMessage) => boolean = () => false,
): Promise<KernelMessage[]> {
  const sent: KernelMessage[] = [];
  listener = (message) => {
    // Each worker is sent a part.
    if (message.begin === 0) sent.push(message);
    return !skip(message);
  };
  try {
    await work();
  } finally {
    listener = null;
  }
  return sent;
}

/** Whether another stands for the library's kernel of that name. */
export const isReplaced = (kernelHash: string): boolean => replaced.has(kernelHash);

/**
 * From now on `module` stands for the library's kernel of that name, which must not have run yet. It gets the same arguments and imports `env.memory` and
 * `env.scratch`, the address of `scratchBytes` for its own use; `at` is where those of all the pool's workers begin.
 */
export function replaceKernel(kernelHash: string, module: WebAssembly.Module, at: number): void {
  replaced.set(kernelHash, module);
  scratch = at;
}

/**
 * The class that the library's pool finds as `Worker` in Node: it asks for one a core, of which all beyond `threads` are the calling thread. Null where there are web workers, or no worker threads.
 */
export function nodeWorker(): (new (url: string) => PoolWorker) | null {
  const nodeThreads = builtin("node:worker_threads");
  if (!nodeThreads || (globalThis as { Worker?: unknown }).Worker) return null;
  let made = 0;
  passing = true;
  return class {
    constructor(url: string) {
      const index = made++;
      // biome-ignore lint/correctness/noConstructorReturn: the pool says `new Worker(url)`, and its workers are of two kinds.
      return index > 0 && index < threads ? thread(nodeThreads as WorkerThreads, index) : callingThread(url, index);
    }
  } as new (
    url: string,
  ) => PoolWorker;
}

/** The library's own worker program, run in this thread once the pool has sent everybody their part. */
function callingThread(url: string, index: number): PoolWorker {
  const self: { onmessage: Answer | null } = { onmessage: null };
  const kernels = new Map<string, (...args: number[]) => void>();
  let memory: WebAssembly.Memory;
  const run = ({ kernelHash, ptrs, begin, end }: KernelMessage, module: WebAssembly.Module): void => {
    let kernel = kernels.get(kernelHash);
    if (!kernel) {
      const imports = { env: { memory, scratch: scratch + index * scratchBytes } };
      kernel = new WebAssembly.Instance(module, imports).exports.kernel as (...args: number[]) => void;
      kernels.set(kernelHash, kernel);
    }
    kernel(...ptrs, begin, end);
  };
  const worker: PoolWorker = {
    onmessage: null,
    onerror: null,
    postMessage(message) {
      if (message.type === "init") memory = message.memory;
      const wanted = message.type !== "kernel" || !listener || listener(message);
      const module = message.type === "kernel" ? replaced.get(message.kernelHash) : undefined;
      void started.then(() => {
        if (wanted && !module) return self.onmessage?.({ data: message });
        try {
          if (wanted && module) run(message as KernelMessage, module);
          answer({ type: "done", ok: true });
        } catch (error) {
          answer({ type: "done", ok: false, error: String(error) });
        }
      });
    },
    terminate() {},
  };
  const answer = (data: unknown): void => worker.onmessage?.({ data });
  const started = (async () => {
    const source = await builtin("node:buffer")?.resolveObjectURL(url)?.text();
    new Function("self", "postMessage", source ?? "")(self, answer);
  })();
  started.catch((error: Error) => worker.onerror?.(error));
  return worker;
}

function thread({ Worker, MessageChannel }: WorkerThreads, index: number): PoolWorker {
  const mailbox = new SharedArrayBuffer(4 * mailboxWords);
  const words = new Int32Array(mailbox);
  const { port1, port2 } = new MessageChannel();
  const ids = new Map<string, number>();
  let turns = 0;
  let running: InstanceType<WorkerThreads["Worker"]> | null = null;
  const start = (memory: WebAssembly.Memory): void => {
    // Without this process's own options: `node --input-type=module -e ...` would make the program a module.
    const options = { eval: true, execArgv: [], workerData: { mailbox, port: port2, memory }, transferList: [port2] };
    running = new Worker(program, options);
    running.on("error", (error) => worker.onerror?.(error as Error));
    port1.once("message", () => {
      // A process must be able to end while its threads sleep.
      running?.unref();
      port1.unref();
      worker.onmessage?.({ data: { type: "ready" } });
    });
  };
  const finish = (): void => {
    for (let spin = 0; spin < 20_000 && Atomics.load(words, answered) !== turns; spin++);
    while (Atomics.load(words, answered) !== turns) Atomics.wait(words, answered, turns - 1);
    const ok = Atomics.exchange(words, failed, 0) === 0;
    worker.onmessage?.({ data: { ok, error: ok ? undefined : "a kernel failed in a thread" } });
  };
  const worker: PoolWorker = {
    onmessage: null,
    onerror: null,
    postMessage(message) {
      if (message.type === "init") {
        start(message.memory);
      } else if (message.type === "kernel" && listener && !listener(message)) {
        queueMicrotask(() => worker.onmessage?.({ data: { type: "done", ok: true } }));
      } else if (message.type === "kernel") {
        const { kernelHash, module, ptrs, begin, end } = message;
        let id = ids.get(kernelHash);
        if (id === undefined) {
          id = ids.size;
          ids.set(kernelHash, id);
          port1.postMessage({ module: replaced.get(kernelHash) ?? module, scratch: scratch + index * scratchBytes });
        }
        words.set([id, ptrs.length + 2, ...ptrs, begin, end], header);
        Atomics.store(words, turn, ++turns);
        Atomics.notify(words, turn);
        queueMicrotask(finish);
      } else throw new Error(`unexpected message to a thread: ${message.type}`);
    },
    terminate: () => void running?.terminate(),
  };
  return worker;
}
