/** What a pickle describes: Python's data, and everything else as an inert value that remembers what was asked for. */
export type Pickled =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | Pickled[]
  | Tuple
  | Map<Pickled, Pickled>
  | Global
  | Inert
  | Opaque;

/** A tuple, told from a list because only it can be the arguments of a call. */
export interface Tuple {
  kind: "tuple";
  items: Pickled[];
}

/** The name of a class or function: only a name, nothing behind it is ever looked up. */
export interface Global {
  kind: "global";
  name: string;
  /** What a call of it means here: a plain function of ours that builds a value. Missing where it means nothing. */
  call?(args: Pickled[]): Pickled;
}

/** An object of a class, or a call, that means nothing here: its name and what it would have been made of. */
export interface Inert {
  kind: "object";
  name: string;
  args: Pickled[];
  /** Its attributes, as a dictionary or in another form of its own. */
  state: Pickled;
  /** What was appended, for a kind of list. */
  items: Pickled[];
  /** What was set by key, for a kind of dictionary. */
  entries: Map<Pickled, Pickled>;
}

/** A value of the reader's own (a tensor, a storage, an element type). */
export interface Opaque {
  kind: "opaque";
  /** What it is stands in `is`. */
  value: { is: string };
  /** Takes the attributes that the pickle sets. */
  build?(state: Pickled): void;
}

export function isKind<K extends "tuple" | "global" | "opaque" | "object">(
  value: Pickled | undefined,
  kind: K,
): value is Extract<Pickled, { kind: K }> {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

/** The items of a list or a tuple; undefined for anything else. */
export function itemsOf(value: Pickled | undefined): Pickled[] | undefined {
  return Array.isArray(value) ? value : isKind(value, "tuple") ? value.items : undefined;
}

export function inert(name: string, args: Pickled[]): Inert {
  return { kind: "object", name, args, state: null, items: [], entries: new Map() };
}

/** A few words for messages. */
export function nameOf(value: Pickled | undefined): string {
  if (value === undefined) return "none";
  if (value === null || typeof value !== "object") return String(value).slice(0, 200);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof Uint8Array) return "bytes";
  if (value.kind === "tuple") return "a tuple";
  return value.kind === "opaque" ? "a tensor or storage" : value.name.slice(0, 200);
}
