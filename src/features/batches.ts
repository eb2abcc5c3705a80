import { isArrayValue } from "./array-value.ts";
import { isLabelArray } from "./find.ts";
import { asRow, joined } from "./joined.ts";
import { listArray } from "./list-array.ts";
import { isKind, itemsOf, type Pickled } from "./pickle-values.ts";
import type { Part } from "./pickled-arrays.ts";
import type { StoredArray } from "./stored-array.ts";

/** A batch has few parts; looking at no more keeps the work within the file's length. */
const mostParts = 16;

/**
 * A list of batches, each one array, a dictionary of arrays ({"features": .., "labels": ..}) or a tuple of arrays: one array for each part, by
 * its name in the batches ("" for arrays alone). Empty where the items are none or do not continue each other.
 *
 * An item may be one sample instead: where a part of it is one number, or where it has no matrix and its vectors of floats are as long as all others (a batch is a matrix, or a vector of labels, whose `name` says it). Then vectors are rows.
 */
export function batches(items: readonly Pickled[], what: string, name = ""): Map<string, StoredArray> {
  const whole = new Map<string, StoredArray>();
  const rows = items.map(partsOf);
  const columns = new Map<string, Part[]>();
  for (const [name] of rows[0] ?? []) {
    const arrays = rows.map((row) => arrayOf(row?.find(([other]) => other === name)?.[1]));
    if (arrays.every((array) => array !== undefined)) columns.set(name, arrays);
  }
  const vectors = items.length > 1 && [...columns.values()].every((arrays) => arrays.every(({ shape }) => shape.length < 2));
  const areRows = (part: string, arrays: readonly Part[]): boolean =>
    /^(f|bf)/.test(arrays[0].type) &&
    arrays.every(({ shape }) => shape.length === 1 && shape[0] === arrays[0].shape[0] && shape[0] > 0) &&
    !isLabelArray(part || name);
  const stacked = vectors && [...columns].some(([part, arrays]) => areRows(part, arrays));
  const samples = [...columns.values()].some((arrays) => arrays.every(({ shape }) => shape.length === 0));
  for (const [part, arrays] of columns) {
    const rows = samples || (stacked && areRows(part, arrays));
    const one = joined(rows ? arrays.map(asRow) : arrays, partName(what, part));
    if (one) whole.set(part, one);
  }
  // Beside rows a whole number an item is its label; beside batches it is their number, or a loss.
  if (stacked)
    for (const [part] of rows[0] ?? []) {
      const values = rows.map((row) => row?.find(([other]) => other === part)?.[1]);
      const one = values.every(isWhole) ? listArray(values as Pickled[], partName(what, part), new Set()) : undefined;
      if (one) whole.set(part, one);
    }
  return whole;
}

const partName = (what: string, part: string): string => `${what}${part === "" ? "" : `.${part}`}`;

const isWhole = (value: Pickled | undefined): boolean =>
  typeof value === "bigint" || typeof value === "boolean" || Number.isInteger(value);

function partsOf(item: Pickled): [string, Pickled][] | undefined {
  if (isKind(item, "opaque")) return [["", item]];
  if (item instanceof Map)
    return item.size > mostParts
      ? undefined
      : [...item].filter((entry): entry is [string, Pickled] => typeof entry[0] === "string");
  const items = itemsOf(item);
  return items === undefined || items.length > mostParts ? undefined : items.map((value, i) => [String(i), value]);
}

function arrayOf(value: Pickled | undefined): Part | undefined {
  const inside = isKind(value, "opaque") && isArrayValue(value.value) ? value.value : undefined;
  return inside?.is === "array" ? inside.array : undefined;
}
