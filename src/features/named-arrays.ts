import { type ArrayValue, isArrayValue } from "./array-value.ts";
import { batches } from "./batches.ts";
import { type Contents, empty } from "./contents.ts";
import { listArray } from "./list-array.ts";
import { isKind, itemsOf, type Pickled } from "./pickle-values.ts";
import type { StoredArray } from "./stored-array.ts";
import { wordList } from "./text-array.ts";

/** What a tree of Python's data holds, by name: keys and attributes joined by dots (`state_dict.fc.weight`). */
export interface Named extends Contents {
  /** Classes and functions that are asked for and mean nothing here. */
  objects: Set<string>;
}

/** What `Contents.settings` keeps. */
const setting = /(^|\.)(decoupled_)?weight_decay$/;

/**
 * Every container is entered once, so a pickle whose containers hold each other over and over costs no more than its length. Lists of numbers
 * are arrays too, and lists of arrays that continue each other (batches) are one more, under the name of the list.
 */
export function namedArrays(root: Pickled, file: string): Named {
  const named: Named = { ...empty(), objects: new Set() };
  const seen = new Set<unknown>();
  const lists = new Map<unknown, StoredArray>();
  const open: { value: Pickled; name: string; aside: boolean }[] = [{ value: root, name: "", aside: false }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, name, aside } = next;
    if ((typeof value === "number" || typeof value === "boolean") && setting.test(name)) named.settings.set(name, value);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array || name.length > 1000) continue;
    if (isKind(value, "opaque")) {
      if (isArrayValue(value.value)) add(named, name, value.value, file, aside);
      continue;
    }
    const known = lists.get(value);
    if (known) named.arrays.set(name, known);
    if (isKind(value, "global") && !value.call) named.objects.add(value.name);
    if (seen.has(value) || isKind(value, "global")) continue;
    seen.add(value);
    const items = itemsOf(value);
    let inBatches = false;
    if (items) {
      const what = `${file}, ${name || "list"}`;
      if (items.length > 0 && items.every((item) => typeof item === "string")) {
        named.texts.set(name, wordList(what, items as string[]));
        continue;
      }
      const list = listArray(items, what, seen);
      if (list) {
        lists.set(value, { ...list, aside: true });
        named.arrays.set(name, { ...list, aside: true });
        continue;
      }
      for (const [part, whole] of batches(items, what, name)) {
        named.arrays.set(joinedName(name, part), whole);
        inBatches = true;
      }
    }
    if (isKind(value, "object")) named.objects.add(value.name);
    for (const [part, inside] of childrenOf(value).reverse())
      open.push({ value: inside, name: joinedName(name, part), aside: aside || inBatches });
  }
  return named;
}

function joinedName(place: string, part: string): string {
  return part === "" ? place : place === "" ? part : `${place}.${part}`;
}

function add({ arrays, texts, skipped }: Named, name: string, value: ArrayValue, file: string, aside: boolean): void {
  const what = `${file}, ${name || "tensor"}`;
  if (value.is === "words") texts.set(name, wordList(what, value.words));
  else if (value.is === "text") texts.set(name, { ...value.text, what });
  else if (value.is === "unread") skipped.set(name, value.why);
  else arrays.set(name, aside ? { ...value.array, what, aside } : { ...value.array, what });
}

type Entries = [string, Pickled][];

/** Parts by the names that they have in code; "" for a part that has none of its own. */
function childrenOf(value: Pickled): Entries {
  if (value instanceof Map) return entriesOf(value);
  const items = itemsOf(value);
  if (items) return numbered(items);
  if (!isKind(value, "object")) return [];
  return [...numbered(value.args), ...attributes(value.state), ...numbered(value.items), ...entriesOf(value.entries)];
}

function entriesOf(map: Map<Pickled, Pickled>): Entries {
  return [...map].filter(([k]) => typeof k === "string" || typeof k === "number").map(([k, v]) => [String(k), v]);
}

function numbered(items: Pickled[]): Entries {
  return items.map((item, i) => [String(i), item]);
}

/** A module keeps parameters, buffers and modules in dictionaries of its own: their names are not part of `state_dict`'s. */
function attributes(state: Pickled): Entries {
  if (state instanceof Map)
    return entriesOf(state).map(([name, value]) => [/^_(parameters|buffers|modules)$/.test(name) ? "" : name, value]);
  // (attributes, slots)
  const items = itemsOf(state);
  return items?.every((item) => item === null || item instanceof Map) ? items.flatMap(attributes) : [["", state]];
}
