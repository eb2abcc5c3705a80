import { inputError } from "../../errors.ts";
import type { Batch, Field } from "./messages.ts";

/** Where a field's buffers are in every batch: the number of its node, and of its first buffer. */
export interface Place {
  node: number;
  buffer: number;
  /** How many buffers it has itself, those of its children not counted. */
  count: number;
  children: Place[];
}

/** Own buffers of a type (Columnar.rst): whether entries are null, then offsets, sizes, data. */
const buffersOf: Record<number, number> = {
  1: 0,
  2: 2,
  3: 2,
  4: 3,
  5: 3,
  6: 2,
  7: 2,
  8: 2,
  9: 2,
  10: 2,
  11: 2,
  12: 2,
  13: 1,
  15: 2,
  16: 1,
  17: 2,
  18: 2,
  19: 3,
  20: 3,
  21: 2,
  22: 0,
  25: 3,
  26: 3,
};

/** Types of words or bytes that lie in any of several buffers. */
const views = [23, 24];

/** The places of fields in a batch. Throws InputError where it has fewer nodes or buffers than they need. */
export function placesOf(fields: readonly Field[], { nodes, buffers, variadic }: Batch, what: string): Place[] {
  const next = { node: 0, buffer: 0, variadic: 0 };
  const placeOf = (field: Field): Place => {
    let count = field.dictionary ? 2 : buffersOf[field.type];
    if (!field.dictionary && views.includes(field.type)) count = 2 + (variadic[next.variadic++] ?? 0);
    if (count === undefined) throw inputError(`${what}: type`, "one of the format", field.type);
    const place: Place = { node: next.node++, buffer: next.buffer, count, children: [] };
    next.buffer += count;
    if (!(next.node <= nodes.length && next.buffer <= buffers.length && count >= 0))
      throw inputError(`${what}: batch`, `${next.node} nodes and ${next.buffer} buffers`, `${nodes.length}, ${buffers.length}`);
    if (!field.dictionary) place.children = field.children.map(placeOf);
    return place;
  };
  return fields.map(placeOf);
}
