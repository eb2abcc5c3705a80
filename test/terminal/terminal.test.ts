import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { displayWidth, table, terminalHeatMap, terminalTable } from "../../src/terminal/terminal.ts";
import { colorWanted } from "../../src/terminal/terminal-color.ts";
import { blockMatrix, clusters, solutions } from "../plots/samples.ts";

const two = clusters.map((classes) => ({ classes }));
const square = (K: number, value: (i: number, j: number) => number | null): (number | null)[][] =>
  Array.from({ length: K }, (_, i) => Array.from({ length: K }, (_, j) => value(i, j)));
const halves = (K: number): { classes: number[] }[] =>
  [0, 1].map((h) => ({ classes: Array.from({ length: K / 2 }, (_, k) => k + (h * K) / 2) }));
const widths = (text: string): Set<number> =>
  new Set(text.split("\n").map((line) => displayWidth(stripVTControlCharacters(line))));

describe("terminal table", () => {
  it("has lines of one width, numbers to the right, words to the left", () => {
    const text = table(
      ["λ_Z", "名前", "state"],
      [
        [0.0027, "犬", "apart"],
        [12, "cafe\u0301", "merged: one vector"],
        [null, "x", ""],
      ],
    );
    const box = text.split("\n").slice(0, -1);
    expect(widths(box.join("\n")).size).toBe(1);
    expect(box[3]).toBe("│ 0.0027 │ 犬   │ apart              │");
    expect(box[4]).toBe("│     12 │ cafe\u0301 │ merged: one vector │");
    expect(text.split("\n").at(-1)).toContain("–: not defined");
  });

  it("does not let text from a file steer the terminal", () => {
    const text = terminalTable({ caption: "c\u001b[2J", columns: ["a\r"], rows: [["\u001b]0;x\u0007\n\u009b1m"]] });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text.split("\n")).toHaveLength(6);
    expect(widths(text.split("\n").slice(1).join("\n")).size).toBe(1);
  });
});

describe("terminal heat map", () => {
  it("prints numbers with lines between clusters, the same text with and without color", () => {
    const Z = blockMatrix(solutions[0]);
    const flat = terminalHeatMap(Z, two, { color: false });
    expect(flat).not.toContain("\u001b");
    expect(stripVTControlCharacters(terminalHeatMap(Z, two, { color: true }))).toBe(flat);
    expect(widths(flat)).toEqual(new Set([6 + 10 * 6]));
    const lines = flat.split("\n");
    expect(lines).toHaveLength(1 + 10 + 2);
    expect(lines[7]).toBe(lines[1]);
    expect(lines[2].split("│")[1].trim().split(/ +/)).toEqual(["2.29", "-0.44", "-0.44", "-0.44", "-0.44"]);
  });

  it("orders classes by cluster", () => {
    const Z = square(4, (i, j) => 10 * i + j);
    const text = terminalHeatMap(Z, [{ classes: [0, 2] }, { classes: [1, 3] }], { color: false });
    expect(text.split("\n")[0].match(/\d+/g)).toEqual(["0", "2", "1", "3"]);
    expect(text.split("\n")[3].match(/[\d.]+/g)).toEqual(["2", "20.0", "22.0", "21.0", "23.0"]);
  });

  it("shows a collapsed block as bare zeros, rounding of a solver included, and a missing value as –", () => {
    const text = terminalHeatMap(
      [
        [1, 1e-15],
        [null, 0],
      ],
      [{ classes: [0, 1] }],
      { color: true },
    );
    const lines = stripVTControlCharacters(text).split("\n");
    expect(lines[2]).toMatch(/1\.00 +0$/);
    expect(lines[3]).toMatch(/– +0$/);
    expect(
      terminalHeatMap(
        [
          [0, 0],
          [0, 0],
        ],
        [],
        { color: true },
      ),
    ).not.toContain("NaN");
  });

  it("paints red above 0, blue below, stronger for larger values", () => {
    const text = terminalHeatMap(
      [
        [2, -2],
        [1, 0],
      ],
      [],
      { color: true },
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is tested
    const colors = [...text.matchAll(/\u001b\[48;2;(\d+);(\d+);(\d+)m/g)].map((m) => m.slice(1).map(Number));
    expect(colors[0][0]).toBeGreaterThan(colors[0][2]);
    expect(colors[1][2]).toBeGreaterThan(colors[1][0]);
    expect(colors[2][1]).toBeGreaterThan(colors[0][1]);
    expect(colors[3]).toEqual([247, 247, 247]);
  });

  it("falls back to shades, then to means over blocks, and never grows wider than a screen", () => {
    for (const K of [2, 12, 20, 24, 26, 100, 400]) {
      for (const groups of [halves(K), Array.from({ length: K }, (_, k) => ({ classes: [k] }))]) {
        for (const color of [true, false]) {
          const text = terminalHeatMap(
            square(K, (i, j) => (i === j ? -12.3 : j / K)),
            groups,
            { color },
          );
          for (const width of widths(text)) expect(width).toBeLessThanOrEqual(100);
        }
      }
    }
    const shades = terminalHeatMap(
      square(20, (i, j) => (i === j ? 3 : i > j ? -3 : 0)),
      halves(20),
      { color: false },
    );
    expect(shades.split("\n")[3]).toContain("-@+@ .");
    expect(shades).toContain("largest |Z| 3");
  });

  it("of many classes gives the exact means, the diagonal apart", () => {
    const Z = square(40, (i, j) => (i === j ? 5 : i < 20 ? (j < 20 ? -1 : 2) : null));
    const lines = terminalHeatMap(Z, halves(40), { color: false }).split("\n");
    expect(lines[0]).toContain("40 classes: means over the blocks of different counts, c0 to c1");
    expect(lines[3].match(/-?[\d.]+/g)!.slice(1)).toEqual(["-1.00", "2.00"]);
    expect(lines[4].match(/–/g)).toHaveLength(2);
    expect(lines[6]).toMatch(/^own │ +5\.00 +5\.00$/);
  });
});

describe("colors are wanted", () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "", TERM: "xterm" }, true, true],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ TERM: "dumb" }, true, false],
  ])("%j, terminal %s: %s", (env, terminal, wanted) => {
    expect(colorWanted(env, terminal)).toBe(wanted);
  });
});
