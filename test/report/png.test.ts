import { describe, expect, it } from "vitest";
import { separationCurves } from "../../src/plots/separation.ts";
import { svgText } from "../../src/plots/svg.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { pngOf } from "../../src/report/png.ts";
import { separationData } from "../plots/samples.ts";

const svg = svgText(separationCurves(separationData, { document: headlessDocument(), width: 400 }));
const sizeOf = (png: Uint8Array): number[] => {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
};

describe("pngOf", () => {
  it("is a PNG of the picture's size times the zoom", () => {
    const png = pngOf(svg, { zoom: 1 });
    expect([...png.slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(sizeOf(png)[0]).toBe(400);
    expect(sizeOf(pngOf(svg))[0]).toBe(800);
  });

  it("draws text, also Greek and superscripts, with the font it brings along", () => {
    const one = (text: string): string =>
      Buffer.from(
        pngOf(`<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15">${text}</text></svg>`),
      ).toString("base64");
    const drawn = ["", "a", "λ", "10⁻³", "−", "\u{10fffe}"].map(one);
    expect(new Set(drawn).size).toBe(6);
    const bold = Buffer.from(pngOf(svg.replaceAll("bold", "normal"))).equals(Buffer.from(pngOf(svg)));
    expect(bold).toBe(false);
  });

  it("has a light and a dark theme, and refuses what is no picture", () => {
    expect(Buffer.from(pngOf(svg)).equals(Buffer.from(pngOf(svg, { theme: "dark" })))).toBe(false);
    expect(() => pngOf("<p>")).toThrow("expected the text of an <svg> element");
  });
});

it("is set in the font that the picture asks for, where its first name is not known", () => {
  const named = (family: string): Uint8Array =>
    pngOf(
      `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text y="15" font-family="${family}">Regen</text></svg>`,
    );
  const serif = named("'DejaVu Serif'");
  const sans = named("'DejaVu Sans'");
  expect(serif).not.toEqual(sans);
  expect(named("'Times New Roman', 'DejaVu Serif', serif")).toEqual(serif);
  expect(named("system-ui, 'DejaVu Sans', Verdana, sans-serif")).toEqual(sans);
});
