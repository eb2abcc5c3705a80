import { builtin } from "../../builtin.ts";
import { inputError, WorkError } from "../../errors.ts";
import type { NativeProduct, NativeProducts, SharedProduct } from "../../native-products.ts";
import { mostThreads } from "./operators.ts";
import { DONE, FAILED, MESSAGE, NOT_LOADED, productModels, program, READY, STATE, WORDS } from "./product-thread.ts";
import { absentOnnx, doesNotLoad, placeOfOnnx } from "./runtime.ts";

/**
 * Products of matrices in ONNX Runtime's native code, on threads of their own (product-thread.ts), for `multiplyBy` of nclab/math: float64 with all that the processor's vectors hold, where WebAssembly has two numbers. `threads`: how many, 16 at
 * most; the numbers do not depend on it. The package is the optional `onnxruntime-node`, found as for `--backend onnx` of training. Throws InputError where it is not there.
 *
 * A thread of the runtime has one product, computed in an order that its sizes alone decide; the runtime's own threads, which cut products by their number, are not used.
 */
export function onnxProducts(threads: number): NativeProducts {
  if (!Number.isInteger(threads) || threads < 1) throw inputError("threads", "a positive integer", threads);
  const { path } = placeOfOnnx();
  const node = builtin("node:worker_threads");
  if (!node) throw absentOnnx("it needs Node");
  const count = Math.min(threads, mostThreads);
  const mailbox = new SharedArrayBuffer(4 * WORDS * count + MESSAGE);
  const words = new Int32Array(mailbox, 0, WORDS * count);
  const models = productModels();
  const workers = Array.from({ length: count }, (_, index) => {
    const workerData = { mailbox, index, threads: count, path, models };
    const worker = new node.Worker(program, { eval: true, execArgv: [], workerData, resourceLimits });
    // What goes wrong is told in the mailbox. A process must be able to end while its threads wait.
    worker.on("error", () => {});
    worker.unref();
    return worker;
  });
  /** Of each thread: the products that were begun, and the work of those that may not be done. */
  const begun = workers.map(() => 0);
  const owed = workers.map((): { place: number; work: number }[] => []);
  const message = (): string => {
    const bytes = Uint8Array.from(new Uint8Array(mailbox, words.byteLength));
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0) < 0 ? bytes.length : bytes.indexOf(0)));
  };
  const healthy = (thread: number): void => {
    const state = Atomics.load(words, WORDS * thread + STATE);
    if (state === NOT_LOADED) throw absentOnnx(doesNotLoad(message()));
    if (state === FAILED) throw new WorkError(`backend onnx: a product failed: ${message()}`);
  };
  /** What a thread still has to do, in multiplications. */
  const load = (thread: number): number => {
    const done = Atomics.load(words, WORDS * thread + DONE);
    const list = owed[thread];
    while (list.length > 0 && done - list[0].place >= 0) list.shift();
    return list.reduce((sum, { work }) => sum + work, 0);
  };
  /** Until a thread is not in native code, where its end would be that of the process (an exception that nobody catches). */
  const rest = (thread: number): void => {
    Atomics.wait(words, WORDS * thread + STATE, 0);
    const word = WORDS * thread + DONE;
    for (let done = Atomics.load(words, word); done < begun[thread]; done = Atomics.load(words, word))
      if (Atomics.wait(words, word, done, lookEvery) === "timed-out" && Atomics.load(words, WORDS * thread + STATE) !== READY)
        return;
  };
  return {
    threads: count,
    begin(product) {
      let thread = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let t = 0; t < count; t++) {
        const waiting = load(t);
        if (waiting < least) [thread, least] = [t, waiting];
      }
      const place = ++begun[thread];
      owed[thread].push({ place, work: workOf(product) });
      workers[thread].postMessage(product);
      return { thread, place };
    },
    wait({ thread, place }: NativeProduct) {
      const word = WORDS * thread + DONE;
      for (let done = Atomics.load(words, word); done < place; done = Atomics.load(words, word))
        // A thread that has failed may be at its end, and then answers no more: this one cannot hear of it while it waits, so it looks.
        if (Atomics.wait(words, word, done, lookEvery) === "timed-out") healthy(thread);
      healthy(thread);
    },
    check() {
      for (let thread = 0; thread < count; thread++) {
        Atomics.wait(words, WORDS * thread + STATE, 0);
        healthy(thread);
      }
    },
    close() {
      for (let thread = 0; thread < count; thread++) rest(thread);
      for (const worker of workers) void worker.terminate();
    },
  };
}

/** Threads see the shared memory of every product, and each keeps it from being freed until it collects: they make so little garbage that they had better do that after every megabyte. */
const resourceLimits = { maxYoungGenerationSizeMb: 1 };

/** Milliseconds between two looks at a thread that does not answer. */
const lookEvery = 500;

function workOf({ A, B }: SharedProduct): number {
  return A.rows * A.columns * (B.turned ? B.rows : B.columns);
}
