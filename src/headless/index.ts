/**
 * The pictures of a document in Node, without a browser: SVG as text, PNG and PDF as bytes, ready for a file.
 *
 * @module headless
 */
import { pictureKeys } from "../documents/index.ts";
import { checkKeys } from "../known-keys.ts";
import { type PicturedDocument, type PictureSettings, picture } from "../pictures/index.ts";
import { svgText } from "../plots/index.ts";
import { headlessDocument, type PngOptions, pdfOf, pngOf } from "../report/index.ts";

export { type PicturedDocument, type PictureSettings, pictures } from "../pictures/index.ts";
export { headlessDocument, type PdfOptions, type PngOptions, pdfOf, pngOf } from "../report/index.ts";

/** A picture as standalone SVG. Throws InputError. */
export function svg(document: PicturedDocument, settings: PictureSettings = {}): string {
  return svgText(picture(document, settings, { document: headlessDocument() }));
}

/** A picture as the bytes of a PNG: on white, two pixels for one of the SVG, unless asked otherwise. Throws InputError. */
export function png(document: PicturedDocument, settings: PictureSettings & PngOptions = {}): Uint8Array {
  checkKeys(settings, { ...pictureKeys, zoom: true, theme: true }, "picture");
  const { zoom, theme, ...style } = settings;
  return pngOf(svg(document, style), { zoom, theme });
}

/** A picture as the bytes of a PDF of one page: vectors, and text as text in a font that is embedded. Throws InputError. */
export async function pdf(document: PicturedDocument, settings: PictureSettings = {}): Promise<Uint8Array> {
  return pdfOf(picture(document, settings, { document: headlessDocument() }), { font: settings.font });
}
