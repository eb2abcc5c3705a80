import { describe, expect, it } from "vitest";
import { pathCurves, svgText } from "../../src/plots/index.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { axisOf, keysOf, linesOf, panelsOf, rulesOf } from "./reading.ts";

const document = headlessDocument();
const x = Array.from({ length: 20 }, (_, i) => 1e-3 * 10 ** (i / 19));
const data = (n: number) => ({
  xLabel: "λ_Z",
  xScale: "log" as const,
  x,
  yLabel: "margin (logits)",
  curves: Array.from({ length: n }, (_, j) => ({ label: `class ${j}`, values: x.map((v) => (n - j) / n - 100 * v) })),
  events: [
    { at: 2e-3, label: "classes 1, 2: one vector from here on" },
    { at: 5, label: "outside" },
  ],
});

describe("curves along a path", () => {
  it("few: each with a style and a key, at its values; the event within the range as a rule", () => {
    const svg = pathCurves(data(3), { document });
    const [panel] = panelsOf(svg);
    const lines = linesOf(panel);
    expect(lines).toHaveLength(3);
    const y = axisOf(panel, "y");
    for (const [j, { points }] of lines.entries())
      for (const [i, [at, value]] of points.entries()) {
        expect(Math.abs(Math.log(at / x[i]))).toBeLessThan(0.01);
        expect(Math.abs(value - ((3 - j) / 3 - 100 * x[i]))).toBeLessThan(0.01);
      }
    expect(y.value(0)).toBeGreaterThan(y.value(300));
    const keys = keysOf(svg).filter((key) => key.label.startsWith("class "));
    expect(keys.map((key) => key.label)).toEqual(["class 0", "class 1", "class 2"]);
    expect(keys.map((key) => key.line?.color)).toEqual(lines.map((line) => line.color));
    expect(new Set(lines.map((line) => line.color)).size).toBe(3);
    expect(rulesOf(panel).map((rule) => Number(rule.at.toPrecision(2)))).toEqual([2e-3]);
    expect(svg.textContent).not.toContain("outside");
  });

  it("a thousand: 24 of them, the first and the last with keys, in a file that can be opened", () => {
    const svg = pathCurves(data(1000), { document });
    const lines = linesOf(panelsOf(svg)[0]);
    expect(lines).toHaveLength(24);
    expect(lines[23].points[0][1]).toBeCloseTo(1 / 1000 - 0.1, 2);
    expect(new Set(lines.map((line) => line.color)).size).toBe(24);
    expect(keysOf(svg).map((key) => key.label)).toEqual(expect.arrayContaining(["class 0", "class 999"]));
    expect(svg.textContent).toContain("24 of 1000 curves, evenly chosen");
    expect(svgText(svg).length).toBeLessThan(100_000);
  });

  it("twelve: all, and it says so", () => {
    const svg = pathCurves(data(12), { document });
    expect(linesOf(panelsOf(svg)[0])).toHaveLength(12);
    expect(svg.textContent).toContain("12 curves, in this order of colors");
  });
});
