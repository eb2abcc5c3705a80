import { createRequire } from "node:module";
import { WorkError } from "../errors.ts";
import { fontFile, fontNames } from "./fonts.ts";

/**
 * How an SVG becomes a PNG. A rasterizer draws no text at all when it finds no font, and says nothing about it: the font therefore comes
 * with the package (DejaVu Sans: Greek letters, superscripts and mathematical signs, free licence), and fonts of the machine
 * are not looked at. The same picture has the same pixels everywhere.
 */
export interface PngOptions {
  /** Pixels of the PNG for one of the SVG; default 2, for sharp print and screens of high density. */
  zoom?: number;
  /** A PNG cannot follow its page: it is drawn for a light one unless asked otherwise. */
  theme?: "light" | "dark";
}

const themes = { light: { background: "#ffffff", color: "#1b1f24" }, dark: { background: "#14171c", color: "#e6e8eb" } };

/** The bytes of a PNG of a picture. `svg`: its text, as `svgText` of nclab/plots gives it. Throws TypeError for another text, WorkError where there is no rasterizer. */
export function pngOf(svg: string, options: PngOptions = {}): Uint8Array {
  const { background, color } = themes[options.theme ?? "light"];
  const colored = svg.replace(/^<svg /, `<svg color="${color}" `);
  if (colored === svg)
    throw new TypeError(`pngOf: expected the text of an <svg> element, got ${JSON.stringify(svg.slice(0, 40))}`);
  const { Resvg } = rasterizer();
  const image = new Resvg(colored, {
    background,
    fitTo: { mode: "zoom", value: options.zoom ?? 2 },
    font: {
      loadSystemFonts: false,
      fontFiles: [false, true].flatMap((bold) => [fontFile("sans", bold), fontFile("serif", bold)]),
      // The rasterizer takes this one for the first name that it does not know, and never looks at the names behind it.
      defaultFontFamily: svg.includes(`'${fontNames.serif}'`) ? fontNames.serif : fontNames.sans,
      sansSerifFamily: fontNames.sans,
      serifFamily: fontNames.serif,
    },
  });
  return image.render().asPng();
}

/** Loaded when the first picture is drawn. It is compiled for each system, so that the Python package, which is one for all, has none. */
function rasterizer(): typeof import("@resvg/resvg-js") {
  try {
    return createRequire(import.meta.url)("@resvg/resvg-js") as typeof import("@resvg/resvg-js");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new WorkError(
      "PNG: the rasterizer for this system (@resvg/resvg-js) is not installed; write .svg or .pdf, or install nclab with npm",
    );
  }
}
