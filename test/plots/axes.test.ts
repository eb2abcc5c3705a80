import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extent, linearTicks, numberText, powerText, ticks, tickText } from "../../src/plots/chart.ts";
import { phaseDiagram, phasePointAt } from "../../src/plots/phase.ts";
import { spectrumCurve } from "../../src/plots/spectrum.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { phaseData, phaseStripData } from "./samples.ts";

describe("ticks", () => {
  it("are round, inside the domain, and about as many as asked", () => {
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(-0.2, 0.1, 6)).toEqual([-0.2, -0.15, -0.1, -0.05, 0, 0.05, 0.1]);
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (low, span) => {
          const values = linearTicks(low, low + span, 6);
          expect(values.length).toBeGreaterThan(1);
          expect(values.length).toBeLessThan(12);
        },
      ),
    );
  });

  it("are few also where all values are one but for rounding", () => {
    for (const values of [
      [-1, -1 + 2e-16],
      [3, 3 + 4e-16, 3],
    ]) {
      const [low, high] = extent(values);
      expect(high - low).toBeGreaterThan(0.5);
      expect(linearTicks(low, high, 6).length).toBeLessThan(12);
    }
    const [low, high] = extent([5, 5 + 9e-16], { log: true });
    expect(high / low).toBeGreaterThan(2);
  });

  it("of a log axis are decades where it is long, finer where it is short, thinned where it is very long", () => {
    expect(ticks({ label: "", type: "log", domain: [1e-4, 1] }, 6)).toEqual([1e-4, 1e-3, 1e-2, 0.1, 1]);
    expect(ticks({ label: "", type: "log", domain: [100, 1000] }, 8)).toEqual([100, 200, 300, 500, 700, 1000]);
    expect(ticks({ label: "", type: "log", domain: [1e-20, 1e20] }, 8).length).toBeLessThanOrEqual(9);
  });

  it("of a log axis are three or more within one decade, and two or more anywhere", () => {
    const on = (low: number, high: number, count = 8): number[] => ticks({ label: "", type: "log", domain: [low, high] }, count);
    expect(on(0.6, 0.9)).toEqual([0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]);
    expect(on(1, 1.05)).toEqual([1, 1.01, 1.02, 1.03, 1.04, 1.05]);
    expect(on(0.9, 11)).toEqual([1, 2, 3, 5, 7, 10]);
    fc.assert(
      fc.property(
        fc.double({ min: -12, max: 12, noNaN: true }),
        fc.double({ min: -4, max: 1.3, noNaN: true }),
        fc.double({ min: 1, max: 14, noNaN: true }),
        (start, decades, count) => {
          // From a range of 1e-4 of its value, the narrowest that an extent gives, to twenty decades.
          const [low, high] = extent([10 ** start, 10 ** start * Math.max(1.00011, 10 ** (10 ** decades))], { log: true });
          const values = on(low, high, count);
          expect(values.length).toBeGreaterThanOrEqual(2);
          if (high / low < 5) expect(values.length).toBeGreaterThanOrEqual(3);
          // From two ticks a step of 5 the next finer step, 2, may make seven.
          expect(values.length).toBeLessThanOrEqual(Math.max(7, count + 1));
          expect(new Set(values.map((value) => numberText(value, 6))).size).toBe(values.length);
          for (const value of values) expect(value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("print powers of ten and true minus signs", () => {
    expect([1e-3, 1, 10, 1e12, 20].map(powerText)).toEqual(["10⁻³", "1", "10", "10¹²", "20"]);
    expect([-0.25, -0, 0.1 + 0.2].map((v) => numberText(v))).toEqual(["−0.25", "0", "0.3"]);
  });

  it("print one axis in one notation, short enough for the room of a tick", () => {
    const on = (low: number, high: number, count: number): string[] => {
      const axis = { label: "", type: "log", domain: [low, high] } as const;
      const shown = ticks(axis, count);
      return shown.map(tickText(axis, shown));
    };
    expect(on(8e-7, 1e-4, 6)).toEqual(["10⁻⁶", "3·10⁻⁶", "10⁻⁵", "3·10⁻⁵", "10⁻⁴"]);
    expect(on(5, 1280, 8)).toEqual(["5", "10", "20", "50", "100", "200", "500", "1000"]);
    expect(on(1e-4, 1, 6)).toEqual(["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "1"]);
    fc.assert(
      fc.property(
        fc.double({ min: -12, max: 9, noNaN: true }),
        fc.double({ min: 0.05, max: 14, noNaN: true }),
        fc.integer({ min: 4, max: 14 }),
        (start, decades, count) => {
          const texts = on(10 ** start, 10 ** (start + decades), count);
          const raised = texts.filter((text) => /10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/.test(text));
          const plain = texts.filter((text) => !raised.includes(text));
          // Beside powers of ten only numbers from 1 to 100.
          if (raised.length > 0) for (const text of plain) expect(Number(text) >= 1 && Number(text) < 100).toBe(true);
          expect(new Set(texts).size).toBe(texts.length);
          if (decades > 1) for (const text of texts) expect(text.length).toBeLessThanOrEqual(7);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("of what is counted are whole numbers, where there are two of them", () => {
    const of = (low: number, high: number) => ticks({ label: "", domain: [low, high], whole: true }, 6);
    expect(of(0.5, 2.5)).toEqual([1, 2]);
    expect(of(0, 3)).toEqual([0, 1, 2, 3]);
    expect(of(0.5, 1000.5)).toEqual([200, 400, 600, 800, 1000]);
    // One alone is no scale.
    expect(of(0.5, 1.5).length).toBeGreaterThan(1);
  });

  it("labels stay inside of the picture, also at the end of an axis", () => {
    for (const width of [343, 640]) {
      const svg = spectrumCurve(
        { values: new Array<number>(100_000).fill(1), yLabel: "y" },
        { document: headlessDocument(), width },
      );
      const labels = [...svg.querySelectorAll('[data-part="x-axis tick label"] text')];
      const last = labels[labels.length - 1];
      expect(last.textContent).toBe("100000");
      const [, x] = /translate\(([-\d.]+)/.exec(last.getAttribute("transform") ?? "") ?? [];
      // Six digits of twelve pixels: 46 wide.
      expect(Number(x) + Number(last.getAttribute("x") ?? 0) + 23).toBeLessThanOrEqual(width);
    }
  });

  it("extent ignores what cannot be shown", () => {
    expect(extent([null, Number.NaN, Number.POSITIVE_INFINITY])).toEqual([0, 1]);
    const [low, high] = extent([-1, 0, 0.01, 100], { log: true });
    expect(low).toBeGreaterThan(0.005);
    expect(high).toBeLessThan(200);
    expect(extent([2, 4], { zero: true })[0]).toBe(0);
  });
});

describe("phase diagram", () => {
  const document = headlessDocument();

  it("joins cells into far fewer rectangles that cover the panel exactly", () => {
    const rects = [...phaseDiagram(phaseData, { document }).querySelectorAll('[data-part="rect"] rect')];
    expect(rects.length).toBeLessThan(60 * 5);
    const area = rects.reduce((sum, r) => sum + Number(r.getAttribute("width")) * Number(r.getAttribute("height")), 0);
    const whole = (640 - 62 - 18) * (380 - 34 - 44);
    expect(area / whole).toBeCloseTo(1, 6);
  });

  it("uses four different colors and names every phase that occurs", () => {
    const svg = phaseDiagram(phaseData, { document });
    expect(new Set([...svg.querySelectorAll('[data-part="rect"] rect')].map((r) => r.getAttribute("fill"))).size).toBe(4);
    for (const word of ["a: every class", "b: the minority is one", "c: the minority is zero", "d: complete"])
      expect(svg.textContent).toContain(word);
    const strips = phaseDiagram(phaseStripData, { document });
    expect(new Set([...strips.querySelectorAll('[data-part="area"]')].map((r) => r.getAttribute("fill"))).size).toBe(4);
    const letters = (of: SVGSVGElement): string[] =>
      [...of.querySelectorAll("text")].map((t) => t.textContent ?? "").filter((t) => /^[abcd]$/.test(t));
    expect(letters(strips).sort()).toEqual(["a", "b", "c", "d"]);
    const only = phaseDiagram({ ...phaseData, phases: phaseData.phases.map((row) => row.map(() => "a" as const)) }, { document });
    expect(only.textContent).not.toContain("d: complete");
  });

  it("finds the parameters under the marker it drew", () => {
    for (const width of [340, 640]) {
      const marker = phaseDiagram(phaseData, { document, width }).querySelector(".marker")!;
      const at = phasePointAt(phaseData, width, Number(marker.getAttribute("data-x")), Number(marker.getAttribute("data-y")))!;
      expect(at.x).toBeCloseTo(phaseData.point!.x, 6);
      expect(at.y).toBeCloseTo(phaseData.point!.y, 12);
      expect(phasePointAt(phaseData, width, 10, 10)).toBeNull();
    }
  });
});
