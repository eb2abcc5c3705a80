import fc from "fast-check";
import { expect, test } from "vitest";
import { fromRunText } from "../src/experiments/run-text.ts";
import { fromJson, toJson } from "../src/json.ts";

/** Every number comes back: -0 as 0, which no comparison of numbers tells apart. */
const number = fc.double({ noNaN: true }).map((x) => (x === 0 ? 0 : x));
const word = fc.oneof(fc.string(), fc.constantFrom("inf", "-inf", "Infinity", "null"));

test("numbers come back to the last bit, infinities too, wherever they stand", () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      number,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree")),
      fc.dictionary(fc.string(), tie("tree")),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(fromJson(toJson(value))).toEqual(value);
      expect(fromJson(toJson(value, 2))).toEqual(value);
    }),
  );
});

test("in the files of runs a word stays a word where words stand, and a number is one", () => {
  fc.assert(
    fc.property(word, word, number, fc.array(number), (text, other, x, list) => {
      const document = {
        name: text,
        varied: [text, "lambda-b"],
        points: [
          {
            id: other,
            options: { "lambda-b": text, name: other },
            error: other,
            config: { dataDir: text, settings: { lambdaB: x, remedies: { weights: list } } },
          },
        ],
      };
      expect(fromRunText(toJson(document))).toEqual(document);
    }),
  );
});

test("NaN is a defect, and named", () => {
  expect(() => toJson({ a: [{ nc1: Number.NaN }] })).toThrow(/NaN at nc1/);
});

test("a text nested too deep for the stack is named as that", () => {
  expect(() => fromJson("[".repeat(200_000) + "]".repeat(200_000))).toThrow(SyntaxError);
  expect(() => fromJson("[".repeat(200_000) + "]".repeat(200_000))).toThrow(/nested thousands of levels deep/);
});

test("what is written is what JSON.stringify with a word for each infinity writes, and nothing that was given is changed", () => {
  const given = {
    numbers: [1, Number.POSITIVE_INFINITY, -0, [Number.NEGATIVE_INFINITY, 2.5]],
    plain: { a: [1, 2, 3], b: null, missing: undefined, words: ["x", "inf"], yes: true },
    typed: Float64Array.of(1, Number.POSITIVE_INFINITY),
    date: new Date(0),
    own: { toJSON: () => ({ x: Number.POSITIVE_INFINITY }) },
    holes: [undefined, () => 1, Symbol("s")],
  };
  const before = structuredClone({ ...given, own: 0, holes: 0 });
  const plain = JSON.stringify(
    given,
    (_, x: unknown) => (typeof x === "number" && !Number.isFinite(x) ? (x > 0 ? "inf" : "-inf") : x),
    2,
  );
  expect(toJson(given, 2)).toBe(plain);
  expect({ ...given, own: 0, holes: 0 }).toEqual(before);
  expect(toJson(Number.POSITIVE_INFINITY)).toBe('"inf"');
});
