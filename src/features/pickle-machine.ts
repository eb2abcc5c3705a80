import { type InputError, inputError } from "../errors.ts";
import { asNumber, type PickleBytes } from "./pickle-bytes.ts";
import { cost, type Room } from "./pickle-room.ts";
import { type Global, inert, isKind, nameOf, type Pickled } from "./pickle-values.ts";

/** What a reader of pickles gives: the meaning of names, and nothing else that could act. */
export interface PickleRules {
  what: string;
  /** Room for what is made; the pickle's own where it is missing. */
  room?: Room;
  /** What a name means. */
  global(module: string, name: string): Global;
  /** What an object outside the pickle (a storage) is. */
  persistent(id: Pickled): Pickled;
}

export const mark: unique symbol = Symbol("mark");

/** Where the machine stands. */
export interface Machine {
  input: PickleBytes;
  rules: PickleRules;
  room: Room;
  stack: (Pickled | typeof mark)[];
  /** Values kept by number; the far ones are those whose number leaves a gap. */
  memo: Pickled[];
  far: Map<number, Pickled>;
}

export function bad({ rules, input }: Machine, rule: string, value: unknown): InputError {
  return inputError(`${rules.what}: pickle at byte ${input.at()}`, rule, value);
}

export function push(m: Machine, value: Pickled | typeof mark, bytes = 0): void {
  m.room(cost.slot + bytes);
  m.stack.push(value);
}

export function pushText(m: Machine, text: string | Uint8Array | bigint): void {
  push(m, text, cost.text + 2 * (typeof text === "bigint" ? 1024 : text.length));
}

export function pushTuple(m: Machine, items: Pickled[]): void {
  push(m, { kind: "tuple", items }, cost.tuple);
}

export function top(m: Machine): Pickled {
  const value = m.stack.at(-1);
  if (value === undefined || value === mark) throw bad(m, "a value on the stack", "none");
  return value as Pickled;
}

export function pop(m: Machine): Pickled {
  const value = top(m);
  m.stack.pop();
  return value;
}

export function popMark(m: Machine): Pickled[] {
  const at = m.stack.lastIndexOf(mark);
  if (at < 0) throw bad(m, "a mark on the stack", "none");
  const items = m.stack.splice(at + 1) as Pickled[];
  m.stack.pop();
  return items;
}

export const popped = (m: Machine, n: number): Pickled[] => Array.from({ length: n }, () => pop(m)).reverse();

export function append(m: Machine, items: Pickled[]): void {
  const target = top(m);
  const list = Array.isArray(target) ? target : isKind(target, "object") ? target.items : undefined;
  if (!list) throw bad(m, "a list", nameOf(target));
  for (const item of items) list.push(item);
}

export function setItems(m: Machine, items: Pickled[]): void {
  const target = top(m);
  const map = target instanceof Map ? target : isKind(target, "object") ? target.entries : undefined;
  if (!map) throw bad(m, "a dictionary", nameOf(target));
  if (items.length % 2 !== 0) throw bad(m, "keys and values in pairs", items.length);
  m.room((items.length / 2) * cost.entry);
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
}

export function call(m: Machine, callee: Pickled, args: Pickled[]): void {
  m.room(cost.object);
  if (isKind(callee, "global") && callee.call) {
    // What is made from a list, a dictionary or bytes may be a copy of it.
    for (const arg of args) m.room(sizeOf(arg));
    push(m, callee.call(args));
  } else push(m, inert(nameOf(callee), args));
}

function sizeOf(value: Pickled): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  return cost.entry * (Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0);
}

export function callWithTuple(m: Machine): void {
  const [callee, args] = popped(m, 2);
  if (!isKind(args, "tuple")) throw bad(m, "a tuple of arguments", nameOf(args));
  call(m, callee, args.items);
}

export function build(m: Machine): void {
  const state = pop(m);
  const target = top(m);
  if (isKind(target, "object")) target.state = state;
  else if (isKind(target, "opaque")) target.build?.(state);
  else if (!(target instanceof Map || isKind(target, "global"))) throw bad(m, "an object to set the state of", nameOf(target));
}

export function named(m: Machine, [module, name]: Pickled[]): void {
  if (typeof module !== "string" || typeof name !== "string") throw bad(m, "a name", nameOf(name));
  push(m, m.rules.global(module, name), cost.tuple);
}

export function keep(m: Machine, key: number | bigint): void {
  if (typeof key !== "number" || key < 0) throw bad(m, "a number of at least 0 to keep a value by", String(key));
  m.room(cost.kept);
  if (key <= m.memo.length) m.memo[key] = top(m);
  else m.far.set(key, top(m));
}

export function get(m: Machine, key: number | bigint): void {
  const near = m.memo[Number(key)];
  const value = near === undefined ? m.far.get(Number(key)) : near;
  if (value === undefined) throw bad(m, "a value that was kept", `number ${key}`);
  push(m, value);
}

export function whole(m: Machine, line: string): number | bigint {
  if (!/^\s*[+-]?\d{1,2500}L?\s*$/.test(line)) throw bad(m, "a whole number", line);
  return asNumber(BigInt(line.trim().replace(/^\+|L$/g, "")));
}

export function real(m: Machine, line: string): number {
  const text = line.trim();
  const special = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(text);
  if (special) return special[2][0].toLowerCase() === "n" ? Number.NaN : Number(`${special[1]}Infinity`);
  const x = text === "" ? Number.NaN : Number(text);
  if (Number.isNaN(x)) throw bad(m, "a number", line);
  return x;
}

export const pushNumber = (m: Machine, x: number | bigint): void => (typeof x === "bigint" ? pushText(m, x) : push(m, x));
export const pushList = (m: Machine, items: Pickled[]): void => push(m, items, cost.list);
export const pushMap = (m: Machine): void => push(m, new Map(), cost.dictionary);
export const refused = (m: Machine): never => {
  throw bad(m, "a pickle that is whole in itself", "one with buffers or extensions outside it");
};
