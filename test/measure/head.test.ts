import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { emptySums, emptyWithin, frameOf, measureFeatures } from "../../src/measure/index.ts";
import { clouds } from "./plain.ts";

describe("the library refuses a head that does not fit", () => {
  const data = clouds([4, 4, 4], 2, 0.1, 1);
  const { W, b } = data.head;
  test.each([
    [{ W: W.slice(1), b }, /head\.W: expected 3 x 2 numbers, a row a class, got "5 numbers"/],
    [{ W: new Float64Array(8), b }, /head\.W: expected 3 x 2 numbers.*got "8 numbers"/],
    [{ W, b: b.slice(1) }, /head\.b: expected 3 numbers, one a class, got "2 numbers"/],
    [
      { W: W.map((x, e) => (e === 4 ? Number.NaN : x)), b },
      /head\.W, entry 4: expected a finite number of at most 1e\+70, got NaN/,
    ],
    [
      { W, b: b.map(() => Number.POSITIVE_INFINITY) },
      /head\.b, entry 0: expected a finite number of at most 1e\+70, got Infinity/,
    ],
  ])("%#", (head, message) => {
    expect(() => measureFeatures({ ...data, head })).toThrow(InputError);
    expect(() => measureFeatures({ ...data, head })).toThrow(message);
    expect(() => emptyWithin(frameOf(emptySums(3, 2)), head)).toThrow(message);
  });
});
