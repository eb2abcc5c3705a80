import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { readPickle } from "../../src/features/pickle.ts";
import type { Pickled } from "../../src/features/pickle-values.ts";
import { containerName } from "../../src/features/python-containers.ts";

/** Every instruction of the language, with the value that CPython's pickletools.py says it makes. */
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const load = (text: string): Pickled =>
  readPickle(bytes(`${text}.`), {
    what: "test.pkl",
    global: (module, name) => containerName(module, name) ?? { kind: "global", name: `${module}.${name}` },
    persistent: (id) => ["persistent", id],
  }).value;
const tuple = (...items: Pickled[]) => ({ kind: "tuple", items });
const u4 = (n: number): string => String.fromCharCode(n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24);
const long = "long text beyond 255 characters ".repeat(10);

describe("one instruction, one value", () => {
  test.each<[string, string, unknown]>([
    ["NONE", "N", null],
    ["NEWTRUE", "\x88", true],
    ["NEWFALSE", "\x89", false],
    ["INT", "I-12\n", -12],
    ["INT true", "I01\n", true],
    ["INT false", "I00\n", false],
    ["LONG", "L12345678901234567890L\n", 12345678901234567890n],
    ["LONG small", "L-7L\n", -7],
    ["FLOAT", "F-1.5e3\n", -1500],
    ["FLOAT infinity", "F-inf\n", Number.NEGATIVE_INFINITY],
    ["BINFLOAT", "G\x40\x09\x21\xfb\x54\x44\x2d\x18", Math.PI],
    ["BININT", "J\xfe\xff\xff\xff", -2],
    ["BININT1", "K\xff", 255],
    ["BININT2", "M\x01\x02", 513],
    ["LONG1", "\x8a\x02\x00\x80", -32768],
    ["LONG1 empty", "\x8a\x00", 0],
    ["LONG1 large", "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 0x1950a86a20f9469cfc6cn],
    ["LONG4", "\x8b\x02\0\0\0\xff\x7f", 32767],
    ["STRING", "S'it\\'s \\x41\\\\'\n", "it's A\\"],
    ["STRING of bytes", "S'\\xff\\n'\n", Uint8Array.from([255, 10])],
    ["UNICODE", "Vcaf\xe9 \\u20ac\n", "café €"],
    ["SHORT_BINSTRING", "U\x02ab", "ab"],
    ["SHORT_BINSTRING of bytes", "U\x02\xff\xfe", Uint8Array.from([255, 254])],
    ["BINSTRING", `T${u4(long.length)}${long}`, long],
    ["BINUNICODE", `X${u4(4)}\xf0\x9f\x90\x88`, "🐈"],
    ["SHORT_BINUNICODE", "\x8c\x02\xc3\xa9", "é"],
    ["BINUNICODE8", `\x8d${u4(2)}${u4(0)}ab`, "ab"],
    ["BINBYTES", `B${u4(2)}\x01\x02`, Uint8Array.from([1, 2])],
    ["SHORT_BINBYTES", "C\x02\x01\x02", Uint8Array.from([1, 2])],
    ["BINBYTES8", `\x8e${u4(1)}${u4(0)}\x07`, Uint8Array.from([7])],
    ["BYTEARRAY8", `\x96${u4(1)}${u4(0)}\x07`, Uint8Array.from([7])],
    ["EMPTY_LIST", "]", []],
    ["EMPTY_DICT", "}", new Map()],
    ["EMPTY_TUPLE", ")", tuple()],
    ["EMPTY_SET", "\x8f", []],
    ["LIST", "(K\x01K\x02l", [1, 2]],
    ["DICT", "(K\x01K\x02d", new Map([[1, 2]])],
    ["TUPLE", "(K\x01K\x02K\x03K\x04t", tuple(1, 2, 3, 4)],
    ["TUPLE1", "K\x01\x85", tuple(1)],
    ["TUPLE2", "K\x01K\x02\x86", tuple(1, 2)],
    ["TUPLE3", "K\x01K\x02K\x03\x87", tuple(1, 2, 3)],
    ["APPEND", "]K\x01a", [1]],
    ["APPENDS", "](K\x01K\x02e", [1, 2]],
    ["SETITEM", "}K\x01K\x02s", new Map([[1, 2]])],
    ["SETITEMS", "}(K\x01K\x02K\x03K\x04u", new Map([[1, 2], [3, 4]])], // biome-ignore format: pairs
    ["ADDITEMS", "\x8f(K\x01K\x02\x90", [1, 2]],
    ["FROZENSET", "(K\x01K\x02\x91", [1, 2]],
    ["POP", "K\x01K\x020", 1],
    ["POP a mark", "K\x01(0", 1],
    ["POP_MARK", "K\x01(K\x02K\x031", 1],
    ["DUP", "K\x012\x86", tuple(1, 1)],
    ["PUT and GET", "K\x01p300\n0K\x020g300\n", 1],
    ["BINPUT and BINGET", "K\x01q\x050h\x05", 1],
    ["LONG_BINPUT and LONG_BINGET", `K\x01r${u4(70000)}0j${u4(70000)}`, 1],
    ["a kept nothing", "Nq\x000h\x00", null],
    ["MEMOIZE", "K\x01\x94K\x02\x940" + "0h\x01", 2],
    ["PROTO and FRAME", `\x80\x04\x95${u4(2)}${u4(0)}K\x01`, 1],
    ["PERSID", "Psome id\n", ["persistent", "some id"]],
    ["BINPERSID", "K\x01Q", ["persistent", 1]],
    ["READONLY_BUFFER", "C\x01\x07\x98", Uint8Array.from([7])],
  ])("%s", (_, text, value) => {
    expect(load(text)).toEqual(value);
  });

  test.each<[string, string]>([
    ["GLOBAL and REDUCE", "cos\nsystem\n(K\x01t\x52"],
    ["STACK_GLOBAL", "\x8c\x02os\x8c\x06system\x93(K\x01t\x52"],
    ["NEWOBJ", "cos\nsystem\n(K\x01t\x81"],
    ["INST", "(K\x01ios\nsystem\n"],
    ["OBJ", "(cos\nsystem\nK\x01o"],
  ])("%s of an unknown name is an inert value", (_, text) => {
    expect(load(text)).toMatchObject({ kind: "object", name: "os.system", args: [1] });
  });

  test("named arguments, state, items and entries of an inert value are kept", () => {
    expect(load("ca\nB\n)}\x8c\x01kK\x01s\x92")).toMatchObject({ name: "a.B", args: [new Map([["k", 1]])] });
    expect(load("ca\nB\n)\x81K\x07bK\x01aK\x02K\x03s")).toMatchObject({ state: 7, items: [1], entries: new Map([[2, 3]]) });
  });
});

describe("containers by name", () => {
  test.each<[string, string, unknown]>([
    ["OrderedDict of pairs", "ccollections\nOrderedDict\n(](K\x01K\x02\x86K\x03K\x04\x86etR", new Map([[1, 2], [3, 4]])], // biome-ignore format: pairs
    ["defaultdict", "ccollections\ndefaultdict\n(c__builtin__\nlist\ntRK\x01K\x02s", new Map([[1, 2]])],
    ["deque", "ccollections\ndeque\n(](K\x01etR", [1]],
    ["set", "c__builtin__\nset\n(](K\x01etR", [1]],
    ["bytes of protocol 2", "c_codecs\nencode\n(V\xff\\u0000\nX\x06\0\0\0latin1tR", Uint8Array.from([255, 0])],
  ])("%s", (_, text, value) => {
    expect(load(text)).toEqual(value);
  });
});

test.each([
  ["M", /2 more bytes/],
  ["X\xff\0\0\0ab", /255 more bytes/],
  ["K", /more bytes|at the end/],
  ["t", /a mark/],
  ["K\x01K\x02", /one value at the end, got 2/],
  ["h\x03", /kept/],
  ["}K\x01a", /a list/],
  ["](K\x01u", /a dictionary/],
  ["}(K\x01u", /pairs/],
  ["cos\nsystem\nK\x01R", /tuple of arguments/],
  ["\x80\x09N", /protocol 0 to 5/],
  ["\xff", /an instruction/],
  ["\x97", /whole in itself/],
  ["Kx\x82\x01", /whole in itself/],
  ["Inine\n", /a whole number/],
  ["I1", /a whole line|at the end/],
  ["K\x01K\x02b", /set the state of/],
  ["(o", /a class on the stack, got "?none/],
  // CPython: "negative PUT argument".
  ["K\x01p-1\n", /a number of at least 0 to keep a value by, got "?-1/],
])("damage is named: %j", (text, message) => {
  const run = (): unknown => load(text);
  expect(run).toThrow(InputError);
  expect(run).toThrow(message);
});
