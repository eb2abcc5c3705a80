import { describe, expect, test } from "vitest";
import { checkHeld } from "../../src/features/columns.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { checkWords } from "../../src/features/text-array.ts";

describe("how much a table can hold", () => {
  const file = memoryBytes("x.parquet", new Uint8Array(2000));
  test.each([0, 1, 2 ** 24, 20_000_000])("%s numbers in 2000 bytes are believed", (n) => {
    expect(() => checkHeld("x: size", n, file)).not.toThrow();
  });
  test.each([20_000_001, Number.POSITIVE_INFINITY, Number.NaN, -1])("%s are not", (n) => {
    expect(() => checkHeld("x: size", n, file)).toThrow(
      "x: size: expected at most 10000 numbers for each of the file's 2000 bytes, got",
    );
  });
});

test("how many words are labels", () => {
  expect(() => checkWords("x", 2 ** 26, 2 ** 30)).not.toThrow();
  expect(() => checkWords("x", 2 ** 26 + 1)).toThrow("x: words: expected at most 67108864, got 67108865");
  expect(() => checkWords("x", 1, 2 ** 30 + 1)).toThrow("x: words: expected at most 1073741824 bytes, got 1073741825");
});
