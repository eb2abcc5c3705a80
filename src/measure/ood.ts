import { inputError } from "../errors.ts";
import { norm2 } from "../math/index.ts";
import { unitRows } from "./cosine.ts";
import { type Frame, meanRowsOf } from "./frame.ts";
import { largestSize } from "./range.ts";

/** Features from elsewhere (out of distribution), `n` rows of `d` numbers in all, of length 1 each for a normalized head (`unit`): nc5 takes their mean. */
export interface OodRows {
  /** Rows in all. */
  n: number;
  /** Numbers a row. */
  d: number;
  /** Whether each row is taken at length 1, as for a normalized head. */
  unit: boolean;
}

/** Adds a block of rows to their mean. `what` and `first`, the index of its first row, are for messages. Throws InputError for a number that is not finite, as for features. @internal */
export function addToOodMean(
  mean: Float64Array,
  block: ArrayLike<number>,
  { n, d, unit }: OodRows,
  what: string,
  first = 0,
): void {
  for (let e = 0; e < block.length; e++)
    if (!(Math.abs(block[e]) <= largestSize))
      throw inputError(`${what}[${first + Math.floor(e / d)}][${e % d}]`, `a finite number of at most ${largestSize}`, block[e]);
  const rows = unit ? unitRows(block, block.length / d, d) : block;
  for (let e = 0; e < rows.length; e++) mean[e % d] += rows[e] / n;
}

/** Mean over classes of |cos(mu_k, m)|. */
export function nc5(frame: Frame, m: ArrayLike<number>, note: (text: string) => void): number | null {
  const { d, present } = frame;
  const means = meanRowsOf(frame);
  if (m.length !== d) throw inputError("oodMean", `${d} numbers, as many as features`, m.length);
  const other = norm2(Float64Array.from(m));
  let sum = 0;
  for (const k of present) {
    const mu = means.read(k, k + 1);
    const product = norm2(mu) * other;
    if (product === 0) {
      note(
        other === 0
          ? "the mean of the features from elsewhere is 0: nc5 is undefined"
          : `the mean of class ${k} is 0: nc5 is undefined`,
      );
      return null;
    }
    let dot = 0;
    for (let j = 0; j < d; j++) dot += mu[j] * m[j];
    sum += Math.abs(dot / product);
  }
  return sum / present.length;
}
