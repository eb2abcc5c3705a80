import { bytesOf } from "./array.ts";
import { memoryBytes } from "./memory-bytes.ts";
import { itemsOf, type Pickled } from "./pickle-values.ts";
import { contiguous, type StoredArray } from "./stored-array.ts";

/**
 * A list of numbers (labels), or a list of lists of equally many (features), as an array in memory; undefined for any other list. A list
 * in `seen` cannot be a row a second time, so that the array is no larger than the pickle that described it.
 */
export function listArray(items: readonly Pickled[], what: string, seen: Set<unknown>): StoredArray | undefined {
  if (items.length === 0) return undefined;
  if (items.every(isNumber)) return inMemory(what, [items.length], Float64Array.from(items, Number));
  const rows = items.map(itemsOf);
  const d = rows[0]?.length ?? 0;
  if (d === 0 || !rows.every((row) => row?.length === d && row.every(isNumber))) return undefined;
  const distinct = new Set<unknown>(items);
  if (distinct.size < items.length || items.some((row) => seen.has(row))) return undefined;
  const data = new Float64Array(items.length * d);
  rows.forEach((row, i) => {
    data.set((row as Pickled[]).map(Number), i * d);
    seen.add(items[i]);
  });
  return inMemory(what, [items.length, d], data);
}

function isNumber(item: Pickled): boolean {
  return typeof item === "number" || typeof item === "boolean" || typeof item === "bigint";
}

function inMemory(what: string, shape: number[], data: Float64Array): StoredArray {
  const bytes = memoryBytes(what, bytesOf(data));
  return { what, shape, type: "f8", littleEndian: true, strides: contiguous(shape), bytes, offset: 0 };
}
