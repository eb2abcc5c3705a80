import { expect, test } from "vitest";
import { type ElementType, numbersOf } from "../../src/features/elements.ts";
import { decodeNpy, encodeNpy } from "../../src/features/index.ts";

/** All codes of a small float, by what a float is: from 0, each next code is one unit in the last place more. */
function byUnits(exponentBits: number, fractionBits: number, bias: number): number[] {
  const numbers = [0];
  for (let code = 0; code < 2 ** (exponentBits + fractionBits) - 1; code++) {
    const exponent = Math.max(1, code >> fractionBits);
    numbers.push(numbers[code] + 2 ** (exponent - bias - fractionBits));
  }
  return numbers;
}

test("half precision: all 65536 codes, the subnormal ones too", () => {
  const codes = Uint16Array.from({ length: 65536 }, (_, code) => code);
  const numbers = numbersOf(new Uint8Array(codes.buffer), "f2", true);
  const wanted = byUnits(5, 10, 15);
  for (let code = 0; code < 31 << 10; code++) {
    expect(numbers[code]).toBe(wanted[code]);
    expect(numbers[code | 0x8000]).toBe(-wanted[code]);
  }
  expect([numbers[1], numbers[0x3ff], numbers[0x400], numbers[0x7bff]]).toEqual([2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504]);
  expect([numbers[0x7c00], numbers[0xfc00]]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  for (let code = 0x7c01; code < 0x8000; code++)
    expect([numbers[code], numbers[code | 0x8000]]).toEqual([Number.NaN, Number.NaN]);
});

test.each<[ElementType, number[], number, number]>([
  ["e4m3", [4, 3, 7], 0x7e, 448],
  ["e5m2", [5, 2, 15], 0x7b, 57344],
  ["e4m3z", [4, 3, 8], 0x7f, 240],
  ["e5m2z", [5, 2, 16], 0x7f, 57344],
])("8-bit floats: %s", (type, [exponentBits, fractionBits, bias], last, largest) => {
  const numbers = numbersOf(
    Uint8Array.from({ length: 256 }, (_, code) => code),
    type,
    true,
  );
  const wanted = byUnits(exponentBits, fractionBits, bias);
  const fnuz = type.endsWith("z");
  for (let code = 0; code <= last; code++) {
    expect(numbers[code]).toBe(wanted[code]);
    if (!fnuz || code > 0) expect(numbers[code | 128]).toBe(-wanted[code]);
  }
  expect(numbers[last]).toBe(largest);
  if (fnuz) expect(numbers[128]).toBeNaN();
  else expect([numbers[127], numbers[255]]).toEqual([Number.NaN, Number.NaN]);
  if (type === "e5m2") expect([numbers[124], numbers[252]]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

test("8-bit powers of two", () => {
  const numbers = numbersOf(Uint8Array.from([0, 126, 127, 128, 254, 255]), "e8m0", true);
  expect([...numbers]).toEqual([2 ** -127, 0.5, 1, 2, 2 ** 127, Number.NaN]);
});

test.each([true, false])("eight bytes without a sign, little-endian %s", (little) => {
  const values = [0n, 1n, 255n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 63n, 2n ** 64n - 2048n];
  const view = new DataView(new ArrayBuffer(56));
  for (const [i, x] of values.entries()) view.setBigUint64(8 * i, x, little);
  expect([...numbersOf(new Uint8Array(view.buffer), "u8", little)]).toEqual(values.map(Number));
  if (!little) return;
  const file = encodeNpy({ shape: [7], data: BigUint64Array.from(values) });
  expect([...decodeNpy(file).data]).toEqual(values.map(Number));
});

test("one byte without a sign", () => {
  const all = Array.from({ length: 256 }, (_, x) => x);
  expect([...numbersOf(Uint8Array.from(all), "u1", true)]).toEqual(all);
  expect([...numbersOf(Uint8Array.from(all), "i1", true)]).toEqual(all.map((x) => (x > 127 ? x - 256 : x)));
});
