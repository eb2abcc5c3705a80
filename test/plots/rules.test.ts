import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathCurves, separationCurves, singularValueCurves } from "../../src/plots/index.ts";
import { headlessDocument } from "../../src/report/document.ts";

const document = headlessDocument();

/** The numbers above the rules of a picture: what each says, and where its middle is. */
function numbersOf(svg: Element): { text: string; x: number; y: number }[] {
  return [...svg.querySelectorAll('[data-part="text"]')]
    .filter((group) => group.getAttribute("font-weight") === "bold")
    .flatMap((group) => {
      const [, gx = "0", gy = "0"] = /translate\(([-\d.]+)(?:,([-\d.]+))?\)/.exec(group.getAttribute("transform") ?? "") ?? [];
      return [...group.querySelectorAll("text")].map((text) => {
        const [, x, y] = /translate\(([-\d.]+),([-\d.]+)\)/.exec(text.getAttribute("transform") ?? "") ?? [];
        return { text: text.textContent ?? "", x: Number(x) + Number(gx), y: Number(y) + Number(gy) };
      });
    });
}

const pictures = {
  "singular values": (at: readonly number[], width: number) =>
    singularValueCurves(
      { lambdaZ: [0.001, 0.01], values: [[1], [0]], events: at.map((x) => ({ at: x, label: "e" })), xScale: "log" },
      { document, width },
    ),
  path: (at: readonly number[], width: number) =>
    pathCurves(
      {
        xLabel: "x",
        xScale: "log",
        x: [0.001, 0.01],
        yLabel: "y",
        curves: [{ label: "c", values: [1, 0] }],
        events: at.map((x) => ({ at: x, label: "e" })),
      },
      { document, width },
    ),
  separation: (at: readonly number[], width: number) =>
    separationCurves(
      {
        predicted: [
          {
            label: "p",
            points: [
              { at: 0.001, separation: 1, largest: 1 },
              { at: 0.01, separation: 0, largest: 0 },
            ],
          },
        ],
        measured: [],
        thresholds: at.map((x) => ({ at: x, label: "e" })),
      },
      { document, width },
    ),
};

describe.each(Object.entries(pictures))("the numbers of thresholds: %s", (_, draw) => {
  it("never touch, with up to four in one place, and stay inside of the picture", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.0011, max: 0.0099, noNaN: true }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.constantFrom(343, 640),
        (some, together, width) => {
          const at = together ? some.map((x, i) => some[0] * (1 + 1e-4 * i) + 0 * x) : some;
          const numbers = numbersOf(draw(at, width));
          expect(numbers.length).toBeGreaterThanOrEqual(at.length);
          // Of two panels each has its own.
          const panel = numbers.slice(0, at.length);
          panel.forEach((p, i) => {
            expect(p.y).toBeGreaterThan(10);
            for (const q of panel.slice(i + 1)) expect(Math.abs(p.x - q.x) >= 15 || Math.abs(p.y - q.y) >= 12).toBe(true);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
