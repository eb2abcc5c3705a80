import { modelFile } from "./model-file.ts";

/**
 * What a thread of native products does, one product after the other: operands are copied out of the shared memory (the runtime takes none that is shared), multiplied by the runtime's own Gemm on this thread alone,
 * and the result is copied or added to its place.
 */

/** Words of a thread in the mailbox: products that are done, and how the thread is. */
export const WORDS = 2;
export const DONE = 0;
export const STATE = 1;
/** Of STATE, which begins as 0. */
export const READY = 1;
export const NOT_LOADED = 2;
export const FAILED = 3;
/** Bytes of the message of what went wrong, after the words of all threads. */
export const MESSAGE = 1024;

/** The models of products by precision and by which operands are turned: `single01` has B turned. */
export function productModels(): Record<string, Uint8Array> {
  const models: Record<string, Uint8Array> = {};
  for (const double of [true, false])
    for (const transA of [0, 1])
      for (const transB of [0, 1])
        models[`${double ? "double" : "single"}${transA}${transB}`] = modelFile({
          nodes: [{ type: "Gemm", inputs: ["A", "B"], outputs: ["C"], attributes: { transA, transB } }],
          constants: [],
          inputs: ["A", "B"].map((name) => ({ name, shape: [`${name}0`, `${name}1`], double })),
          outputs: [{ name: "C", shape: ["C0", "C1"], double }],
        });
  return models;
}

/** Numbers of factors that a thread keeps, 46 MB of float64, or those of one factor. */
const mostKept = 11 * 2 ** 19;

/** Room of so much more than is needed is not taken again. */
const mostSpare = 1.5;

/** Rows of a multiple of this many bytes all begin at the same lines of the processor's cache, where few of them can be at a time. */
const aliased = 4096;
/** Shorter rows do not need all of those lines. */
const shortestAliased = 4 * aliased;
/** Bytes of zeros after each such row: two lines. */
const padding = 128;

/** Plain text, as a thread cannot be started from a TypeScript file in Node 20. */
export const program: string = `
const { parentPort, workerData: { mailbox, index, threads, path, models } } = require("node:worker_threads");
const words = new Int32Array(mailbox, 0, ${WORDS} * threads);
const [done, state] = [${WORDS} * index + ${DONE}, ${WORDS} * index + ${STATE}];
const message = new Uint8Array(mailbox, words.byteLength);
const become = (next) => {
  Atomics.store(words, state, next);
  Atomics.notify(words, state);
};
const fail = (how, error) => {
  message.fill(0);
  message.set(new TextEncoder().encode(String(error?.message ?? error)).subarray(0, message.length));
  become(how);
};
// A thread that ends, for whatever reason, never answers: who waits for it must hear so.
process.on("exit", (code) => {
  if (Atomics.load(words, state) !== ${NOT_LOADED} && Atomics.load(words, state) !== ${FAILED}) fail(${FAILED}, "its thread ended with code " + code);
  Atomics.notify(words, done);
});
const sessions = {};
const session = (name) =>
  (sessions[name] ??= runtime.InferenceSession.create(models[name], { intraOpNumThreads: 1, interOpNumThreads: 1 }));
let runtime = null;
const loaded = (async () => {
  try {
    runtime = require(path);
    await session("double01");
    become(${READY});
  } catch (error) {
    runtime = null;
    fail(${NOT_LOADED}, error);
  }
})();

const rooms = {};
/** Numbers of our own, which the next product overwrites. */
const room = (use, Numbers, length) => {
  const known = rooms[use + Numbers.name];
  if (known && known.length >= length) return known.subarray(0, length);
  return (rooms[use + Numbers.name] = new Numbers(length));
};
/** A matrix to the beginning of numbers, each row followed by so many zeros. */
const copied = (to, from, { at, rows, columns, stride }, zeros) => {
  const first = at / from.BYTES_PER_ELEMENT;
  const step = columns + zeros;
  if (zeros === 0 && (stride === columns || rows === 1)) to.set(from.subarray(first, first + rows * columns));
  else
    for (let i = 0; i < rows; i++) {
      to.set(from.subarray(first + i * stride, first + i * stride + columns), i * step);
      if (zeros > 0) to.fill(0, i * step + columns, i * step + step);
    }
  return to;
};
/** Factors by their versions, the last used at the end. The last argument: what the other factor of the product lies in. */
const kept = new Map();
const factorOf = (use, Numbers, from, matrix, zeros, other) => {
  const size = matrix.rows * (matrix.columns + zeros);
  if (matrix.version === undefined || size > ${mostKept}) return copied(room(use, Numbers, size), from, matrix, zeros);
  const key = matrix.version + " " + zeros;
  let numbers = kept.get(key);
  kept.delete(key);
  if (!numbers) {
    let total = size;
    for (const one of kept.values()) total += one.length;
    for (const [version, one] of kept) {
      if (total <= ${mostKept}) break;
      kept.delete(version);
      total -= one.length;
      // What leaves makes room for what comes: memory that is new has to be cleared first.
      if (one.buffer !== other && one instanceof Numbers && one.length >= size && one.length < ${mostSpare} * size) numbers = one;
    }
    numbers = copied(numbers ?? new Numbers(size), from, matrix, zeros);
  }
  kept.set(key, numbers);
  return numbers.subarray(0, size);
};
/** Zeros that change no sum: after the rows of both factors where these are what is added up. */
const zerosOf = (Numbers, A, B) => {
  const bytes = A.columns * Numbers.BYTES_PER_ELEMENT;
  const needed = !A.turned && B.turned && bytes >= ${shortestAliased} && bytes % ${aliased} === 0;
  return needed ? ${padding} / Numbers.BYTES_PER_ELEMENT : 0;
};
const multiply = async ({ memory, single, A, B, C, onto }) => {
  const Numbers = single ? Float32Array : Float64Array;
  const type = single ? "float32" : "float64";
  const all = (memory) => new Numbers(memory, 0, Math.floor(memory.byteLength / Numbers.BYTES_PER_ELEMENT));
  const [from, to] = [all(memory), all(C.memory)];
  const m = A.turned ? A.columns : A.rows;
  const n = B.turned ? B.rows : B.columns;
  const zeros = zerosOf(Numbers, A, B);
  const tensor = (numbers, { rows, columns }) => new runtime.Tensor(type, numbers, [rows, columns + zeros]);
  const a = factorOf("A", Numbers, from, A, zeros);
  const b = factorOf("B", Numbers, from, B, zeros, a.buffer);
  const feeds = { A: tensor(a, A), B: tensor(b, B) };
  const c = room("C", Numbers, m * n);
  const name = (single ? "single" : "double") + Number(A.turned) + Number(B.turned);
  await (await session(name)).run(feeds, { C: new runtime.Tensor(type, c, [m, n]) });
  const at = C.at / Numbers.BYTES_PER_ELEMENT;
  if (onto) {
    for (let i = 0; i < m; i++)
      for (let j = 0, place = at + i * C.stride, e = i * n; j < n; j++, place++, e++) to[place] += c[e];
  } else if (C.stride === n) to.set(c, at);
  else for (let i = 0; i < m; i++) to.set(c.subarray(i * n, i * n + n), at + i * C.stride);
};
let last = loaded;
parentPort.on("message", (product) => {
  last = last.then(async () => {
    try {
      if (runtime) await multiply(product);
    } catch (error) {
      fail(${FAILED}, error);
    }
    Atomics.add(words, done, 1);
    Atomics.notify(words, done);
  });
});
`;
