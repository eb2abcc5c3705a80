import { rowsIn } from "../row-store.ts";
import type { Call, Room } from "./kernels/crew.ts";
import { expConstants, numbersOfRow } from "./kernels/row-modules.ts";
import { logitsOf, tiles, widthOf } from "./logits.ts";
import { currentCrew } from "./products.ts";

/** The logits W h + b of blocks of rows h, and what a cross-entropy needs of them. The threads may be at work on a block while the caller prepares the next. @internal */
export interface LogSums {
  /** A block: rows m x d, which are read at once, and a class of each. */
  begin(H: Float64Array, labels: ArrayLike<number>, m: number): LogSumsOfBlock;
  /** Afterwards nothing can be begun. */
  close(): void;
}

/** Of a block. @internal */
export interface LogSumsOfBlock {
  /** Waits until all is there, and hands it over: what is seen in `use` does not last. */
  finish(use: (found: FoundLogSums) => void): void;
}

/** What is known of each row i. @internal */
export interface FoundLogSums {
  labels: Int32Array;
  /** The first class with the largest logit. */
  best(i: number): number;
  /** log of the sum of exp(logit), less the logit of its label. */
  crossEntropy(i: number): number;
  /** q - p to `to`, from `at` on: 1 for its label and 0 elsewhere, less the probabilities. K numbers. */
  force(i: number, to: Float64Array, at: number): void;
}

/** Numbers of W up to which it is kept: 256 MB. */
const mostKept = 2 ** 25;

/** `W`: K x d, `b`: K. Null where W is too large to be kept, or there is no such memory (`currentCrew`). Equal to the last bit for every number of threads. @internal */
export function logSums(W: Float64Array, b: Float64Array, K: number, d: number): LogSums | null {
  const crew = K * d > mostKept ? null : currentCrew();
  if (!crew) return null;
  const width = widthOf(K);
  const kept: Room[] = [];
  const roomIn = (rooms: Room[], length: number): Room => {
    const room = crew.room(length);
    if (!room) throw new RangeError(`logSums: no memory for ${length} numbers`);
    rooms.push(room);
    return room;
  };
  const product = logitsOf(crew, roomIn(kept, width * d), rowsIn(W, K, d), { from: 0, count: K });
  const bias = roomIn(kept, width);
  bias.numbers.fill(Number.NEGATIVE_INFINITY).set(b);
  const constants = roomIn(kept, expConstants.length);
  constants.numbers.set(expConstants);
  return {
    begin(H, labels, m) {
      const own: Room[] = [];
      const left = roomIn(own, product.length(m));
      const logits = roomIn(own, tiles * Math.ceil(m / tiles) * width);
      const numbers = roomIn(own, numbersOfRow * m);
      const classes = roomIn(own, m);
      const copied = new Int32Array(crew.memory.buffer, classes.at, m);
      copied.set(labels);
      const tasks: (() => number)[] = [];
      for (const [i, height] of product.rows(m)) {
        const at = logits.at + 8 * i * width;
        const places = [bias.at, classes.at + 4 * i, numbers.at + 8 * numbersOfRow * i, constants.at];
        const sums: Call = ["logSum", at, 8 * width, height, width, ...places];
        product.place(H, left, i, height);
        const begun = product.begin(left, i, height, at);
        if ("call" in begun) {
          const task = crew.publish([begun.call, sums]);
          tasks.push(() => task);
        } else
          tasks.push(() => {
            begun.wait();
            return crew.publish([sums]);
          });
      }
      const of = (i: number, which: number): number => numbers.numbers[numbersOfRow * i + which];
      return {
        finish(use) {
          for (const task of tasks.map((published) => published())) crew.wait(task);
          use({
            labels: copied,
            best: (i) => of(i, 3),
            crossEntropy: (i) => Math.log1p(of(i, 1)) + (of(i, 0) - of(i, 2)),
            force(i, to, at) {
              const sum = 1 + of(i, 1);
              for (let c = 0; c < K; c++) to[at + c] = (c === copied[i] ? 1 : 0) - logits.numbers[i * width + c] / sum;
            },
          });
          for (const room of own) crew.giveBack(room);
        },
      };
    },
    close() {
      for (const room of kept) crew.giveBack(room);
    },
  };
}
