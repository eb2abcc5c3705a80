import { fonts, styleOf } from "../documents/index.ts";
import { InputError, inputError } from "../errors.ts";
import { writeFileAtomic } from "../files/index.ts";
import type { PictureOptions } from "../plots/index.ts";
import type { Option, Values } from "./command.ts";
import { asOptions } from "./problem-options.ts";

/** A picture that a command is to write. */
export interface PictureFile {
  file: string;
  ending: PictureEnding;
  style: PictureStyle;
}

export const pictureEndings = ["svg", "pdf", "png"] as const;
export type PictureEnding = (typeof pictureEndings)[number];

/** How pictures are laid out. */
export interface PictureStyle {
  /** In CSS pixels; where none is asked for, each picture has one of its own. */
  width?: number;
  font: (typeof fonts)[number];
}

export const pictureName = "FILE.svg|.pdf|.png";

/** Of every picture that a command writes. */
export const pictureOptions: Record<string, Option> = {
  width: { type: "string", value: "CM", help: "width of pictures in centimetres; text keeps its size (9 to 10 points)" },
  font: { type: "string", value: fonts.join("|"), help: "font of pictures (default sans)" },
};

/** What `--plot`, `--width` and `--font` ask for; nothing without `--plot`. `takesWidth`: whether `--width` means the picture's. */
export function readPicture(options: Values, takesWidth: boolean = true): PictureFile | undefined {
  const file = options.text("plot");
  if (file === undefined) {
    for (const name of takesWidth ? ["width", "font"] : ["font"])
      if (options.text(name) !== undefined) throw inputError(`--${name}`, "--plot beside it", options.text(name));
    return undefined;
  }
  const ending = pictureEndings.find((known) => file.toLowerCase().endsWith(`.${known}`));
  if (ending === undefined)
    throw new InputError(`--plot: expected a file name ending in .svg, .pdf or .png, got ${JSON.stringify(file)}`);
  return { file, ending, style: readPictureStyle(options, takesWidth) };
}

export function readPictureStyle(options: Values, takesWidth: boolean = true): PictureStyle {
  const settings = {
    width: takesWidth ? options.number("width") : undefined,
    font: options.text("font") as PictureStyle["font"],
  };
  return asOptions(() => styleOf(settings)) as PictureStyle;
}

/** Draws a picture and writes it as its ending asks. */
export async function writePicture(
  { file, ending, style }: PictureFile,
  draw: (options: PictureOptions) => SVGSVGElement,
): Promise<void> {
  const { headlessDocument } = await import("../report/index.ts");
  await writeFileAtomic(file, await pictureBytes(draw({ document: headlessDocument(), ...style }), ending, style.font));
}

export async function pictureBytes(svg: SVGSVGElement, ending: PictureEnding, font: PictureStyle["font"]): Promise<Uint8Array> {
  const { pdfOf, pngOf } = await import("../report/index.ts");
  if (ending === "pdf") return pdfOf(svg, { font });
  const text = (await import("../plots/index.ts")).svgText(svg);
  return ending === "svg" ? new TextEncoder().encode(text) : pngOf(text);
}
