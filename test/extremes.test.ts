import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { maximum, minimum } from "../src/extremes.ts";

test("as Math.max and Math.min, of few, of none and of nothing that is a number", () => {
  for (const values of [[], [3], [2, -1, 7], [-0, 0], [1, Number.NaN, 2], [Number.NEGATIVE_INFINITY, 5]]) {
    expect(maximum(values)).toBe(Math.max(...values));
    expect(minimum(values)).toBe(Math.min(...values));
  }
});

test("of a million, of sets and of typed arrays", () => {
  const many = Float64Array.from({ length: 1_000_000 }, (_, i) => Math.abs(i - 700_000) - 5);
  expect(minimum(many)).toBe(-5);
  expect(maximum(many)).toBe(699_995);
  expect(maximum(new Set([1, 4, 2]))).toBe(4);
});

test("where there is a number a class, no list is spread into arguments", () => {
  const rooms = ["problem", "theory", "prediction", "measure", "documents", "pictures", "words"];
  for (const room of rooms)
    for (const file of readdirSync(`src/${room}`, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      expect(readFileSync(`src/${room}/${file}`, "utf8"), `src/${room}/${file}`).not.toMatch(
        /(Math\.(max|min)|\.push|\.unshift|fromCharCode)\((?:[^()[\]{}]|\([^()]*\))*\.\.\./,
      );
    }
});
