import { builtin } from "../../builtin.ts";

/** One of the other threads of a team. */
export interface OtherThread {
  /** Gives it the next kernel. */
  send(module: WebAssembly.Module): void;
  /** Tells it that there is a table to go through, where it does not see for itself. */
  wake(): void;
  stop(): void;
}

/** What a thread is given at its start; `control` and `entry`: where words lie (team.ts). */
export interface ThreadData {
  memory: WebAssembly.Memory;
  scratch: number;
  control: Readonly<Record<"turn" | "open" | "active" | "table" | "count" | "failed" | "kernels", number>>;
  entry: Readonly<Record<string, number>>;
  spins: number;
}

/**
 * How threads are started here: Node's worker threads; or, in a web worker of a page that may share memory, workers of its own. Null elsewhere (in a page's main thread nobody may wait). `functions`: texts of the
 * two functions of team.ts that every thread needs.
 */
export function threadStarter(functions: { through: string; waitFor: string }): ((data: ThreadData) => OtherThread) | null {
  const node = builtin("node:worker_threads");
  if (node) return (data) => nodeThread(node, nodeProgram(functions), data);
  const scope = globalThis as { crossOriginIsolated?: boolean; WorkerGlobalScope?: unknown };
  if (scope.crossOriginIsolated !== true || scope.WorkerGlobalScope === undefined || typeof Worker === "undefined") return null;
  return (data) => webThread(webProgram(functions), data);
}

/** How many threads this machine runs at a time. */
export const coresHere = (): number =>
  builtin("node:os")?.availableParallelism() ??
  (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
  1;

/** One turn: with the others through the table, if there still is one. A thread that is so late that this is the next one's, of kernels that have not arrived, stays out of it. Text, as a thread cannot be started from a TypeScript file in Node 20, and a page's policy wants no file beside its own. */
const turnText = ({ through, waitFor }: { through: string; waitFor: string }): string => `
const goThrough = (${through});
const waitFor = (${waitFor});
const kernels = [];
function turn({ memory, control, entry, spins }) {
  let words = new Int32Array(memory.buffer);
  Atomics.add(words, control.active, 1);
  try {
    if (Atomics.load(words, control.open) === 1 && kernels.length >= words[control.kernels]) {
      const wait = (at, until) => waitFor(words, at, until, spins);
      goThrough({ words, table: words[control.table], count: words[control.count], kernels, entry, plain: null, wait });
    }
  } catch {
    Atomics.store(words, control.failed, 1);
  }
  Atomics.sub(words, control.active, 1);
  Atomics.notify(words, control.active);
}
const kernel = (module, { memory, scratch }) => new WebAssembly.Instance(module, { env: { memory, scratch } }).exports.kernel;
`;

/** It sees a turn by a word. The kernels made since the last turn are messages that have arrived before it. */
const nodeProgram = (functions: { through: string; waitFor: string }): string => `
const { workerData: { data, port }, receiveMessageOnPort } = require("node:worker_threads");
${turnText(functions)}
const words = new Int32Array(data.memory.buffer);
for (let seen = 0; ; ) {
  for (let spin = 0; spin < data.spins && Atomics.load(words, data.control.turn) === seen; spin++);
  while (Atomics.load(words, data.control.turn) === seen) Atomics.wait(words, data.control.turn, seen);
  seen = Atomics.load(words, data.control.turn);
  for (let got; (got = receiveMessageOnPort(port)); ) kernels.push(kernel(got.message, data));
  turn(data);
}
`;

/** It is told of kernels and turns by messages, in their order. */
const webProgram = (functions: { through: string; waitFor: string }): string => `
${turnText(functions)}
let data = null;
onmessage = (event) => {
  if (event.data instanceof WebAssembly.Module) kernels.push(kernel(event.data, data));
  else if (event.data === "turn") turn(data);
  else data = event.data;
};
`;

function nodeThread(
  { Worker, MessageChannel }: typeof import("node:worker_threads"),
  program: string,
  data: ThreadData,
): OtherThread {
  const { port1, port2 } = new MessageChannel();
  // Without this process's own options: `node --input-type=module -e ...` would make the program a module.
  const worker = new Worker(program, { eval: true, execArgv: [], workerData: { data, port: port2 }, transferList: [port2] });
  // One that cannot start helps nobody and stops nobody.
  worker.on("error", () => {});
  // A process must be able to end while its threads sleep.
  worker.unref();
  port1.unref();
  return {
    send: (module) => port1.postMessage(module),
    wake() {},
    stop: () => void worker.terminate(),
  };
}

function webThread(program: string, data: ThreadData): OtherThread {
  const address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.postMessage(data);
  return {
    send: (module) => worker.postMessage(module),
    wake: () => worker.postMessage("turn"),
    stop() {
      worker.terminate();
      URL.revokeObjectURL(address);
    },
  };
}
