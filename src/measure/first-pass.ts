import { inputError } from "../errors.ts";

/**
 * First pass over the features: class counts, class sums, sum of |h|^2. States add up: any order of blocks and any number of shards
 * give the same numbers up to rounding (sums are formed a block at a time, so the error does not grow with N).
 */
export interface ClassSums {
  readonly K: number;
  readonly d: number;
  counts: Float64Array;
  /** K x d. */
  sums: Float64Array;
  /** sum_i |h_i|^2. */
  squares: number;
}

/** One block of samples: features n x d (row-major), labels 0..K-1. */
export interface Block {
  n: number;
  features: Float32Array | Float64Array;
  labels: ArrayLike<number>;
}

export function emptySums(K: number, d: number): ClassSums {
  return { K, d, counts: new Float64Array(K), sums: new Float64Array(K * d), squares: 0 };
}

/** Adds a block. `first`: index of its first sample, for messages. Throws InputError on a wrong label or a feature that is not finite. */
export function addToSums(state: ClassSums, block: Block, first = 0): void {
  const { K, d } = state;
  const { n, features, labels } = block;
  const partial = new Float64Array(K * d);
  for (let i = 0; i < n; i++) {
    const k = labels[i];
    if (!(Number.isInteger(k) && k >= 0 && k < K)) throw inputError(`labels[${first + i}]`, `a class from 0 to ${K - 1}`, k);
    state.counts[k]++;
    let squares = 0;
    const row = i * d;
    const to = k * d;
    for (let j = 0; j < d; j++) {
      const h = features[row + j];
      partial[to + j] += h;
      squares += h * h;
    }
    if (!Number.isFinite(squares)) {
      const j = features.subarray(row, row + d).findIndex((h) => !Number.isFinite(h));
      throw inputError(
        `features[${first + i}][${Math.max(j, 0)}]`,
        "a finite number of at most 1e150",
        features[row + Math.max(j, 0)],
      );
    }
    state.squares += squares;
  }
  for (let e = 0; e < partial.length; e++) state.sums[e] += partial[e];
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
