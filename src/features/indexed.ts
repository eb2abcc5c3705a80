import { inputError } from "../errors.ts";
import { widthOf } from "./elements.ts";
import type { StoredArray } from "./stored-array.ts";
import type { TextArray } from "./text-array.ts";

/**
 * A part of an array, written as NumPy does: `W[0]` is the first of stacked heads, `y[:,2]` the third column of labels, `H[:,0]` the first token of every sample. A whole number takes that entry of its axis
 * (from the end where it is negative), and `:` the whole axis; axes behind the last are whole.
 */
export interface Indexed {
  /** The array's name. */
  name: string;
  /** An index an axis; null: all of it. */
  index: (number | null)[];
}

/** What a stated name says; null where it has no index. Throws InputError where there are brackets that hold none. */
export function indexIn(key: string): Indexed | null {
  const match = /^(.*)\[([^[\]]*)\]$/.exec(key);
  if (!match) return null;
  const index = match[2].split(",").map((part) => part.trim());
  const odd = index.find((part) => !/^(:|-?\d{1,15})$/.test(part));
  if (odd !== undefined) throw inputError(key, "an index as in NAME[0] or NAME[:,2]: a whole number or : an axis", odd);
  return { name: match[1], index: index.map((part) => (part === ":" ? null : Number(part))) };
}

/** That part of an array; nothing is read. Throws InputError for an index that the array does not have. */
export function partOf(array: StoredArray, index: Indexed["index"]): StoredArray {
  const { what, shape, strides, type, offset } = array;
  const at = checked(what, shape, index);
  const whole = shape.map((_, axis) => at[axis] ?? null);
  const kept = <T>(of: readonly T[]): T[] => of.filter((_, axis) => whole[axis] === null);
  const skipped = whole.reduce((sum: number, i, axis) => sum + (i ?? 0) * strides[axis], 0);
  return {
    ...array,
    what: `${what}[${written(index)}]`,
    shape: kept(shape),
    strides: kept(strides),
    offset: offset + skipped * widthOf(type),
    part: array.part ?? array,
  };
}

/** The same of words. */
export function wordsOf(array: TextArray, index: Indexed["index"]): TextArray {
  const { what, shape } = array;
  const at = checked(what, shape, index);
  const whole = shape.map((_, axis) => at[axis] ?? null);
  return {
    what: `${what}[${written(index)}]`,
    shape: shape.filter((_, axis) => whole[axis] === null),
    async words() {
      return (await array.words()).filter((_, place) => {
        let rest = place;
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          const i = rest % shape[axis];
          if (whole[axis] !== null && whole[axis] !== i) return false;
          rest = Math.floor(rest / shape[axis]);
        }
        return true;
      });
    },
  };
}

const written = (index: Indexed["index"]): string => index.map((i) => i ?? ":").join(",");

/** Indices from the front. */
function checked(what: string, shape: readonly number[], index: Indexed["index"]): Indexed["index"] {
  if (index.length > shape.length)
    throw inputError(
      `${what}[${written(index)}]`,
      `at most ${shape.length} indices, one an axis of ${shape.join(" x ")}`,
      index.length,
    );
  return index.map((i, axis) => {
    if (i === null) return null;
    const at = i < 0 ? shape[axis] + i : i;
    if (!(at >= 0 && at < shape[axis]))
      throw inputError(
        `${what}[${written(index)}]`,
        `an index from 0 to ${shape[axis] - 1} on axis ${axis} of ${shape.join(" x ")}`,
        i,
      );
    return at;
  });
}
