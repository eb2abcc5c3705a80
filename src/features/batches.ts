import { isArrayValue } from "./array-value.ts";
import { joined } from "./joined.ts";
import { isKind, itemsOf, type Pickled } from "./pickle-values.ts";
import type { Part } from "./pickled-arrays.ts";
import type { StoredArray } from "./stored-array.ts";

/** A batch has few parts; looking at no more keeps the work within the file's length. */
const mostParts = 16;

/**
 * A list of batches, each one array, a dictionary of arrays ({"features": .., "labels": ..}) or a tuple of arrays: one array for each part, by
 * its name in the batches ("" for arrays alone). Empty where the items are none or do not continue each other.
 */
export function batches(items: readonly Pickled[], what: string): Map<string, StoredArray> {
  const whole = new Map<string, StoredArray>();
  const rows = items.map(partsOf);
  const columns = new Map<string, Part[]>();
  for (const [name] of rows[0] ?? []) {
    const arrays = rows.map((row) => arrayOf(row?.find(([other]) => other === name)?.[1]));
    if (arrays.every((array) => array !== undefined)) columns.set(name, arrays);
  }
  // Where a part is one number, an item is one sample, and the other parts are its rows.
  const samples = [...columns.values()].some((arrays) => arrays.every(({ shape }) => shape.length === 0));
  for (const [name, arrays] of columns) {
    const one = joined(samples ? arrays.map(asRow) : arrays, `${what}${name === "" ? "" : `.${name}`}`);
    if (one) whole.set(name, one);
  }
  return whole;
}

function asRow(array: Part): Part {
  const { shape, strides } = array;
  return shape.length === 0 ? array : { ...array, shape: [1, ...shape], strides: [0, ...strides] };
}

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
