import { describe, expect, it } from "vitest";
import { type PhaseData, phaseDiagram } from "../../src/plots/index.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { type BorderInput, borderMeetings, type PhaseBorders, phase, phaseBorders } from "../../src/theory/index.ts";
import { axisOf, keysOf, linesOf, panelsOf, symbolsOf } from "./reading.ts";

const document = headlessDocument();
const inf = Number.POSITIVE_INFINITY;

const curvesOf = (borders: PhaseBorders, label: string): NonNullable<PhaseData["curves"]> => ({
  label,
  phases: borders.phases,
  rows: borders.rows.map(({ ratio, lambdaZ }) => ({ y: ratio, x: lambdaZ })),
});
const dataOf = (input: Omit<BorderInput, "nonnegative">, x: [number, number], top: number): PhaseData => {
  const free = phaseBorders({ ...input, nonnegative: false }, 1, top);
  return {
    xLabel: "λ_Z",
    yLabel: "n_A / n_B",
    x,
    y: [1, top],
    phases: [],
    curves: curvesOf(free, "free features"),
    beside: curvesOf(phaseBorders({ ...input, nonnegative: true }, 1, top), "nonnegative features"),
    meetings: borderMeetings(input, free).map(({ lambdaZ, ratio }) => ({ x: lambdaZ, y: ratio })),
  };
};
const usual = { kA: 5, kB: 5, nB: 100, lambdaB: 0.02 };

/** Corners of an area's path, in data. */
function areaOf(path: Element, panel: Element): [number, number][] {
  const [x, y] = [axisOf(panel, "x"), axisOf(panel, "y")];
  return [...(path.getAttribute("d") ?? "").matchAll(/[ML]([-\d.e]+),([-\d.e]+)/g)].map(([, px, py]) => [
    x.value(Number(px)),
    y.value(Number(py)),
  ]);
}

/** Whether a point is inside of a polygon, in logarithms. */
function holds(polygon: readonly [number, number][], [x, y]: [number, number]): boolean {
  let inside = false;
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    if (ay > y === by > y) return;
    const at = Math.log(ax) + ((Math.log(y) - Math.log(ay)) / (Math.log(by) - Math.log(ay))) * (Math.log(bx) - Math.log(ax));
    if (Math.log(x) < at) inside = !inside;
  });
  return inside;
}

describe.each([640, 343])("the phase diagram by its borders, %i px", (width) => {
  it("draws every border through its points, and each place in the color of its phase", () => {
    const data = dataOf(usual, [5e-5, 0.02], 100);
    const svg = phaseDiagram(data, { document, width });
    const [panel] = panelsOf(svg);
    const lines = linesOf(panel);
    const keys = keysOf(svg);
    expect(keys.filter((k) => k.line).map((k) => [k.label, k.line?.dash])).toEqual([
      ["borders, free features", null],
      ["borders, nonnegative features", "5,4"],
    ]);
    expect(lines.map((line) => line.dash)).toEqual([null, null, null, "5,4", "5,4"]);
    const both = [data.curves, data.beside].flatMap((c) => (c ? [c] : []));
    const wanted = both.flatMap((c) => c.phases.slice(1).map((_, i) => c.rows.map((r) => [r.x[i], r.y])));
    lines.forEach(({ points }, i) => {
      expect(points).toHaveLength(wanted[i].length);
      points.forEach(([x, y], k) => {
        const [wx, wy] = wanted[i][k];
        expect(Math.abs(Math.log(x / wx)) + Math.abs(Math.log(y / wy))).toBeLessThan(2e-3);
      });
    });
    const color = new Map(keys.flatMap((key) => (key.square ? [[key.label[0], key.square]] : [])));
    const areas = [...panel.querySelectorAll('[data-part="area"]')].map((group) => ({
      fill: group.getAttribute("fill"),
      polygon: areaOf(group.querySelector("path") as Element, panel),
    }));
    expect(areas).toHaveLength(4);
    const seen = new Set<string>();
    for (let i = 0.5; i < 24; i++)
      for (let j = 0.5; j < 24; j++) {
        const at: [number, number] = [5e-5 * 400 ** (i / 24), 100 ** (j / 24)];
        const letter = phase({ ...usual, nA: at[1] * usual.nB, lambdaZ: at[0] });
        expect(
          areas.filter((area) => holds(area.polygon, at)).map((area) => area.fill),
          `${at}`,
        ).toEqual([color.get(letter)]);
        seen.add(letter);
      }
    expect([...seen].sort()).toEqual(["a", "b", "c", "d"]);
    // A dot at every meeting.
    const dots = symbolsOf(panel).flatMap((s) => s.points);
    for (const { x, y } of data.meetings ?? [])
      expect(dots.some(([dx, dy]) => Math.abs(Math.log(dx / x)) + Math.abs(Math.log(dy / y)) < 1e-2)).toBe(true);
  });

  it.each([
    ["usual", usual, [5e-5, 0.02], 100],
    ["no bias", { ...usual, lambdaB: inf }, [5e-5, 0.02], 100],
    ["a free bias", { ...usual, lambdaB: 0 }, [5e-5, 0.02], 100],
    ["many minority classes", { kA: 2, kB: 50, nB: 20, lambdaB: 0.02 }, [1e-4, 0.05], 100],
    ["many majority classes", { kA: 50, kB: 2, nB: 20, lambdaB: 1e-4 }, [1e-5, 0.02], 100],
    ["a huge imbalance", { ...usual, lambdaB: 0.02 }, [1e-8, 0.02], 1e6],
  ] as const)("every letter has room, in its region or with a line to it: %s", (_, input, x, top) => {
    const svg = phaseDiagram(dataOf(input, [...x], top), { document, width });
    const [panel] = panelsOf(svg);
    const texts = [...panel.querySelectorAll('[data-part="text"] text')].map((text) => {
      const [, px, py] = /translate\(([-\d.]+),([-\d.]+)\)/.exec(text.getAttribute("transform") ?? "") ?? [];
      return { letter: text.textContent, px: Number(px), py: Number(py) };
    });
    expect(texts.map((t) => t.letter)).toEqual(["a", "b", "c", "d"]);
    const borders = [...panel.querySelectorAll('[data-part="line"]:not([stroke-dasharray]) path')].map((path) =>
      [...(path.getAttribute("d") ?? "").matchAll(/[ML]([-\d.e]+),([-\d.e]+)/g)].map(([, px, py]) => [Number(px), Number(py)]),
    );
    texts.forEach((p, i) => {
      // Inside of the frame, apart from each other, and no border runs through it.
      expect(Math.min(p.px - 62, width - 18 - p.px, p.py - 34, 380 - 44 - p.py)).toBeGreaterThan(9);
      for (const q of texts.slice(i + 1)) expect(Math.hypot(p.px - q.px, p.py - q.py)).toBeGreaterThan(18);
    });
    const links = panel.querySelectorAll('[data-part="link"] path').length;
    expect(borders).toHaveLength(3);
    expect(links).toBeLessThanOrEqual(3);
  });
});

describe("a border that begins beyond an axis", () => {
  it("is drawn from the very edge, through the place at which it comes in", () => {
    // Under bounded norms: at ratio 1 the border is at 0.
    for (const first of [0.0999999, 0.1, 0.1000001]) {
      const rows = [
        { y: 1, x: [1e-10] },
        { y: 1.1, x: [first] },
        { y: 3, x: [2] },
        { y: 100, x: [300] },
      ];
      const data: PhaseData = {
        xLabel: "E_W E_H",
        yLabel: "n_A / n_B",
        x: [0.1, 100],
        y: [1, 100],
        phases: [],
        curves: { label: "bounded norms", phases: ["b", "a"], rows },
      };
      const [panel] = panelsOf(phaseDiagram(data, { document, width: 640 }));
      const [{ points }] = linesOf(panel);
      expect(points[0][0]).toBeCloseTo(0.1, 6);
      expect(points[0][1]).toBeCloseTo(1.1, 2);
      const [x, y] = points[points.length - 1];
      expect(x).toBeCloseTo(100, 4);
      // On the straight line of logarithms between the last two rows.
      expect(Math.log(y / 3) / Math.log(100 / 3)).toBeCloseTo(Math.log(100 / 2) / Math.log(300 / 2), 4);
    }
  });
});
