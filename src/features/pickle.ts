import { pickleBytes, unescaped, unquoted } from "./pickle-bytes.ts";
import {
  append,
  bad,
  build,
  call,
  callWithTuple,
  get,
  keep,
  type Machine,
  mark,
  named,
  type PickleRules,
  pop,
  popMark,
  popped,
  push,
  pushList,
  pushMap,
  pushNumber,
  pushText,
  pushTuple,
  real,
  refused,
  setItems,
  top,
  whole,
} from "./pickle-machine.ts";
import { roomFor } from "./pickle-room.ts";
import { isKind, nameOf, type Pickled } from "./pickle-values.ts";

/**
 * Python's pickle language. A pickle is a program for a stack machine, and what makes it dangerous are its calls of functions by name;
 * here a name means only what `globals` gives for it, a plain function of ours that builds a value, and any other call becomes an inert
 * value that says what was asked for. Nothing is imported, looked up or run. Opcodes: CPython's pickletools.py.
 * Gives the value, and where the bytes go on behind it.
 */
export function readPickle(bytes: Uint8Array, rules: PickleRules): { value: Pickled; end: number } {
  const input = pickleBytes(bytes, rules.what);
  const m: Machine = { input, rules, room: rules.room ?? roomFor(bytes.length, rules.what), stack: [], memo: [], far: new Map() };
  for (;;) {
    const opcode = input.u1();
    if (opcode === 0x2e) break;
    const instruction = instructions.get(opcode);
    if (!instruction) throw bad(m, "an instruction", `opcode 0x${opcode.toString(16)}`);
    instruction(m);
  }
  if (m.stack.length !== 1) throw bad(m, "one value at the end", m.stack.length);
  return { value: top(m), end: input.at() };
}

/** Sets are kept as lists: their items are data. */
const table: Record<string, (m: Machine) => unknown> = {
  "\x80": (m) => {
    const version = m.input.u1();
    if (version > 5) throw bad(m, "pickle protocol 0 to 5", version);
  },
  "\x95": (m) => m.input.skip(8),
  "(": (m) => push(m, mark),
  // A mark too may be what is popped.
  "0": (m) => (m.stack.at(-1) === mark ? m.stack.pop() : pop(m)),
  "1": popMark,
  "2": (m) => push(m, top(m)),
  N: (m) => push(m, null),
  "\x88": (m) => push(m, true),
  "\x89": (m) => push(m, false),
  I: (m) => {
    const line = m.input.line();
    if (line === "00" || line === "01") push(m, line === "01");
    else pushNumber(m, whole(m, line));
  },
  L: (m) => pushNumber(m, whole(m, m.input.line())),
  F: (m) => push(m, real(m, m.input.line())),
  G: (m) => push(m, m.input.f8()),
  J: (m) => push(m, m.input.i4()),
  K: (m) => push(m, m.input.u1()),
  M: (m) => push(m, m.input.u2()),
  "\x8a": (m) => pushNumber(m, m.input.long(m.input.u1())),
  "\x8b": (m) => pushNumber(m, m.input.long(m.input.u4())),
  S: (m) => pushText(m, m.input.oldText(unquoted(m.input.rawLine()))),
  V: (m) => pushText(m, unescaped(m.input.rawLine())),
  X: (m) => pushText(m, m.input.text(m.input.u4())),
  U: (m) => pushText(m, m.input.oldText(m.input.bytes(m.input.u1()))),
  T: (m) => pushText(m, m.input.oldText(m.input.bytes(m.input.u4()))),
  "\x8c": (m) => pushText(m, m.input.text(m.input.u1())),
  "\x8d": (m) => pushText(m, m.input.text(m.input.u8())),
  B: (m) => pushText(m, m.input.bytes(m.input.u4())),
  C: (m) => pushText(m, m.input.bytes(m.input.u1())),
  "\x8e": (m) => pushText(m, m.input.bytes(m.input.u8())),
  "\x96": (m) => pushText(m, m.input.bytes(m.input.u8())),
  "]": (m) => pushList(m, []),
  "}": pushMap,
  "\x8f": (m) => pushList(m, []),
  ")": (m) => pushTuple(m, []),
  "\x85": (m) => pushTuple(m, popped(m, 1)),
  "\x86": (m) => pushTuple(m, popped(m, 2)),
  "\x87": (m) => pushTuple(m, popped(m, 3)),
  t: (m) => pushTuple(m, popMark(m)),
  l: (m) => pushList(m, popMark(m)),
  d: (m) => {
    const items = popMark(m);
    pushMap(m);
    setItems(m, items);
  },
  a: (m) => append(m, popped(m, 1)),
  e: (m) => append(m, popMark(m)),
  s: (m) => setItems(m, popped(m, 2)),
  u: (m) => setItems(m, popMark(m)),
  "\x90": (m) => append(m, popMark(m)),
  "\x91": (m) => pushList(m, popMark(m)),
  c: (m) => named(m, [m.input.line(), m.input.line()]),
  "\x93": (m) => named(m, popped(m, 2)),
  R: callWithTuple,
  "\x81": callWithTuple,
  // A call with named arguments, which are part of what was asked for.
  "\x92": (m) => {
    const [callee, args, named] = popped(m, 3);
    if (!isKind(args, "tuple")) throw bad(m, "a tuple of arguments", nameOf(args));
    call(m, callee, [...args.items, named]);
  },
  i: (m) => {
    const [module, name] = [m.input.line(), m.input.line()];
    call(m, m.rules.global(module, name), popMark(m));
  },
  o: (m) => {
    const [callee, ...args] = popMark(m);
    if (callee === undefined) throw bad(m, "a class on the stack", "none");
    call(m, callee, args);
  },
  b: build,
  P: (m) => push(m, m.rules.persistent(m.input.line())),
  Q: (m) => push(m, m.rules.persistent(pop(m))),
  p: (m) => keep(m, whole(m, m.input.line())),
  q: (m) => keep(m, m.input.u1()),
  r: (m) => keep(m, m.input.u4()),
  "\x94": (m) => keep(m, m.memo.length + m.far.size),
  g: (m) => get(m, whole(m, m.input.line())),
  h: (m) => get(m, m.input.u1()),
  j: (m) => get(m, m.input.u4()),
  "\x82": refused,
  "\x83": refused,
  "\x84": refused,
  "\x97": refused,
  "\x98": () => {},
};

const instructions = new Map(Object.entries(table).map(([opcode, run]) => [opcode.charCodeAt(0), run]));
