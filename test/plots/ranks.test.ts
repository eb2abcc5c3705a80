import { describe, expect, it } from "vitest";
import { classRanks, shareBars, spectrumCurve } from "../../src/plots/index.ts";
import { seriesStyle } from "../../src/plots/palette.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { axisOf, keysOf, panelsOf } from "./reading.ts";
import { rankData, shareData, spectrumData } from "./samples.ts";

const document = headlessDocument();

/** The strokes of a panel in data: where they begin and end, their value and color. */
function strokesOf(panel: Element): { from: number; to: number; value: number; color: string }[] {
  const [x, y] = [axisOf(panel, "x"), axisOf(panel, "y")];
  return [...panel.querySelectorAll('[data-part="rule"]')]
    .filter((group) => group.getAttribute("stroke-width") === "3")
    .flatMap((group) =>
      [...group.querySelectorAll("line")].map((line) => ({
        from: x.value(Number(line.getAttribute("x1"))),
        to: x.value(Number(line.getAttribute("x2"))),
        value: y.value(Number(line.getAttribute("y1") ?? 0)),
        color: line.getAttribute("stroke") ?? group.getAttribute("stroke") ?? "",
      })),
    );
}

describe("numbers of classes against their rank", () => {
  it.each([640, 360])(
    "a stroke for each run of equal values, at its ranks, its value and in the color of its key (%i px)",
    (width) => {
      const svg = classRanks(rankData, { document, width });
      const panels = panelsOf(svg);
      expect(panels).toHaveLength(2);
      const colors = new Map(keysOf(svg).flatMap(({ label, line }) => (line ? [[label, line.color]] : [])));
      expect([...colors.keys()]).toEqual(["own", "outvoted", "merged"]);
      rankData.panels.forEach((panel, at) => {
        const strokes = strokesOf(panels[at]).sort((p, q) => p.from - q.from);
        expect(strokes).toHaveLength(10);
        const [{ values, key }] = panel.lines;
        strokes.forEach(({ from, to, value, color }, j) => {
          expect(from).toBeCloseTo(6 * j + 0.5, 1);
          expect(to).toBeCloseTo(6 * j + 6.5, 1);
          const wanted = values[6 * j] as number;
          expect(Math.abs(value - wanted)).toBeLessThan(0.01 * Math.max(1, Math.abs(wanted)));
          expect(color).toBe(colors.get(rankData.keys[(key as number[])[6 * j]]));
        });
      });
    },
  );

  it("shades many, medium and few where they are, each darker than the one before, as the legend says", () => {
    const svg = classRanks(rankData, { document });
    const [panel] = panelsOf(svg);
    const x = axisOf(panel, "x");
    const rects = [...panel.querySelectorAll('[data-part="rect"] rect')];
    expect(rects).toHaveLength(3);
    const darkness = rects.map((rect) => Number(rect.getAttribute("fill-opacity")));
    expect(darkness[0] < darkness[1] && darkness[1] < darkness[2]).toBe(true);
    rects.forEach((rect, i) => {
      const left = Number(rect.getAttribute("x"));
      const { from, to } = (rankData.shades ?? [])[i];
      expect(x.value(left)).toBeCloseTo(from - 0.5, 1);
      expect(x.value(left + Number(rect.getAttribute("width")))).toBeCloseTo(to + 0.5, 1);
    });
    const swatches = [...svg.querySelectorAll(".legend rect")].map((rect) => Number(rect.getAttribute("fill-opacity")));
    expect(swatches).toEqual(darkness);
  });

  it("has a log scale of ranks, and shows one class among a thousand", () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i === 700 ? -3 : 4));
    const data = {
      keys: ["own", "outvoted"],
      panels: [{ yLabel: "margin", lines: [{ values, key: values.map((v) => (v < 0 ? 1 : 0)) }] }],
    };
    const alone = strokesOf(panelsOf(classRanks(data, { document }))[0]).find(({ color }) => color === seriesStyle(1).color);
    expect(alone?.value).toBeCloseTo(-3, 1);
    const { from, to } = alone as { from: number; to: number };
    expect((from + to) / 2).toBeCloseTo(701, 0);
    expect(((to - from) / 1000) * 560).toBeGreaterThan(1.9);
    const log = axisOf(panelsOf(classRanks({ ...data, xScale: "log" }, { document }))[0], "x");
    expect(log.labels.map(({ value }) => value)).toContain(100);
    const at = (v: number): number => log.labels.find(({ value }) => value === v)?.pixel as number;
    expect(at(100) - at(10)).toBeCloseTo(at(1000) - at(100), 1);
    // On it too a class far behind is two pixels wide, around its place.
    const picture = classRanks({ ...data, xScale: "log" }, { document });
    const [line] = panelsOf(picture)[0].querySelectorAll(`[data-part="rule"][stroke="${seriesStyle(1).color}"] line`);
    const [left, right] = ["x1", "x2"].map((end) => Number(line.getAttribute(end)));
    expect(right - left).toBeCloseTo(2, 1);
    expect(Math.abs((left + right) / 2 - (at(100) + (at(1000) - at(100)) * Math.log10(7.01)))).toBeLessThan(0.5);
  });

  it("shades and strokes at their ranks on a log scale, up to both edges", () => {
    const svg = classRanks({ ...rankData, xScale: "log" }, { document });
    const [panel] = panelsOf(svg);
    const x = axisOf(panel, "x");
    const place = (rank: number): number => {
      const [a, b] = [x.labels[0], x.labels[x.labels.length - 1]];
      return a.pixel + ((b.pixel - a.pixel) * Math.log(rank / a.value)) / Math.log(b.value / a.value);
    };
    const rects = [...panel.querySelectorAll('[data-part="rect"] rect')];
    expect(rects).toHaveLength(rankData.shades?.length ?? 0);
    rects.forEach((rect, i) => {
      const { from, to } = (rankData.shades ?? [])[i];
      const left = Number(rect.getAttribute("x"));
      expect(left).toBeCloseTo(place(Math.max(0.9, from - 0.5)), 0);
      expect(left + Number(rect.getAttribute("width"))).toBeCloseTo(place(to + 0.5), 0);
    });
    expect(svg.textContent).toContain("class rank by number of samples, log scale");
  });
});

it("parts of wholes: bars as long as their shares, in the colors of the legend, with their numbers", () => {
  const svg = shareBars(shareData, { document, width: 412 });
  const colors = keysOf(svg).map(({ label, square }) => [label, square]);
  expect(colors.map(([label]) => label)).toEqual(["own", "outvoted", "merged"]);
  const rects = [...svg.querySelectorAll("rect.share")].map((rect) => ({
    x: Number(rect.getAttribute("x")),
    width: Number(rect.getAttribute("width")),
    color: rect.getAttribute("fill"),
    title: rect.textContent,
  }));
  expect(rects.map(({ width }) => width)).toEqual([320, 40, 40, 400, 200, 200]);
  expect(rects.slice(0, 3).map(({ color }) => color)).toEqual(colors.map(([, color]) => color));
  expect(rects[1]).toMatchObject({ x: 324, title: "all classes: 6 outvoted" });
  expect(svg.getAttribute("aria-label")).toContain("few (< 20): 6 outvoted, 6 merged");
});

it("singular values: equal ones are one stroke at their value, zeros at 0", () => {
  const [panel] = panelsOf(spectrumCurve(spectrumData, { document }));
  const strokes = strokesOf(panel);
  expect(strokes.map(({ from, to }) => Math.round(to - from))).toEqual([4, 1, 4, 1]);
  strokes.forEach(({ value }, i) => {
    expect(value).toBeCloseTo([22, 17, 14, 0][i], 1);
  });
});
