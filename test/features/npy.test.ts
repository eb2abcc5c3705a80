import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { type ElementType, half, numbersOf, widthOf } from "../../src/features/elements.ts";
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz, type TypedArray } from "../../src/features/index.ts";
import { parseNpyHeader } from "../../src/features/npy.ts";

/** Arrays in memory: what NumPy wrote, what it would write, and headers that it never would. */
const folder = join(import.meta.dirname, "../fixtures/features");
// fixtures/features/make.py: entry (i, j) of 7 x 5 numbers.
const expected = (signed: boolean): number[] =>
  Array.from({ length: 35 }, (_, e) => ((7 * Math.floor(e / 5) + 3 * (e % 5)) % 11) - (signed ? 4 : 0));

test.each(readdirSync(folder).filter((name) => name.endsWith(".npy")))("%s, as NumPy wrote it", (name) => {
  const { shape, data } = decodeNpy(new Uint8Array(readFileSync(join(folder, name))));
  expect(shape).toEqual([7, 5]);
  expect([...data]).toEqual(expected(!/^(le-|be-)?u/.test(name)));
});

test("columns of three axes come out as rows", () => {
  // Fortran order: the first index runs fastest. Entry (i, j, k) of 2 x 3 x 4 numbers is 100 i + 10 j + k.
  const numbers = Float64Array.from({ length: 24 }, (_, e) => 100 * (e % 2) + 10 * (Math.floor(e / 2) % 3) + Math.floor(e / 6));
  const bytes = encodeNpy({ shape: [2, 3, 4], data: numbers });
  bytes.set(new TextEncoder().encode("True, "), new TextDecoder("latin1").decode(bytes).indexOf("False,"));
  expect([...decodeNpy(bytes).data]).toEqual(
    Array.from({ length: 24 }, (_, e) => 100 * Math.floor(e / 12) + 10 * (Math.floor(e / 4) % 3) + (e % 4)),
  );
});

describe("what is written", () => {
  test.each<[string, TypedArray, number[]]>([
    ["<f8", Float64Array.of(1.5, -2, 1e300), [3]],
    ["<f4", Float32Array.of(1.5, -2, 3), [3]],
    ["|i1", Int8Array.of(-128, 127), [2]],
    ["<i2", Int16Array.of(-32768, 32767), [2, 1]],
    ["<i4", Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1, 2, 3), [2, 3]],
    ["<i8", BigInt64Array.of(-5n, 2n ** 53n), [2]],
    ["|u1", Uint8Array.of(0, 255), [2]],
    ["<u2", Uint16Array.of(0, 65535), [2]],
    ["<u4", Uint32Array.of(0, 2 ** 32 - 1), [1, 2]],
    ["<u8", BigUint64Array.of(7n), [1]],
    ["<f8", new Float64Array(0), [0, 4]],
    ["<f8", Float64Array.of(3), []],
  ])("%s: NEP 1, byte by byte", (descr, data, shape) => {
    const bytes = encodeNpy({ shape, data });
    expect([...bytes.subarray(0, 8)]).toEqual([0x93, ...Buffer.from("NUMPY"), 1, 0]);
    const length = bytes[8] + 256 * bytes[9];
    // "The header data is padded with spaces and terminated by a newline so that the total is divisible by 64."
    expect((10 + length) % 64).toBe(0);
    const header = Buffer.from(bytes.subarray(10, 10 + length)).toString("latin1");
    const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
    expect(header).toMatch(/^\{[^{}]*\} *\n$/);
    expect(header.trim()).toBe(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`);
    expect(Buffer.from(bytes.subarray(10 + length))).toEqual(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    const back = decodeNpy(bytes);
    expect(back.shape).toEqual(shape);
    expect([...back.data]).toEqual(Array.from(data as ArrayLike<number | bigint>, Number));
  });

  test("a part of a larger buffer, and a header longer than 255 bytes", () => {
    const part = Float64Array.of(9, 1, 2, 9).subarray(1, 3);
    expect([...decodeNpy(encodeNpy({ shape: [2], data: part })).data]).toEqual([1, 2]);
    const shape = new Array<number>(100).fill(1);
    const bytes = encodeNpy({ shape, data: Float64Array.of(5) });
    expect(bytes[9]).toBeGreaterThan(0);
    expect(decodeNpy(bytes)).toEqual({ shape, data: Float64Array.of(5) });
  });

  test("a shape that does not hold the numbers is a mistake of the caller", () => {
    expect(() => encodeNpy({ shape: [2, 2], data: new Float64Array(3) })).toThrow(
      new RangeError("encodeNpy: shape 2 x 2 holds 4 numbers, got 3"),
    );
  });

  test("npz: names and numbers come back, other members are left alone, the same numbers give the same bytes", () => {
    const arrays = { a: { shape: [2], data: Float64Array.of(1, 2) }, "b.c": { shape: [1, 1], data: Int32Array.of(-3) } };
    const bytes = encodeNpz(arrays);
    expect(decodeNpz(bytes)).toEqual({
      a: { shape: [2], data: Float64Array.of(1, 2) },
      "b.c": { shape: [1, 1], data: Float64Array.of(-3) },
    });
    // Written at two times, by a clock that a zip tells to two seconds.
    const now = Date.now;
    try {
      Date.now = () => now() + 1e9;
      expect(encodeNpz(arrays)).toEqual(bytes);
    } finally {
      Date.now = now;
    }
    // MS-DOS time of 1980-01-01, 0:00, in the first local header.
    expect([...bytes.subarray(10, 14)]).toEqual([0, 0, 0x21, 0]);
  });
});

describe("headers", () => {
  /** A header of one's own in front of `size` zero bytes. */
  const file = (header: string, size = 16, version = 1): Uint8Array => {
    const text = Buffer.from(header, "latin1");
    const start = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
    return Uint8Array.from([0x93, ...Buffer.from("NUMPY"), version, 0, ...start, ...text, ...new Uint8Array(size)]);
  };
  const plain = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n";

  test("spaces, long integers of Python 2, a single number, big-endian", () => {
    const of = (header: string, version = 1) => parseNpyHeader(file(header, 16, version), "x");
    expect(of(plain)).toEqual({ type: "f8", littleEndian: true, fortranOrder: false, shape: [2], offset: 10 + plain.length });
    expect(of(plain, 2).offset).toBe(12 + plain.length);
    expect(of("{ 'descr' : '>i4' , 'fortran_order' : True , 'shape' : (3L, 4L) }")).toMatchObject({
      type: "i4",
      littleEndian: false,
      fortranOrder: true,
      shape: [3, 4],
    });
    expect(of("{'descr': '|b1', 'fortran_order': False, 'shape': ()}")).toMatchObject({ type: "b1", shape: [] });
    expect(of("{'descr': '=u2', 'fortran_order': False, 'shape': (0,)}")).toMatchObject({ type: "u2", littleEndian: true });
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["no magic", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), /x: expected a \.npy file .* got "?first bytes 1 2 3 4 5 6/],
    ["nine bytes", file(plain).subarray(0, 9), /x: expected a \.npy file/],
    ["version 0", file(plain, 16, 1).with(6, 0), /version: expected 1, 2 or 3, got 0/],
    ["version 4", file(plain, 16, 1).with(6, 4), /version: expected 1, 2 or 3, got 4/],
    ["a header that ends outside", file(plain).subarray(0, 40), /header length: expected at most 30 bytes/],
    ["version 2 of eleven bytes", file(plain, 16, 2).subarray(0, 11), /header length/],
    ["no shape", file("{'descr': '<f8', 'fortran_order': False}"), /header: expected descr/],
    ["no order", file("{'descr': '<f8', 'shape': (2,)}"), /header: expected descr/],
    ["no type", file("{'fortran_order': False, 'shape': (2,)}"), /header: expected descr/],
    ["a shape beyond 2^53", file(plain.replace("(2,)", "(4294967296, 4294967296)")), /shape: expected whole numbers/],
    ["one axis beyond 2^53", file(plain.replace("(2,)", "(9007199254740993, 0)")), /shape: expected whole numbers/],
    ["float128", file(plain.replace("f8", "f16")), /dtype: expected f2, f4, f8/],
    ["a quarter float", file(plain.replace("f8", "f1")), /dtype/],
    ["bool of two bytes", file(plain.replace("f8", "b2")), /dtype/],
    ["text", file(plain.replace("<f8", "<U8")), /dtype.*U8/],
    ["too few numbers", file(plain, 15), /numbers: expected 16 bytes \(shape 2\).*15 bytes/],
    ["too many", file(plain, 17), /numbers: expected 16 bytes.*17 bytes/],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => decodeNpy(bytes, "x")).toThrow(InputError);
    expect(() => decodeNpy(bytes, "x")).toThrow(message);
  });

  test("a header of a mebibyte is the largest", () => {
    const padded = (length: number): Uint8Array => {
      const bytes = new Uint8Array(12 + length + 16).fill(32);
      bytes.set(file(plain, 0, 2));
      new DataView(bytes.buffer).setUint32(8, length, true);
      return bytes;
    };
    expect(parseNpyHeader(padded(1 << 20), "x").shape).toEqual([2]);
    expect(() => parseNpyHeader(padded((1 << 20) + 1), "x")).toThrow(/header length/);
  });
});

describe("element types", () => {
  test("binary16: subnormals, the ends of the range, infinities, NaN (IEEE 754, table 3.5)", () => {
    const cases: [number, number][] = [
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3bff, 1 - 2 ** -11],
      [0x3c00, 1],
      [0x3c01, 1 + 2 ** -10],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x8001, -(2 ** -24)],
    ];
    for (const [code, value] of cases) expect(half(code), code.toString(16)).toBe(value);
    for (const code of [0x7c01, 0x7e00, 0xffff]) expect(half(code)).toBeNaN();
    expect(half(0x8000)).toBe(-0);
    const bytes = new Uint8Array(Uint16Array.from(cases, ([code]) => code).buffer);
    expect([...numbersOf(bytes, "f2", true)]).toEqual(cases.map(([, value]) => value));
  });

  test("every type in both byte orders, as a DataView reads it", () => {
    const at = (v: DataView, type: ElementType, i: number, little: boolean): number => {
      const read: Partial<Record<ElementType, () => number>> = {
        f4: () => v.getFloat32(4 * i, little),
        f8: () => v.getFloat64(8 * i, little),
        i1: () => v.getInt8(i),
        i2: () => v.getInt16(2 * i, little),
        i4: () => v.getInt32(4 * i, little),
        i8: () => Number(v.getBigInt64(8 * i, little)),
        u1: () => v.getUint8(i),
        b1: () => v.getUint8(i),
        u2: () => v.getUint16(2 * i, little),
        u4: () => v.getUint32(4 * i, little),
        u8: () => Number(v.getBigUint64(8 * i, little)),
        // A bfloat16 is a float32 whose lower half is 0.
        bf: () => {
          const whole = new DataView(new ArrayBuffer(4));
          whole.setUint16(0, v.getUint16(2 * i, little));
          return whole.getFloat32(0);
        },
      };
      return (read[type] as () => number)();
    };
    // Bytes whose floats are neither NaN nor infinite in either order.
    const bytes = Uint8Array.from({ length: 64 }, (_, e) => (37 * e + 11) % 0x7f);
    for (const type of ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1", "bf"] as const) {
      const n = 64 / widthOf(type);
      for (const little of [true, false]) {
        const view = new DataView(bytes.buffer);
        const wanted = Array.from({ length: n }, (_, i) => at(view, type, i, little));
        expect([...numbersOf(bytes.slice(), type, little)], `${type} ${little}`).toEqual(wanted);
      }
    }
    expect(() => numbersOf(new Uint8Array(7), "i2", true)).toThrow(/a multiple of 2 bytes, got 7/);
  });
});
