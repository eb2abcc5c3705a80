import { JSDOM } from "jsdom";
import { describe, expect, it, vi } from "vitest";
import * as plots from "../../src/plots/index.ts";
import { headlessDocument } from "../../src/report/document.ts";
import * as samples from "./samples.ts";

const document = headlessDocument();

const pictures: Record<string, (width: number, title?: string) => SVGSVGElement> = {
  heatMaps: (width, title) => plots.heatMaps(samples.heatMapData, { document, width, title }),
  separation: (width, title) => plots.separationCurves(samples.separationData, { document, width, title }),
  curves: (width, title) => plots.curves(samples.curveData, { document, width, title }),
  angles: (width, title) => plots.angles(samples.angleData, { document, width, title }),
  singularValues: (width, title) => plots.singularValueCurves(samples.singularValueData, { document, width, title }),
  pathCurves: (width, title) => plots.pathCurves(samples.pathData, { document, width, title }),
  phaseDiagram: (width, title) => plots.phaseDiagram(samples.phaseData, { document, width, title }),
  phaseStrips: (width, title) => plots.phaseDiagram(samples.phaseStripData, { document, width, title }),
  marginBars: (width, title) => plots.marginBars(samples.marginData, { document, width, title }),
  bands: (width, title) => plots.bands(samples.bandData, { document, width, title }),
  classRanks: (width, title) => plots.classRanks(samples.rankData, { document, width, title }),
  shareBars: (width, title) => plots.shareBars(samples.shareData, { document, width, title }),
  spectrumCurve: (width, title) => plots.spectrumCurve(samples.spectrumData, { document, width, title }),
  scaling: (width, title) => plots.scaling(samples.scalingData, { document, width, title }),
};

/** Throws on XML that is not well-formed. */
function parseXml(text: string): Document {
  return new JSDOM(text, { contentType: "image/svg+xml" }).window.document;
}

describe.each(Object.entries(pictures))("%s", (_, draw) => {
  it("is well-formed XML without ids, styles, scripts, links or NaN", () => {
    const text = plots.svgText(draw(640, 'a "title" <b> & ]]> \u0007'));
    const parsed = parseXml(text);
    expect(parsed.documentElement.tagName).toBe("svg");
    expect(parsed.documentElement.getAttribute("aria-label")).toContain('a "title" <b> & ]]> \ufffd');
    expect(parsed.querySelectorAll("[id], style, script, image, foreignObject, [href]")).toHaveLength(0);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(text.match(/https?:[^"]*/g)).toEqual(["http://www.w3.org/2000/svg"]);
  });

  it("lays text out within its width, also a narrow one", () => {
    for (const width of [340, 640]) {
      const svg = draw(width, "a title that is longer than a narrow picture is wide, as weight decay and channels make one");
      expect(svg.getAttribute("viewBox")).toMatch(new RegExp(`^0 0 ${width} \\d+$`));
      expect(svg.getAttribute("style")).toBe("max-width:100%;height:auto");
      for (const text of svg.querySelectorAll("text")) {
        const [left, right] = reach(text);
        expect(left, text.textContent).toBeGreaterThanOrEqual(-3);
        expect(right, text.textContent).toBeLessThanOrEqual(width + 3);
      }
    }
  });

  it("gives the same text for the same data, without a warning", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    expect(plots.svgText(draw(640))).toBe(plots.svgText(draw(640)));
    expect(warn).not.toHaveBeenCalled();
    expect(draw(640).textContent).not.toContain("\u26a0");
    warn.mockRestore();
  });
});

/** Where an unrotated text begins and ends, at 0.55 em a character: what a common sans-serif needs on average. */
function reach(text: Element): [number, number] {
  let x = Number(text.getAttribute("x") ?? 0);
  const inherited = (name: string): string => text.closest(`[${name}]`)?.getAttribute(name) ?? "";
  for (let node: Element | null = text; node; node = node.parentElement) {
    const transform = node.getAttribute("transform") ?? "";
    if (transform.includes("rotate")) return [0, 0];
    x += Number(/translate\(([-\d.]+)/.exec(transform)?.[1] ?? 0);
  }
  const width = (text.textContent ?? "").length * Number(inherited("font-size")) * 0.55;
  const anchor = inherited("text-anchor");
  const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
  return [left, left + width];
}

describe("what pictures say", () => {
  it("writes the indices of symbols low and leaves names alone", () => {
    const svg = plots.curves(
      { ...samples.curveData, runs: [{ label: "λ_Z = 1, my_n_Alpha", points: [{ epoch: 0, value: 1 }] }] },
      { document },
    );
    const label = [...svg.querySelectorAll("text")].find((text) => text.textContent?.includes("my"))!;
    expect(label.textContent).toBe("λZ = 1, my_n_Alpha");
    expect([...label.querySelectorAll("tspan")].map((span) => span.textContent)).toEqual(["Z", " = 1, my_n_Alpha"]);
  });

  it("numbers the thresholds in ascending order and lists them", () => {
    const svg = plots.separationCurves(samples.separationData, { document });
    const texts = [...svg.querySelectorAll("text")].map((text) => text.textContent ?? "");
    expect(texts.filter((t) => /^\d: /.test(t)).map((t) => t.slice(0, 15))).toEqual([
      "1: minority mer",
      "2: minority van",
      "3: complete col",
      "4: complete col",
    ]);
    for (const label of ["λZ", "largest |Z| (logits)"]) expect(texts).toContain(label);
  });

  it("draws a symbol for every measured value that exists and none for null", () => {
    const svg = plots.separationCurves(samples.separationData, { document });
    const dots = [...svg.querySelectorAll('[data-part="dot"]')].map((group) => group.children.length);
    // Upper panel: 6 linear, 0 of 2 ReLU; lower panel: 6 and 2.
    expect(dots.filter((n) => n > 0)).toEqual([6, 6, 2]);
  });

  it("breaks a curve where a value is missing or a log axis cannot show it", () => {
    const points = [1, 0.1, null, 0.01, 0, 0.001, 0.0001].map((value, epoch) => ({ epoch, value }));
    const svg = plots.curves({ yLabel: "NC1", yScale: "log", runs: [{ label: "run", points }] }, { document });
    const path = svg.querySelector('[data-part="line"] path')!.getAttribute("d")!;
    expect(path.match(/M/g)).toHaveLength(3);
  });

  it("joins equal singular values into one curve with its multiplicity", () => {
    const svg = plots.singularValueCurves(samples.singularValueData, { document });
    expect(svg.querySelectorAll('[data-part="line"] path')).toHaveLength(4);
    expect([...svg.querySelectorAll("text")].filter((t) => t.textContent === "×4")).toHaveLength(2);
  });

  it("draws bars as long as the margins, none for null", () => {
    const svg = plots.marginBars(samples.marginData, { document });
    const bars = [...svg.querySelectorAll(".bar")].map((bar) => Number(bar.getAttribute("width")));
    expect(bars).toHaveLength(3);
    expect(bars[0] / bars[1]).toBeCloseTo(0.6377 / 0.19, 2);
    expect(bars[2]).toBe(0);
    expect(svg.textContent).toContain("0, merged");
    expect(svg.textContent).toContain("– one class");
  });

  it("draws the empty and the single-valued picture too", () => {
    const text = [
      plots.curves({ yLabel: "loss", yScale: "linear", runs: [] }, { document }),
      plots.curves({ yLabel: "loss", yScale: "log", runs: [{ label: "run", points: [{ epoch: 3, value: 0 }] }] }, { document }),
      plots.separationCurves({ predicted: [], measured: [], thresholds: [] }, { document }),
      plots.scaling({ xLabel: "K", series: [{ label: "one", points: [{ size: 10, seconds: 1 }] }] }, { document }),
      plots.marginBars({ bars: [] }, { document }),
    ].map((svg) => plots.svgText(svg));
    for (const t of text) expect(t).not.toMatch(/NaN|Infinity/);
  });
});
