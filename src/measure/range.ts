import { inputError } from "../errors.ts";
import { eachBlock, type Rows } from "../row-store.ts";

/**
 * Numbers between which nothing that is measured overflows or is lost: products of features and head, their squares, and sums of those. The measures
 * do not depend on the unit of the features, but for Z, spreads and lambda_H, so whoever is outside can choose another.
 */
const smallestSize = 1e-70;
/** See `smallestSize`. */
export const largestSize = 1e70;

/** Throws InputError for a number that is not finite or above `largestSize`; `what` names them, `first` is the index of the first. Returns the largest size. */
export function checkNotLarge(data: ArrayLike<number>, what: string, first = 0): number {
  let most = 0;
  for (let e = 0; e < data.length; e++) {
    const size = Math.abs(data[e]);
    if (!(size <= largestSize))
      throw inputError(`${what}, entry ${first + e}`, `a finite number of at most ${largestSize}`, data[e]);
    if (size > most) most = size;
  }
  return most;
}

/** The same, and for numbers that are all below `smallestSize` but not all 0. */
export function checkSizes(rows: Rows, what: string): void {
  let most = 0;
  eachBlock(rows, (block, from) => {
    most = Math.max(most, checkNotLarge(block, what, from * rows.d));
  });
  if (most > 0 && most < smallestSize) throw tooSmall(what, most);
}

/** The same for features, of which the first pass knows the sum of squares and the class sums. */
export function checkFeatureSizes(squares: number, sums: Rows): void {
  if (squares >= smallestSize ** 2) return;
  let most = 0;
  eachBlock(sums, (numbers) => {
    most = numbers.reduce((largest, x) => Math.max(largest, Math.abs(x)), most);
  });
  if (most === 0) return;
  throw tooSmall("features", `a largest class sum of ${most}`);
}

const tooSmall = (what: string, most: number | string): Error =>
  inputError(
    what,
    `numbers that are not all below ${smallestSize}, where their products are lost (multiply them by a constant)`,
    most,
  );
