import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { displayWidth, terminalHeatMap, terminalTable } from "../../src/terminal/terminal.ts";
import { terminalWidth, wrap } from "../../src/terminal/terminal-width.ts";

test.each([
  [{ isTTY: true, columns: 120 }, {}, 120],
  [{ isTTY: true, columns: 120 }, { COLUMNS: "60" }, 60],
  [{ isTTY: true, columns: 120 }, { COLUMNS: "" }, 120],
  [{ isTTY: true, columns: 120 }, { COLUMNS: "wide" }, 120],
  [{ isTTY: true, columns: 120 }, { COLUMNS: "0" }, 120],
  [{ isTTY: true, columns: 3 }, {}, 20],
  [{ isTTY: true, columns: 0 }, {}, Number.POSITIVE_INFINITY],
  // Into a file: nothing is broken, unless it is asked for.
  [{ columns: 120 }, {}, Number.POSITIVE_INFINITY],
  [{}, { COLUMNS: "40" }, 40],
])("terminal %j, environment %j: %s columns", (output, environment, width) => {
  expect(terminalWidth(output, environment)).toBe(width);
});

test("wrap breaks at spaces only, and loses nothing", () => {
  expect(wrap("a bb ccc dddd", 6)).toEqual(["a bb", "ccc", "dddd"]);
  expect(wrap("abcdefghij k", 4)).toEqual(["abcdefghij", "k"]);
});

describe("a table in a narrow terminal", () => {
  const columns = ["what", "n", "found"];
  const rows = [
    ["WebGPU", "1", "Node has none, and the optional package is not installed: npm install webgpu"],
    ["a very long name of something", "-22.5", "/a/path/without/any/space/that/is/longer/than/a/column/of/the/terminal"],
    ["広い文字の列", "3", "short"],
  ];
  const lines = (width: number): string[] => terminalTable({ caption: "", columns, rows }, width).split("\n");

  it.each([40, 50, 60, 79, 80, 100, 200])("fits into %i columns", (width) => {
    for (const line of lines(width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(new Set(lines(width).map(displayWidth)).size).toBe(1);
  });

  it("is what it is without a width where there is room", () => {
    const natural = lines(Number.POSITIVE_INFINITY);
    expect(natural).toHaveLength(rows.length + 4);
    expect(lines(displayWidth(natural[0]))).toEqual(natural);
  });

  it("keeps every character of every cell, numbers on one line", () => {
    const word = fc.stringMatching(/^[a-z/]{1,30}$/);
    fc.assert(
      fc.property(
        fc.array(fc.array(word, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 30, max: 90 }),
        (texts, width) => {
          const cells = texts.map((words, i) => [words.join(" "), String(10 ** i)]);
          const body = terminalTable({ caption: "", columns: ["t", "n"], rows: cells }, width)
            .split("\n")
            .slice(3, -1);
          const seen = body.map((line) =>
            line
              .split("│")
              .slice(1, 3)
              .map((cell) => cell.trim()),
          );
          expect(seen.map(([text]) => text.replaceAll(" ", "")).join("")).toBe(texts.flat().join(""));
          expect(seen.map(([, n]) => n).filter((n) => n !== "")).toEqual(cells.map(([, n]) => n));
        },
      ),
    );
  });
});

test("a heat map whose numbers do not fit shows shades", () => {
  const Z = Array.from({ length: 12 }, (_, i) => Array.from({ length: 12 }, (_, j) => (i === j ? 10.25 : -0.75)));
  const widest = (width: number): number =>
    Math.max(...terminalHeatMap(Z, [], { color: false, width }).split("\n").slice(0, 13).map(displayWidth));
  const numbers = widest(Number.POSITIVE_INFINITY);
  expect(numbers).toBeGreaterThan(60);
  expect(widest(numbers)).toBe(numbers);
  expect(widest(numbers - 1)).toBeLessThan(40);
});
