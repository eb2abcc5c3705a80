import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/errors.ts";
import { parseSweep } from "../../../src/experiments/sweep/description.ts";

const known = ["counts", "lambda-z", "lambda-b", "features", "epochs", "seed", "weights", "smoothing"];
const parse = (text: string) => parseSweep(text, "s.yaml", "s", known);

test("a grid, a list and seeds: every combination, the base below them", () => {
  const { name, points, varied } = parse(`
name: thresholds
base: {counts: 5x50, epochs: 10}
grid:
  lambda-z: [0.002, 1e-3]
  features: [linear, relu]
list:
  - {smoothing: 0}
  - {smoothing: 0.1, epochs: 20}
seeds: [3, 4, 7]
`);
  expect(name).toBe("thresholds");
  expect(varied).toEqual(["lambda-z", "features", "smoothing", "epochs", "seed"]);
  expect(points).toHaveLength(2 * 2 * 2 * 3);
  expect(points[0]).toEqual({ counts: "5x50", epochs: "10", "lambda-z": "0.002", features: "linear", smoothing: "0", seed: "3" });
  expect(points.at(-1)).toEqual({
    counts: "5x50",
    epochs: "20",
    "lambda-z": "0.001",
    features: "relu",
    smoothing: "0.1",
    seed: "7",
  });
  expect(new Set(points.map((p) => JSON.stringify(p))).size).toBe(24);
});

test("lists of numbers and infinity as on the command line; a number of seeds is the first ones", () => {
  const { name, points } = parse("base: {counts: [50, 20], lambda-b: .inf}\ngrid: {weights: [[1, 2], [1, 3]]}\nseeds: 2");
  expect(name).toBe("s");
  expect(points).toEqual([
    { counts: "50,20", "lambda-b": "inf", weights: "1,2", seed: "0" },
    { counts: "50,20", "lambda-b": "inf", weights: "1,2", seed: "1" },
    { counts: "50,20", "lambda-b": "inf", weights: "1,3", seed: "0" },
    { counts: "50,20", "lambda-b": "inf", weights: "1,3", seed: "1" },
  ]);
});

test("a base alone is one point", () => {
  expect(parse("base: {counts: 5x50}").points).toEqual([{ counts: "5x50" }]);
});

describe("what is refused, with what, rule and value", () => {
  test.each([
    ["base: {counts: 5x50", /s.yaml: expected YAML, got .*line 1/],
    ["- 1\n- 2", /s.yaml: expected names with values, got \[1,2\]/],
    ["base: {}\nbase: {}", /s.yaml: expected YAML, got Map keys must be unique/],
    ["gird: {lambda-z: [1]}", /s.yaml: expected one of name, base, grid, list, seeds, slurm, got "gird" \(did you mean grid\?\)/],
    ["base: {lamda-z: 1}", /s.yaml: base: expected one of .*, got "lamda-z" \(did you mean lambda-z\?\)/],
    ["base: {counts: 5x10,5x6}", /got "5x6" \(inside { } a value with a comma wants quotes\)/],
    ["grid: {feature: [relu]}", /s.yaml: grid: .*got "feature" \(did you mean features\?\)/],
    ["grid: {lambda-z: []}", /s.yaml: grid.lambda-z: expected a list of at least one value, got \[\]/],
    ["grid: {lambda-z: 0.1}", /grid.lambda-z: expected a list of at least one value, got 0.1/],
    ["grid: {lambda-z: [0.1, 0.10]}", /grid.lambda-z\[1\]: expected each value once, got "0.1"/],
    ["grid: {lambda-z: [0.1, null]}", /grid.lambda-z\[1\]: expected a number, a text or a list of numbers, got null/],
    ["list: []", /s.yaml: list: expected a list of at least one set of options, got \[\]/],
    ["list: [3]", /s.yaml: list\[0\]: expected names with values, got 3/],
    ["seeds: 0", /s.yaml: seeds: expected how many seeds, or a list of different whole numbers, got 0/],
    ["seeds: [1, 1]", /s.yaml: seeds: .*got \[1,1\]/],
    ["grid: {epochs: [1]}\nlist: [{epochs: 2}]", /s.yaml: epochs: expected it in grid or in list, got "both"/],
    ["grid: {seed: [1]}\nseeds: 2", /s.yaml: seed: expected it in grid or in seeds, got "both"/],
    ["name: a b", /s.yaml: name: expected up to 60 letters, digits, points, - and _, got "a b"/],
    ["slurm: {partion: gpu}", /s.yaml: slurm: expected one of .*, got "partion" \(did you mean partition\?\)/],
    ["slurm: {time: soon}", /slurm: time: expected minutes, .* got "soon"/],
    ['slurm: {partition: "a; rm -rf /"}', /slurm.partition: expected a word of letters/],
    ["slurm: {environment: {A B: 1}}", /slurm.environment: expected names of letters, digits and _, got "A B"/],
    [
      `grid: {lambda-z: [${Array.from({ length: 400 }, (_, i) => i)}], epochs: [${Array.from({ length: 400 }, (_, i) => i)}]}`,
      /expected at most 100000 points, got 160000/,
    ],
  ])("%s", (text, message) => {
    expect(() => parse(text)).toThrow(InputError);
    expect(() => parse(text)).toThrow(message);
  });

  test("whatever the text, it is read or it is bad input", () => {
    const words = fc.constantFrom(
      "base",
      "grid",
      "list",
      "seeds",
      "lambda-z",
      "slurm",
      ": ",
      "- ",
      "[",
      "]",
      "{",
      "}",
      ",",
      "\n",
      "  ",
      "1",
      "&a",
      "*a",
      "<<: ",
      "'",
      "!!map ",
      "~",
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
        try {
          expect(parse(parts.join("")).points.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error, parts.join("")).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("a grid of more values than can be trained, and one that no computer could compare pair by pair, are refused at once", () => {
  const values = (n: number): string => Array.from({ length: n }, (_, i) => (i + 1) / 1e6).join(", ");
  const began = performance.now();
  expect(() => parse(`grid: {lambda-z: [${values(100_001)}]}`)).toThrow("expected at most 100000 points, got 100001");
  expect(() => parse(`grid: {lambda-z: [${values(50_000)}, 0.05]}`)).toThrow("grid.lambda-z[50000]: expected each value once");
  // A generous bound on the clock: pair by pair it is 5e9 comparisons of texts.
  expect(performance.now() - began).toBeLessThan(20_000);
});

test.each([
  ["base: &a\n  counts: *a\n", /base\.counts: expected a number, a text or a list of numbers, got \{"counts":\{"counts"/],
  ["list: &a\n  - *a\n", /list\[0\]: expected names with values/],
  ["[".repeat(5000) + "]".repeat(5000), /s\.yaml: expected YAML of names with values and lists, got something nested/],
  [
    `base: {counts: ${"[".repeat(300)}1${"]".repeat(300)}}`,
    /base\.counts: expected a number, a text or a list of numbers, got \[\[\[/,
  ],
])("what holds itself, or is nested without end, is refused (%#)", (text, message) => {
  expect(() => parse(text)).toThrow(message);
  expect(() => parse(text)).toThrow(InputError);
});
