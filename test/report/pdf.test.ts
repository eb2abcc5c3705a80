import { inflateSync } from "node:zlib";
import { JSDOM } from "jsdom";
import { describe, expect, it, test } from "vitest";
import * as plots from "../../src/plots/index.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { pdfOf } from "../../src/report/pdf.ts";
import * as samples from "../plots/samples.ts";

const document = headlessDocument();
const pictures: Record<string, (options: plots.PictureOptions) => SVGSVGElement> = {
  heatMaps: (o) => plots.heatMaps(samples.heatMapData, o),
  separation: (o) => plots.separationCurves(samples.separationData, o),
  curves: (o) => plots.curves(samples.curveData, o),
  angles: (o) => plots.angles(samples.angleData, o),
  singularValues: (o) => plots.singularValueCurves(samples.singularValueData, o),
  phaseDiagram: (o) => plots.phaseDiagram(samples.phaseData, o),
  phaseStrips: (o) => plots.phaseDiagram(samples.phaseStripData, o),
  marginBars: (o) => plots.marginBars(samples.marginData, o),
  scaling: (o) => plots.scaling(samples.scalingData, o),
};

/** What is drawn: the page's stream of operators, unpacked. */
function operators(pdf: Uint8Array): string {
  const bytes = Buffer.from(pdf);
  const streams: string[] = [];
  for (let at = bytes.indexOf("stream\n"); at >= 0; at = bytes.indexOf("stream\n", at + 1)) {
    if (bytes.subarray(at - 3, at).toString() === "end") continue;
    const end = bytes.indexOf("\nendstream", at);
    try {
      streams.push(inflateSync(bytes.subarray(at + 7, end)).toString("latin1"));
    } catch {
      // Not packed.
    }
  }
  return streams.find((text) => text.includes(" Tf")) ?? "";
}

const count = (text: string, operator: RegExp): number => text.match(operator)?.length ?? 0;

describe.each(Object.entries(pictures))("%s", (_, draw) => {
  it("is one page of the picture's size with every shape and every piece of text in it", async () => {
    const svg = draw({ document, width: 640, title: "λ_Z and z_k" });
    const pdf = await pdfOf(svg);
    const text = Buffer.from(pdf).toString("latin1");
    const height = Number(svg.getAttribute("viewBox")?.split(" ")[3]);
    expect(text.startsWith("%PDF-")).toBe(true);
    expect(text).toContain(`/MediaBox [0 0 480 ${height * 0.75}]`);
    const drawn = operators(pdf);
    // A pixel is 3/4 point.
    expect(drawn).toMatch(/0\.75 0 0 0\.75 0 0 cm/);
    const shapes = [...svg.querySelectorAll("rect")].filter(
      (e) => e.closest("[fill]")?.getAttribute("fill") !== "none" || e.hasAttribute("stroke"),
    );
    expect(count(drawn, / re$/gm)).toBe(shapes.length);
    const pieces = [...svg.querySelectorAll("text")].flatMap((t) => [...t.childNodes]).filter((node) => node.textContent !== "");
    expect(count(drawn, /^BT$/gm)).toBe(pieces.length);
    expect(drawn).not.toMatch(/NaN|undefined/);
  });

  it("has the same bytes for the same picture, and others in another font", async () => {
    const bytes = async (font: "sans" | "serif"): Promise<string> =>
      Buffer.from(await pdfOf(draw({ document, width: 340, font }), { font })).toString("latin1");
    const sans = await bytes("sans");
    expect(await bytes("sans")).toBe(sans);
    expect(sans).toContain("DejaVuSans");
    expect(await bytes("serif")).toMatch(/DejaVuSerif/);
  });
});

const drawnOf = async (inner: string): Promise<string> => {
  const { window } = new JSDOM(`<svg viewBox="0 0 40 20" fill="currentColor" font-size="10">${inner}</svg>`);
  return operators(await pdfOf(window.document.querySelector("svg") as unknown as SVGSVGElement));
};

test("text stands where its anchor and its em say, indices lower and smaller", async () => {
  const at = async (attributes: string): Promise<number[]> =>
    ((await drawnOf(`<text x="20" y="10" ${attributes}>ab</text>`)).match(/1 0 0 1 (\S+) (\S+) Tm/) ?? []).slice(1).map(Number);
  const [start, line] = await at("");
  const [middle] = await at('text-anchor="middle"');
  const [end] = await at('text-anchor="end"');
  expect(start).toBeCloseTo(20, 6);
  expect(middle).toBeCloseTo((start + end) / 2, 4);
  expect(end).toBeLessThan(20 - 10);
  // Upwards is positive in a PDF.
  expect((await at('dy="0.32em"'))[1]).toBeCloseTo(line - 3.2, 6);
  const index = await drawnOf('<text x="0" y="10">λ<tspan dy="0.3em" font-size="75%">Z</tspan></text>');
  expect(index).toMatch(/ 10 Tf/);
  expect(index).toMatch(/ 7\.5 Tf/);
});

test("what pictures do not have is refused, not left out", async () => {
  await expect(drawnOf("<ellipse/>")).rejects.toThrow("got <ellipse>");
  await expect(drawnOf('<g transform="scale(2)"><rect width="1" height="1"/></g>')).rejects.toThrow("got scale(2)");
  await expect(pdfOf(document.createElementNS("http://www.w3.org/2000/svg", "svg") as SVGSVGElement)).rejects.toThrow("viewBox");
});
