import { describe, expect, it } from "vitest";
import * as plots from "../../src/plots/index.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { axisOf, colorAt, keysOf, linesOf, numberOf, panelsOf, reading, rulesOf, symbolsOf } from "./reading.ts";
import * as samples from "./samples.ts";

const document = headlessDocument();
const options = [{ document }, { document, width: 400 }];

/** Points of a picture are the data's, to a fraction of a pixel. */
function expectPoints(found: readonly [number, number][], wanted: readonly [number, number][], scale: [number, number]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach(([x, y], i) => {
    expect(Math.abs(x - wanted[i][0])).toBeLessThan(1e-4 * scale[0]);
    expect(Math.abs(y - wanted[i][1])).toBeLessThan(1e-4 * scale[1]);
  });
}

const close = (x: number, y: number): boolean => Math.abs(x / y - 1) < 1e-3;

describe.each(options)("every axis grows to the right and upwards (%#)", (option) => {
  it.each([
    ["separation", () => plots.separationCurves(samples.separationData, option)],
    ["curves", () => plots.curves(samples.curveData, option)],
    ["angles", () => plots.angles(samples.angleData, option)],
    ["singularValues", () => plots.singularValueCurves(samples.singularValueData, option)],
    ["phaseDiagram", () => plots.phaseDiagram(samples.phaseData, option)],
    ["scaling", () => plots.scaling(samples.scalingData, option)],
  ])("%s", (_, draw) => {
    for (const panel of panelsOf(draw())) {
      const x = axisOf(panel, "x").labels;
      const y = axisOf(panel, "y").labels;
      expect(x.length).toBeGreaterThan(1);
      expect(y.length).toBeGreaterThan(1);
      for (let i = 1; i < x.length; i++) expect(x[i].pixel > x[0].pixel).toBe(x[i].value > x[0].value);
      for (let i = 1; i < y.length; i++) expect(y[i].pixel < y[0].pixel).toBe(y[i].value > y[0].value);
    }
  });
});

describe.each(options)("data to pixel (%#)", (option) => {
  it("phase diagram: at chosen places the color is that of the phase there, as the legend says", () => {
    const { x, y, phases } = samples.phaseData;
    const svg = plots.phaseDiagram(samples.phaseData, option);
    const [panel] = panelsOf(svg);
    const rects = [...panel.querySelectorAll('[data-part="rect"] rect')];
    const color = new Map(keysOf(svg).flatMap((key) => (key.square ? [[key.label[0], key.square]] : [])));
    expect(new Set(["a", "b", "c", "d"].map((phase) => color.get(phase))).size).toBe(4);
    const [ax, ay] = [axisOf(panel, "x"), axisOf(panel, "y")];
    // The pixel of a value: between two labels, in logarithms.
    const pixel = ({ labels }: typeof ax, value: number): number => {
      const [p, q] = [labels[0], labels[labels.length - 1]];
      return p.pixel + ((q.pixel - p.pixel) * Math.log(value / p.value)) / Math.log(q.value / p.value);
    };
    const seen = new Set<string>();
    for (let i = 1; i < y.length - 1; i += 7)
      for (let j = 1; j < x.length - 1; j += 9) {
        const phase = phases[i][j] as string;
        expect(colorAt(rects, pixel(ax, x[j]), pixel(ay, y[i])), `n_A ${x[j]}, lambda_Z ${y[i]}`).toBe(color.get(phase));
        seen.add(phase);
      }
    expect([...seen].sort()).toEqual(["a", "b", "c", "d"]);
    // The letters stand in their regions, the cross at its point.
    for (const text of panel.querySelectorAll('[data-part="text"] text')) {
      const [, px, py] = /translate\(([-\d.]+),([-\d.]+)\)/.exec(text.getAttribute("transform") ?? "") ?? [];
      expect(colorAt(rects, Number(px), Number(py) + 0.01)).toBe(color.get(text.textContent ?? ""));
    }
    const marker = svg.querySelector(".marker") as Element;
    expect(close(ax.value(Number(marker.getAttribute("data-x"))), 500)).toBe(true);
    expect(close(ay.value(Number(marker.getAttribute("data-y"))), 0.0027)).toBe(true);
    const cross = /^M([\d.]+),([\d.]+)l12,12/.exec(marker.querySelector("path")?.getAttribute("d") ?? "") ?? [];
    expect(close(ax.value(Number(cross[1]) + 6), 500)).toBe(true);
    expect(close(ay.value(Number(cross[2]) + 6), 0.0027)).toBe(true);
  });

  it("curves: each line is its run, in the color and dash of its label", () => {
    const svg = plots.curves(samples.curveData, option);
    const lines = linesOf(panelsOf(svg)[0]);
    const keys = keysOf(svg);
    expect(new Set(keys.map((k) => k.line?.color)).size).toBe(3);
    samples.curveData.runs.forEach((run, r) => {
      expect(keys[r].label).toBe(run.label.replace("_", ""));
      expect(lines[r]).toMatchObject(keys[r].line as object);
      const wanted = run.points.flatMap((p): [number, number][] => (p.value === null ? [] : [[p.epoch, Math.log(p.value)]]));
      expectPoints(
        lines[r].points.map(([x, y]) => [x, Math.log(y)]),
        wanted,
        [400, 10],
      );
    });
  });

  it("separation: lines, symbols and rules are the data, upper panel separation, lower panel size", () => {
    const { predicted, measured, thresholds } = samples.separationData;
    const svg = plots.separationCurves(samples.separationData, option);
    const keys = keysOf(svg);
    const panels = panelsOf(svg);
    expect(panels).toHaveLength(2);
    (["separation", "largest"] as const).forEach((what, p) => {
      const lines = linesOf(panels[p]);
      const symbols = symbolsOf(panels[p]);
      predicted.forEach((series, i) => {
        expect(keys[i].label).toBe(series.label);
        expect(lines[i]).toMatchObject(keys[i].line as object);
        expectPoints(
          lines[i].points,
          series.points.map((q) => [q.at, q[what] as number]),
          [0.008, 8],
        );
      });
      const drawn = measured.filter((series) => series.points.some((q) => q[what] !== null));
      expect(symbols).toHaveLength(drawn.length);
      drawn.forEach((series, i) => {
        const key = keys.find((k) => k.label === series.label);
        expect(symbols[i]).toMatchObject(key?.symbol as object);
        expectPoints(
          symbols[i].points,
          series.points.map((q) => [q.at, q[what] as number]),
          [0.008, 8],
        );
      });
      const rules = rulesOf(panels[p]).map((rule) => rule.at);
      expect(rules.every((at, i) => close(at, thresholds[i].at))).toBe(true);
      expect(rules).toHaveLength(thresholds.length);
    });
    // What is measured has the color of what is predicted, in the legend too.
    expect(keys[2].symbol?.color).toBe(keys[0].line?.color);
    expect(keys[3].symbol?.color).toBe(keys[1].line?.color);
    expect(keys[0].line?.color).not.toBe(keys[1].line?.color);
  });

  it("angles: three lines and three series of symbols, and the simplex", () => {
    const { points, predicted = [] } = samples.angleData;
    const svg = plots.angles(samples.angleData, option);
    const [panel] = panelsOf(svg);
    const keys = keysOf(svg);
    const lines = linesOf(panel);
    const symbols = symbolsOf(panel);
    expect(new Set(keys.slice(0, 3).map((k) => k.line?.color)).size).toBe(3);
    (["withinA", "withinB", "between"] as const).forEach((what, i) => {
      expect(keys[i].label).toMatch({ withinA: /within A/, withinB: /within B/, between: /between/ }[what]);
      expect(lines[i]).toMatchObject(keys[i].line as object);
      expect(symbols[i]).toMatchObject(keys[i].symbol as object);
      expectPoints(
        lines[i].points.map(([x, y]) => [Math.log(x), y]),
        predicted.map((q) => [Math.log(q.nA), q[what] as number]),
        [8, 1],
      );
      expectPoints(
        symbols[i].points.map(([x, y]) => [Math.log(x), y]),
        points.map((q) => [Math.log(q.nA), q[what] as number]),
        [8, 1],
      );
    });
    const rule = panel.querySelector('[data-part="rule"] line') as Element;
    expect(axisOf(panel, "y").value(Number(rule.getAttribute("y1")))).toBeCloseTo(-1 / 9, 6);
    expect(keys[3].label).toBe("−1/(K−1) = −1/9, the simplex");
  });

  it("singular values: one line a bundle, events and the current value at their places", () => {
    const { lambdaZ, values, events, current } = samples.singularValueData;
    const svg = plots.singularValueCurves(samples.singularValueData, option);
    const [panel] = panelsOf(svg);
    const lines = linesOf(panel);
    [0, 4, 5, 9].forEach((k, i) => {
      expectPoints(
        lines[i].points,
        lambdaZ.map((x, at) => [x, values[at][k]]),
        [0.008, 50],
      );
    });
    const rules = rulesOf(panel);
    expect(rules.map((r) => r.at).every((at, i) => close(at, [...events.map((e) => e.at), current as number][i]))).toBe(true);
    const now = keysOf(svg).find((k) => k.label.startsWith("current"));
    expect(rules.at(-1)?.color).toBe(now?.line?.color);
    expect(lines[0].color).not.toBe(now?.line?.color);
  });

  it("scaling: lines and symbols of each series on both logarithmic axes", () => {
    const svg = plots.scaling(samples.scalingData, option);
    const [panel] = panelsOf(svg);
    const keys = keysOf(svg);
    const lines = linesOf(panel);
    const symbols = symbolsOf(panel);
    expect(new Set(keys.map((k) => k.line?.color)).size).toBe(3);
    samples.scalingData.series.forEach((series, i) => {
      expect(keys[i].label).toBe(series.label);
      expect(lines[i]).toMatchObject(keys[i].line as object);
      expect(symbols[i]).toMatchObject(keys[i].symbol as object);
      const logs = (points: readonly [number, number][]) => points.map(([x, y]): [number, number] => [Math.log(x), Math.log(y)]);
      const wanted = logs(series.points.map((p) => [p.size, p.seconds as number]));
      expectPoints(logs(lines[i].points), wanted, [10, 10]);
      expectPoints(logs(symbols[i].points), wanted, [10, 10]);
    });
  });

  it("margins: each bar reaches from 0 to its margin, beside its name, in the order given", () => {
    const svg = plots.marginBars(samples.marginData, option);
    const ticks = [...svg.querySelectorAll("text")]
      .filter((text) => /^−?[\d.]+$/.test(text.textContent ?? "") && !text.hasAttribute("dy"))
      .map((text) => ({ pixel: Number(text.getAttribute("x")), value: numberOf(text.textContent ?? "") }));
    const x = reading(ticks, false);
    expect(ticks.length).toBeGreaterThan(2);
    const names = [...svg.querySelectorAll("text")].filter((text) => text.textContent?.includes("(n = "));
    const heights = names.map((text) => Number(text.getAttribute("y")));
    expect([...heights].sort((p, q) => p - q)).toEqual(heights);
    [...svg.querySelectorAll(".bar")].forEach((bar, i) => {
      const left = Number(bar.getAttribute("x"));
      expect(x.value(left)).toBeCloseTo(0, 3);
      expect(x.value(left + Number(bar.getAttribute("width")))).toBeCloseTo(samples.marginData.bars[i].margin as number, 3);
      expect(names[i].textContent).toContain(`n = ${samples.marginData.bars[i].count}`);
      // Its own row: above the next name, below or beside its own.
      const top = Number(bar.getAttribute("y"));
      expect(top).toBeGreaterThan(heights[i] - 10);
      expect(top).toBeLessThan(heights[i + 1] - 10);
    });
  });

  it("margins below 0 reach to the left", () => {
    const svg = plots.marginBars(
      {
        bars: [
          { label: "lost", count: 5, margin: -0.4 },
          { label: "kept", count: 9, margin: 0.5 },
        ],
      },
      option,
    );
    const ticks = [...svg.querySelectorAll("text")]
      .filter((text) => /^−?[\d.]+$/.test(text.textContent ?? "") && !text.hasAttribute("dy"))
      .map((text) => ({ pixel: Number(text.getAttribute("x")), value: numberOf(text.textContent ?? "") }));
    const x = reading(ticks, false);
    const reach = [...svg.querySelectorAll(".bar")].map((bar) => {
      const left = Number(bar.getAttribute("x"));
      return [x.value(left), x.value(left + Number(bar.getAttribute("width")))];
    });
    [
      [-0.4, 0],
      [0, 0.5],
    ].forEach((wanted, i) => {
      expect(reach[i][0]).toBeCloseTo(wanted[0], 2);
      expect(reach[i][1]).toBeCloseTo(wanted[1], 2);
    });
  });

  it("heat maps: row i from the top, column j from the left, in the color that the bar has at the value", () => {
    const Z = [
      [3, -2, 0.5],
      [-1, 2, 0],
      [1.5, -3, 1],
    ];
    const svg = plots.heatMaps({ rows: ["Z"], groups: [{ title: "t", matrices: [Z] }] }, option);
    const panel = svg.querySelector(".matrix") as Element;
    const side = Number(panel.querySelector(":scope > rect")?.getAttribute("width"));
    const cells = [...panel.querySelectorAll(".cells rect")];
    const bar = svg.querySelector(".color-legend") as Element;
    const strip = [...bar.querySelectorAll(":scope > g rect")];
    const texts = [...bar.querySelectorAll("text")];
    const scale = reading(
      texts.map((t) => ({ pixel: Number(t.getAttribute("x")), value: numberOf(t.textContent ?? "") })),
      false,
    );
    // The bar's pixel of a value.
    const at = (value: number): number => {
      const [p, q] = [scale.labels[0], scale.labels[scale.labels.length - 1]];
      return p.pixel + ((value - p.value) * (q.pixel - p.pixel)) / (q.value - p.value);
    };
    const channels = (color: string): number[] => [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16));
    const left = Math.min(...strip.map((r) => Number(r.getAttribute("x"))));
    const right = Math.max(...strip.map((r) => Number(r.getAttribute("x")) + Number(r.getAttribute("width"))));
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const cell = channels(colorAt(cells, ((j + 0.5) * side) / 3, ((i + 0.5) * side) / 3) ?? "");
        const shown = channels(colorAt(strip, Math.max(left + 0.1, Math.min(right - 0.6, at(Z[i][j]))), 10) ?? "");
        // A step of the bar is a sixtieth of the scale.
        cell.forEach((channel, c) => {
          expect(Math.abs(channel - shown[c]), `entry ${i}, ${j}`).toBeLessThan(18);
        });
      }
  });

  it("heat maps: classes are where their names say, also in clusters that are not in order", () => {
    const Z = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === 2 && j === 0 ? 5 : 0)));
    const svg = plots.heatMaps({ rows: ["Z"], groups: [{ title: "t", matrices: [Z] }], clusters: [[2], [0, 1]] }, option);
    const panel = svg.querySelector(".matrix") as Element;
    const side = Number(panel.querySelector(":scope > rect")?.getAttribute("width"));
    const cells = [...panel.querySelectorAll(".cells rect")];
    const zero = colorAt(cells, 0.5 * (side / 3), 0.5 * (side / 3));
    // Order 2, 0, 1: the entry of logit 2 and class 0 is in the first row and the second column.
    expect(colorAt(cells, 1.5 * (side / 3), 0.5 * (side / 3))).not.toBe(zero);
    expect(cells.filter((c) => c.getAttribute("fill") !== zero)).toHaveLength(1);
  });
});
