import { inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";

/** How a picture is drawn. */
export interface PictureSettings {
  /** Which picture of the document, one of `pictures(document)`; default the first. */
  name?: string;
  /** In centimetres, 8 to 120; text keeps its size (9 to 10 points). Default: each picture has one of its own. */
  width?: number;
  /** Default sans. */
  font?: "sans" | "serif";
  /** Shown above the picture; default: what the document says. */
  title?: string;
}

/** Every key of a `PictureSettings`. */
export const pictureKeys: Record<keyof PictureSettings, true> = { name: true, width: true, font: true, title: true };

/** The fonts of pictures. */
export const fonts = ["sans", "serif"] as const;

/** CSS pixels, 96 an inch. */
const pixelsPerCm = 96 / 2.54;
/** From what labels need to a poster. */
const widths = { least: 8, most: 120 };

/** The settings as the picture functions of nclab/plots take them: the width in CSS pixels. Throws InputError. */
export function styleOf(settings: PictureSettings): Omit<PictureSettings, "name"> {
  checkKeys(settings, pictureKeys, "picture");
  const { width, font = fonts[0], title } = settings;
  if (!fonts.includes(font)) throw inputError("font", fonts.join(" or "), font);
  if (width !== undefined && !(typeof width === "number" && width >= widths.least && width <= widths.most))
    throw inputError("width", `a number of centimetres from ${widths.least} to ${widths.most}`, width);
  return {
    font,
    ...(width === undefined ? {} : { width: Math.round(width * pixelsPerCm) }),
    ...(title === undefined ? {} : { title }),
  };
}
