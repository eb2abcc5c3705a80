import { isArrayValue } from "./array-value.ts";
import { listArray } from "./list-array.ts";
import { isKind, itemsOf, type Pickled } from "./pickle-values.ts";
import type { StoredArray } from "./stored-array.ts";

/** An array of a pickle, which has no name yet. */
export type Part = Omit<StoredArray, "what">;

/** The array that a value is: a tensor, or numbers in a list; undefined where it is none. */
export function arrayOf(value: Pickled | undefined): Part | undefined {
  const inside = isKind(value, "opaque") && isArrayValue(value.value) ? value.value : undefined;
  if (inside) return inside.is === "array" ? inside.array : undefined;
  const items = itemsOf(value);
  return items && listArray(items, "list", new Set());
}
