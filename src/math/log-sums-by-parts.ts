import type { Rows } from "../row-store.ts";
import type { Call, Crew, Room } from "./kernels/crew.ts";
import { partsOf } from "./kernels/gemm-native.ts";
import { expConstants, numbersOfRow } from "./kernels/row-modules.ts";
import { type Logits, logitsOf, tiles, widthOf } from "./logits.ts";
import { currentCrew } from "./products.ts";

/** What is known of each row i of a block: as `FoundLogSums`, without the probabilities. @internal */
export interface PartedLogSums {
  /** The first class with the largest logit. */
  best: Int32Array;
  /** log of the sum of exp(logit), less the logit of its label. */
  crossEntropy: Float64Array;
}

/** The log sums of blocks of rows for a W of any size, which is gone through once a block: rows m x d and a class of each. @internal */
export interface LogSumsByParts {
  /** Null where a block of so many rows has no room. */
  of(H: Float64Array, labels: ArrayLike<number>, m: number): PartedLogSums | null;
  close(): void;
}

/** Numbers of W of a part: 32 MB, twice. */
const numbersOfPart = 2 ** 22;
const fewestColumns = 16;

/** `W`: K rows of d, wherever they lie; `b`: K. Null where there is no memory for it (`currentCrew`). Equal to the last bit for every number of threads. @internal */
export function logSumsByParts(W: Rows, b: Float64Array): LogSumsByParts | null {
  const { n: K, d } = W;
  const crew = currentCrew();
  if (!crew) return null;
  const parts = partsOf(K, Math.max(fewestColumns, Math.floor(numbersOfPart / d)));
  const widest = widthOf(parts.reduce((most, [, count]) => Math.max(most, count), 0));
  const kept = roomsIn(crew, [widest * d, widest * d, widest, widest, expConstants.length]);
  if (!kept) return null;
  // Two of each: while one part is multiplied the next is read and begun, and the last is summed.
  const [weights, biases, constants] = [kept.slice(0, 2), kept.slice(2, 4), kept[4]];
  constants.numbers.set(expConstants);
  let block: Block | null = null;
  /** Of tasks that may not be done, and native products that nobody has waited for. */
  let underWay: number[] = [];
  const begunNatively = new Set<{ wait(): void }>();
  const load = (p: number): Logits => {
    const [from, count] = parts[p];
    biases[p % 2].numbers.fill(Number.NEGATIVE_INFINITY).set(b.subarray(from, from + count));
    return logitsOf(crew, weights[p % 2], W, { from, count });
  };
  return {
    of(H, labels, m) {
      if (!block || block.m < m) {
        for (const room of block?.rooms ?? []) crew.giveBack(room);
        block = blockOf(crew, { m, d, widest });
      }
      if (!block) return null;
      const { left, logits, numbers, classes } = block;
      /** Begins the logits of a part: each of what it gives waits for them and has them summed. */
      const begin = (p: number, product: Logits): (() => number)[] => {
        const [from, count] = parts[p];
        const width = widthOf(count);
        const labelled = new Int32Array(crew.memory.buffer, classes[p % 2].at, m);
        for (let i = 0; i < m; i++) labelled[i] = isIn(labels[i], from, count) ? labels[i] - from : 0;
        return product.rows(m).map(([i, height]) => {
          const at = logits[p % 2].at + 8 * i * width;
          const results = numbers[p % 2].at + 8 * numbersOfRow * i;
          const places = [biases[p % 2].at, classes[p % 2].at + 4 * i, results, constants.at];
          const sums: Call = ["logSum", at, 8 * width, height, width, ...places];
          const begun = product.begin(left, i, height, at);
          if ("call" in begun) {
            const task = crew.publish([begun.call, sums]);
            underWay.push(task);
            return () => task;
          }
          begunNatively.add(begun);
          return () => {
            begun.wait();
            begunNatively.delete(begun);
            const task = crew.publish([sums]);
            underWay.push(task);
            return task;
          };
        });
      };
      const merged = emptySums(m);
      const settle = (p: number, tasks: readonly number[]): void => {
        for (const task of tasks) crew.wait(task);
        merge(merged, numbers[p % 2].numbers, parts[p], labels);
      };
      const first = load(0);
      for (const [i, height] of first.rows(m)) first.place(H, left, i, height);
      let begun = begin(0, first);
      let tasks: number[] = [];
      for (let p = 0; p < parts.length; p++) {
        if (p > 0) settle(p - 1, tasks);
        const next = p + 1 < parts.length ? begin(p + 1, load(p + 1)) : [];
        tasks = begun.map((finish) => finish());
        begun = next;
      }
      settle(parts.length - 1, tasks);
      underWay = [];
      const { top, rest, own, best } = merged;
      return { best, crossEntropy: top.map((t, i) => Math.log1p(rest[i]) + (t - own[i])) };
    },
    close() {
      // Where an error came between, threads may still be writing here.
      for (const task of underWay) crew.wait(task);
      for (const begun of begunNatively) settled(begun);
      for (const room of [...kept, ...(block?.rooms ?? [])]) crew.giveBack(room);
    },
  };
}

/** Waits for what was begun before an error; what it has to say itself comes too late. */
function settled(begun: { wait(): void }): void {
  try {
    begun.wait();
  } catch {}
}

const isIn = (label: number, from: number, count: number): boolean => label >= from && label < from + count;

/** Room for a block of m rows. */
interface Block {
  m: number;
  left: Room;
  logits: Room[];
  numbers: Room[];
  classes: Room[];
  /** All of it. */
  rooms: Room[];
}

function blockOf(crew: Crew, { m, d, widest }: { m: number; d: number; widest: number }): Block | null {
  const filled = tiles * Math.ceil(m / tiles);
  const two = (length: number): number[] => [length, length];
  const rooms = roomsIn(crew, [filled * d, ...two(filled * widest), ...two(numbersOfRow * m), ...two(m)]);
  if (!rooms) return null;
  const [left, ...rest] = rooms;
  return { m, left, logits: rest.slice(0, 2), numbers: rest.slice(2, 4), classes: rest.slice(4, 6), rooms };
}

/** Rooms of these lengths; null where there is none for one of them. */
function roomsIn(crew: Crew, lengths: readonly number[]): Room[] | null {
  const rooms = lengths.map((length) => crew.room(length));
  const there = rooms.filter((room): room is Room => room !== null);
  if (there.length === rooms.length) return there;
  for (const room of there) crew.giveBack(room);
  return null;
}

/** Of each row so far: the largest logit and its first class, the sum of exp of the others less the largest, the logit of its label. */
interface Sums {
  top: Float64Array;
  rest: Float64Array;
  own: Float64Array;
  best: Int32Array;
}

const emptySums = (m: number): Sums => ({
  top: new Float64Array(m).fill(Number.NEGATIVE_INFINITY),
  rest: new Float64Array(m),
  own: new Float64Array(m),
  best: new Int32Array(m),
});

/** Adds what a kernel found of the classes of a part: exp(top) (1 + rest) is the sum of all. */
function merge(
  { top, rest, own, best }: Sums,
  found: Float64Array,
  [from, count]: [number, number],
  labels: ArrayLike<number>,
): void {
  for (let i = 0; i < top.length; i++) {
    const at = numbersOfRow * i;
    const [t, r] = [found[at], found[at + 1]];
    if (isIn(labels[i], from, count)) own[i] = found[at + 2];
    if (t > top[i]) {
      rest[i] = r + (1 + rest[i]) * Math.exp(top[i] - t);
      top[i] = t;
      best[i] = from + found[at + 3];
    } else rest[i] += (1 + r) * Math.exp(t - top[i]);
  }
}
