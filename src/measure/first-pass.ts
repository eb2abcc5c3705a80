import { inputError } from "../errors.ts";
import { type RowStorage, type RowStore, rowsIn } from "../row-store.ts";
import { largestSize } from "./range.ts";

/**
 * First pass over the features: class counts, class sums, sum of |h|^2. States add up: any order of blocks and any number of shards
 * give the same numbers up to rounding (sums are formed a block at a time, so the error does not grow with N).
 */
export interface ClassSums {
  /** Number of classes. */
  readonly K: number;
  /** Feature dimension. */
  readonly d: number;
  /** Samples of each class so far. */
  counts: Float64Array;
  /** K x d. */
  readonly sums: Float64Array;
  /** The same by rows, where they may lie on a disk. @internal */
  readonly stored?: RowStore;
  /** sum_i |h_i|^2. */
  squares: number;
}

/** One block of samples: features n x d (row-major), labels 0..K-1. */
export interface Block {
  /** Samples. */
  n: number;
  /** n x d, row-major. */
  features: Float32Array | Float64Array;
  /** n class indices. */
  labels: ArrayLike<number>;
  /** Numbers of the samples among all rows, where they are not those from the first on (rows without a class are left out). */
  rows?: ArrayLike<number>;
}

/** The state before the first block; `storage` is where the sums lie (in memory unless told). */
export function emptySums(K: number, d: number, storage?: RowStorage): ClassSums {
  const state = { K, d, counts: new Float64Array(K), squares: 0 };
  if (!storage) return { ...state, sums: new Float64Array(K * d) };
  const stored = storage.rows(K, d);
  return Object.defineProperty({ ...state, stored } as ClassSums & { stored: RowStore }, "sums", { get: stored.all });
}

/** The sums of the classes by rows. @internal */
export const sumRows = (state: ClassSums): RowStore => state.stored ?? rowsIn(state.sums, state.K, state.d);

/** Adds a block. `first`: index of its first sample, for messages, as is `what`. Throws InputError on a wrong label or a feature that is not finite. */
export function addToSums(state: ClassSums, block: Block, first = 0, what = "features"): void {
  const { K, d } = state;
  const { n, features, labels } = block;
  // Sums of the block alone, so that rounding grows with the number of blocks and not of samples; only classes that occur are touched.
  const partial = scratch(Math.min(n, K) * d);
  const slots = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const k = labels[i];
    if (!(Number.isInteger(k) && k >= 0 && k < K)) throw inputError(`labels[${first + i}]`, `a class from 0 to ${K - 1}`, k);
    let slot = slots.get(k);
    if (slot === undefined) {
      slot = slots.size * d;
      slots.set(k, slot);
      partial.fill(0, slot, slot + d);
    }
    const squares = addRow(partial, slot, features, i * d, d);
    if (!(squares <= largestSize ** 2)) {
      const j = features.subarray(i * d, i * d + d).findIndex((h) => !(Math.abs(h) <= largestSize));
      if (j >= 0)
        throw inputError(`${what}[${first + i}][${j}]`, `a finite number of at most ${largestSize}`, features[i * d + j]);
    }
    state.counts[k]++;
    state.squares += squares;
  }
  const sums = sumRows(state);
  for (const [k, slot] of slots) sums.add(k, partial, slot);
}

/** Adds a row and returns its |h|^2, in four sums that do not wait for each other. */
function addRow(to: Float64Array, at: number, from: Float32Array | Float64Array, row: number, d: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let e = 0;
  let j = 0;
  for (; j + 3 < d; j += 4) {
    const w = from[row + j];
    const x = from[row + j + 1];
    const y = from[row + j + 2];
    const z = from[row + j + 3];
    to[at + j] += w;
    to[at + j + 1] += x;
    to[at + j + 2] += y;
    to[at + j + 3] += z;
    a += w * w;
    b += x * x;
    c += y * y;
    e += z * z;
  }
  for (; j < d; j++) {
    const w = from[row + j];
    to[at + j] += w;
    a += w * w;
  }
  return a + b + (c + e);
}

let kept = new Float64Array(0);

/** One buffer for all blocks: a large allocation a block costs more than the sums. */
function scratch(length: number): Float64Array {
  if (kept.length < length) kept = new Float64Array(length);
  return kept;
}

/** Gives back the buffer. @internal */
export function forgetBuffer(): void {
  kept = new Float64Array(0);
}

/** The state of both parts together. */
export function mergeSums(a: ClassSums, b: ClassSums): ClassSums {
  if (a.K !== b.K || a.d !== b.d) throw inputError("shards", `${a.K} classes and ${a.d} features in all`, `${b.K} and ${b.d}`);
  return {
    K: a.K,
    d: a.d,
    counts: a.counts.map((n, k) => n + b.counts[k]),
    sums: a.sums.map((x, e) => x + b.sums[e]),
    squares: a.squares + b.squares,
  };
}
