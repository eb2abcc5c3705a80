import { type InputError, inputError } from "../errors.ts";
import { pickleBytes } from "./pickle-bytes.ts";

/**
 * The part of Python's pickle language that builds data: numbers, strings, tuples, lists, dictionaries, sets. A pickle is a program for a
 * stack machine, and what makes it dangerous are its calls of functions by name; here a name means only what `globals` gives for it, a
 * plain function of ours that builds a value. Nothing is imported, looked up or run. Every instruction adds at most one value, so memory
 * is bounded by the file. Opcodes: CPython's pickletools.py.
 */
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
  | Opaque;

/** A tuple, told from a list because only it can be the arguments of a call. */
export interface Tuple {
  kind: "tuple";
  items: Pickled[];
}

/** A name that was asked for and is allowed. */
export interface Global {
  kind: "global";
  name: string;
  /** What calling it gives; missing where it cannot be called. */
  call?(args: Pickled[]): Pickled;
}

/** A value of the reader's own (a tensor, a storage). */
export interface Opaque {
  kind: "opaque";
  value: unknown;
}

export interface PickleRules {
  what: string;
  /** Throws InputError for a name that is not allowed. */
  global(module: string, name: string): Global;
  persistent(id: Pickled): Pickled;
}

const mark = Symbol("mark");

export function readPickle(bytes: Uint8Array, rules: PickleRules): Pickled {
  const input = pickleBytes(bytes, rules.what);
  const stack: (Pickled | typeof mark)[] = [];
  const memo = new Map<number, Pickled>();
  const bad = (rule: string, value: unknown): InputError =>
    inputError(`${rules.what}: pickle at byte ${input.at()}`, rule, value);

  const push = (value: Pickled): void => {
    stack.push(value);
  };
  const top = (): Pickled => {
    const value = stack.at(-1);
    if (value === undefined || value === mark) throw bad("a value on the stack", "none");
    return value;
  };
  const pop = (): Pickled => {
    const value = top();
    stack.pop();
    return value;
  };
  const popMark = (): Pickled[] => {
    const at = stack.lastIndexOf(mark);
    if (at < 0) throw bad("a mark on the stack", "none");
    return stack.splice(at).slice(1) as Pickled[];
  };
  const popped = (n: number): Pickled[] => Array.from({ length: n }, pop).reverse();
  const tuple = (items: Pickled[]): void => push({ kind: "tuple", items });
  const append = (items: Pickled[]): void => {
    const target = top();
    if (!Array.isArray(target)) throw bad("a list", nameOf(target));
    for (const item of items) target.push(item);
  };
  const setItems = (items: Pickled[]): void => {
    const target = top();
    if (!(target instanceof Map)) throw bad("a dictionary", nameOf(target));
    if (items.length % 2 !== 0) throw bad("keys and values in pairs", items.length);
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  };
  const flags = (items: Pickled[]): Pickled[] => items.flatMap((item) => [item, true]);
  const call = (): void => {
    const [callee, args] = popped(2);
    if (!isKind(callee, "global") || !callee.call) throw bad("a call of something allowed", nameOf(callee));
    if (!isKind(args, "tuple")) throw bad("a tuple of arguments", nameOf(args));
    push(callee.call(args.items));
  };
  const build = (): void => {
    // Attributes of an ordered dictionary (its version notes) are no data of ours; nothing else has a state to set.
    pop();
    if (!(top() instanceof Map)) throw bad("the state of a dictionary", nameOf(top()));
  };
  const named = ([module, name]: Pickled[]): void => {
    if (typeof module !== "string" || typeof name !== "string") throw bad("a name", nameOf(name));
    push(rules.global(module, name));
  };
  const keep = (key: number): void => {
    memo.set(key, top());
  };
  const get = (key: number): void => {
    const value = memo.get(key);
    if (value === undefined) throw bad("a value that was kept", `number ${key}`);
    push(value);
  };
  const number = (line: string): number => {
    const x = line.trim() === "" ? Number.NaN : Number(line);
    if (Number.isNaN(x)) throw bad("a number", line);
    return x;
  };
  const version = (v: number): void => {
    if (v > 5) throw bad("pickle protocol 0 to 5", v);
  };

  const instructions: Record<string, () => unknown> = {
    "\x80": () => version(input.u1()),
    "\x95": () => input.skip(8),
    "(": () => stack.push(mark),
    "0": pop,
    "1": popMark,
    "2": () => push(top()),
    N: () => push(null),
    "\x88": () => push(true),
    "\x89": () => push(false),
    I: () => {
      const line = input.line();
      push(line === "00" ? false : line === "01" ? true : number(line));
    },
    L: () => push(number(input.line().replace(/L$/, ""))),
    F: () => push(number(input.line())),
    G: () => push(input.f8()),
    J: () => push(input.i4()),
    K: () => push(input.u1()),
    M: () => push(input.u2()),
    "\x8a": () => push(input.long(input.u1())),
    "\x8b": () => push(input.long(input.u4())),
    X: () => push(input.text(input.u4())),
    U: () => push(input.text(input.u1())),
    T: () => push(input.text(input.u4())),
    "\x8c": () => push(input.text(input.u1())),
    "\x8d": () => push(input.text(input.u8())),
    B: () => push(input.bytes(input.u4())),
    C: () => push(input.bytes(input.u1())),
    "\x8e": () => push(input.bytes(input.u8())),
    "\x96": () => push(input.bytes(input.u8())),
    "]": () => push([]),
    "}": () => push(new Map()),
    "\x8f": () => push(new Map()),
    ")": () => tuple([]),
    "\x85": () => tuple(popped(1)),
    "\x86": () => tuple(popped(2)),
    "\x87": () => tuple(popped(3)),
    t: () => tuple(popMark()),
    l: () => push(popMark()),
    d: () => {
      const items = popMark();
      push(new Map());
      setItems(items);
    },
    a: () => append(popped(1)),
    e: () => append(popMark()),
    s: () => setItems(popped(2)),
    u: () => setItems(popMark()),
    "\x90": () => setItems(flags(popMark())),
    "\x91": () => {
      const items = flags(popMark());
      push(new Map());
      setItems(items);
    },
    c: () => named([input.line(), input.line()]),
    "\x93": () => named(popped(2)),
    R: call,
    "\x81": call,
    b: build,
    Q: () => push(rules.persistent(pop())),
    p: () => keep(number(input.line())),
    q: () => keep(input.u1()),
    r: () => keep(input.u4()),
    "\x94": () => keep(memo.size),
    g: () => get(number(input.line())),
    h: () => get(input.u1()),
    j: () => get(input.u4()),
  };

  for (;;) {
    const opcode = String.fromCharCode(input.u1());
    if (opcode === ".") break;
    const instruction = Object.hasOwn(instructions, opcode) ? instructions[opcode] : undefined;
    if (!instruction) throw bad("instructions that build data", `opcode 0x${opcode.charCodeAt(0).toString(16)}`);
    instruction();
  }
  if (stack.length !== 1) throw bad("one value at the end", stack.length);
  return top();
}

export function isKind<K extends "tuple" | "global" | "opaque">(value: Pickled, kind: K): value is Extract<Pickled, { kind: K }> {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

export function nameOf(value: Pickled): string {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof Uint8Array) return "bytes";
  return value.kind === "global" ? value.name : value.kind === "tuple" ? "a tuple" : "a tensor or storage";
}
