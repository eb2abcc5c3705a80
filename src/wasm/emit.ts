/**
 * Just enough of the WebAssembly binary format to write a numerical kernel as readable TypeScript: each function returns the bytes of one
 * construct, and a program is their concatenation. Opcodes: WebAssembly Core Specification 3.0, chapter 5 (binary format), vector
 * instructions in 5.4.8; `relaxedMadd` is the relaxed SIMD proposal, since merged there.
 */
export type Code = readonly (number | Code)[];

export function flatten(code: Code): number[] {
  return code.flatMap((part) => (typeof part === "number" ? [part] : flatten(part)));
}

/** LEB128: seven bits a byte, lowest first, the top bit saying that more follow. */
export function unsigned(n: number): Code {
  return n < 128 ? [n] : [(n & 127) | 128, unsigned(n >>> 7)];
}

function signed(n: number): Code {
  return n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, signed(n >> 7)];
}

/** A counted list: the number of items, then the items. */
const list = (items: readonly Code[]): Code => [unsigned(items.length), items];

const sized = (code: Code): Code => {
  const body = flatten(code);
  return [unsigned(body.length), body];
};

const text = (s: string): Code => sized(Array.from(s, (letter) => letter.charCodeAt(0)));

export const I32 = 0x7f;
export const V128 = 0x7b;

// Locals and 32-bit integers (addresses and counters).
export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const tee = (local: number, value: Code): Code => [value, 0x22, unsigned(local)];
export const int = (n: number): Code => [0x41, signed(n)];
export const add = (a: Code, b: Code): Code => [a, b, 0x6a];
export const subtract = (a: Code, b: Code): Code => [a, b, 0x6b];
export const multiplyInt = (a: Code, b: Code): Code => [a, b, 0x6c];
export const below = (a: Code, b: Code): Code => [a, b, 0x49];
export const divide = (a: Code, b: Code): Code => [a, b, 0x6e];
export const remainder = (a: Code, b: Code): Code => [a, b, 0x70];
export const loadInt = (address: Code, offset: number): Code => [address, 0x28, 2, unsigned(offset)];
export const storeInt = (address: Code, offset: number, value: Code): Code => [address, value, 0x36, 2, unsigned(offset)];
export const getGlobal = (index: number): Code => [0x23, unsigned(index)];

/** do { body } while (condition). */
export const repeat = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];

/** if (condition) { yes } else { no }. */
export const choose = (condition: Code, yes: Code, no: Code = []): Code => [condition, 0x04, 0x40, yes, 0x05, no, 0x0b];
/** for (i = 0; i < end; i += step) { body }. */
export const count = (i: number, end: Code, body: Code, step: Code = int(1)): Code => [
  set(i, int(0)),
  choose(below(get(i), end), repeat([body], below(tee(i, add(get(i), step)), end))),
];

/** for (i = begin; i < end; i++) { body }. */
export const span = (i: number, begin: Code, end: Code, body: Code): Code => [
  set(i, begin),
  choose(below(get(i), end), repeat([body], below(tee(i, add(get(i), int(1))), end))),
];

// Pairs of float64. Addresses are multiples of 8 only (2^3): the third byte of each access says so.
const vector = (opcode: number): Code => [0xfd, unsigned(opcode)];
export const load = (address: Code, offset: number): Code => [address, vector(0x00), 3, unsigned(offset)];
export const loadBoth = (address: Code, offset: number): Code => [address, vector(0x0a), 3, unsigned(offset)];
export const store = (address: Code, offset: number, value: Code): Code => [address, value, vector(0x0b), 3, unsigned(offset)];
export const zero: Code = [vector(0x0c), Array(16).fill(0)];
export const timesPair = (a: Code, b: Code): Code => [a, b, vector(0xf2)];
export const minusPair = (a: Code, b: Code): Code => [a, b, vector(0xf1)];
export const plusPair = (a: Code, b: Code): Code => [a, b, vector(0xf0)];
/** a < b ? b : a: one instruction, where the maximum that minds NaN and -0 takes seven. */
export const maxPair = (a: Code, b: Code): Code => [a, b, vector(0xf7)];
/** All bits of each number that is at least the other, else none. */
export const atLeastPair = (a: Code, b: Code): Code => [a, b, vector(0x4c)];
export const bothBits = (a: Code, b: Code): Code => [a, b, vector(0x4e)];
/** The same number twice. */
export const bothOf = (number: Code): Code => [number, vector(0x14)];
/** One of the two numbers. */
export const oneOf = (pair: Code, which: 0 | 1): Code => [pair, vector(0x21), which];
// The same 128 bits as two 64-bit integers.
export const shiftPairLeft = (a: Code, bits: number): Code => [a, int(bits), vector(0xcb)];
export const plusPairOfIntegers = (a: Code, b: Code): Code => [a, b, vector(0xce)];
/** a b + c, rounded twice. */
export const madd = (a: Code, b: Code, c: Code): Code => [a, b, vector(0xf2), c, vector(0xf0)];
/** a b + c, rounded once where the processor has a fused instruction. */
export const relaxedMadd = (a: Code, b: Code, c: Code): Code => [a, b, c, vector(0x107)];

// Single float64 numbers; addresses as above.
export const loadNumber = (address: Code, offset: number): Code => [address, 0x2b, 3, unsigned(offset)];
export const storeNumber = (address: Code, offset: number, value: Code): Code => [address, value, 0x39, 3, unsigned(offset)];
export const plusNumber = (a: Code, b: Code): Code => [a, b, 0xa0];
export const minusNumber = (a: Code, b: Code): Code => [a, b, 0xa1];
export const timesNumber = (a: Code, b: Code): Code => [a, b, 0xa2];
export const maxNumber = (a: Code, b: Code): Code => [a, b, 0xa5];
export const differ = (a: Code, b: Code): Code => [a, b, 0x62];
export const numberOf = (integer: Code): Code => [integer, 0xb8];
export const both = (a: Code, b: Code): Code => [a, b, 0x71];

// Fours of float32, and bits of either size. Addresses are multiples of 4.
export const loadFour = (address: Code, offset: number): Code => [address, vector(0x00), 2, unsigned(offset)];
export const loadAllFour = (address: Code, offset: number): Code => [address, vector(0x09), 2, unsigned(offset)];
export const storeFour = (address: Code, offset: number, value: Code): Code => [
  address,
  value,
  vector(0x0b),
  2,
  unsigned(offset),
];
export const loadTwo = (address: Code, offset: number): Code => [address, 0x29, 2, unsigned(offset)];
export const storeTwo = (address: Code, offset: number, value: Code): Code => [address, value, 0x37, 2, unsigned(offset)];
/** a b + c, rounded twice. */
export const maddFour = (a: Code, b: Code, c: Code): Code => [a, b, vector(0xe6), c, vector(0xe4)];
/** a b + c, rounded once where the processor has a fused instruction. */
export const relaxedMaddFour = (a: Code, b: Code, c: Code): Code => [a, b, c, vector(0x105)];

export const plusFour = (a: Code, b: Code): Code => [a, b, vector(0xe4)];
export const minusFour = (a: Code, b: Code): Code => [a, b, vector(0xe5)];
export const timesFour = (a: Code, b: Code): Code => [a, b, vector(0xe6)];
export const overFour = (a: Code, b: Code): Code => [a, b, vector(0xe7)];
/** The larger; NaN where either is. */
export const maxFour = (a: Code, b: Code): Code => [a, b, vector(0xe9)];
export const rootFour = (a: Code): Code => [a, vector(0xe3)];
/** All bits where a = b, a > b; none elsewhere. */
export const sameFour = (a: Code, b: Code): Code => [a, b, vector(0x41)];
export const aboveFour = (a: Code, b: Code): Code => [a, b, vector(0x44)];
export const eitherBits = (a: Code, b: Code): Code => [a, b, vector(0x50)];
/** The bits of a that b has not. */
export const bitsWithout = (a: Code, b: Code): Code => [a, b, vector(0x4f)];
/** The number in all four places. */
export const fourOf = (x: number): Code => {
  const bytes = new Uint8Array(Float32Array.of(x, x, x, x).buffer);
  return [vector(0x0c), Array.from(bytes)];
};

// Bulk memory: `n` bytes.
export const copyBytes = (to: Code, from: Code, n: Code): Code => [to, from, n, 0xfc, 10, 0, 0];
export const fillBytes = (to: Code, value: Code, n: Code): Code => [to, value, n, 0xfc, 11, 0];

/** A module with one memory of `pages` x 64 kB and one function of `parameters` integers; exports `memory` and `run`. */
export function moduleOf(
  pages: number,
  parameters: number,
  integers: number,
  vectors: number,
  body: Code,
): Uint8Array<ArrayBuffer> {
  return assemble(parameters, integers, vectors, body, {
    memory: section(5, [[1, unsigned(pages), unsigned(pages)]]), // at least and at most
    exports: [
      [text("memory"), 2, 0],
      [text("run"), 0, 0],
    ],
  });
}

/**
 * A module with one function of `parameters` integers, exported as `kernel`, over somebody's memory of up to 4 GB, `env.memory`, which several threads share or one has alone; global 0 is the
 * integer `env.scratch`.
 */
export function kernelOf(
  parameters: number,
  integers: number,
  vectors: number,
  body: Code,
  { shared = true }: { shared?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  return assemble(parameters, integers, vectors, body, {
    imports: section(2, [
      [text("env"), text("memory"), 2, shared ? 3 : 1, unsigned(0), unsigned(65536)],
      [text("env"), text("scratch"), 3, I32, 0],
    ]),
    exports: [[text("kernel"), 0, 0]],
  });
}

const section = (id: number, items: readonly Code[]): Code => [id, sized(list(items))];

function assemble(
  parameters: number,
  integers: number,
  vectors: number,
  body: Code,
  { imports = [], memory = [], exports }: { imports?: Code; memory?: Code; exports: readonly Code[] },
): Uint8Array<ArrayBuffer> {
  const locals = list([
    [unsigned(integers), I32],
    [unsigned(vectors), V128],
  ]);
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
      section(1, [[0x60, list(Array(parameters).fill([I32])), list([])]]), // the function's type
      imports,
      section(3, [[0]]), // the function has that type
      memory,
      section(7, exports),
      section(10, [sized([locals, body, 0x0b])]),
    ]),
  );
}
