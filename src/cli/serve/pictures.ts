import { inputError } from "../../errors.ts";
import { type PicturedDocument, type PictureSettings, pictures, svg } from "../../headless/index.ts";
import { fromJson, isObject, toJson } from "../../json.ts";
import { checkKeys } from "../../known-keys.ts";

/** The pictures of a document that nclab gave, as SVG. */
export interface PicturesDocument {
  schema: "nclab.pictures/1";
  /** Empty where the document has none, as advice. */
  pictures: { name: string; svg: string }[];
}

const keys = { document: true, names: true, width: true, font: true } as const;
/** Names under which documents hold words: an "inf" there is one. */
const words = ["file", "name", "names", "classNames", "notes", "error", "reason", "because"];

/** `names`: which ones, default all that there are; `width` in centimetres and `font` as for `--plot`. Throws InputError. */
export function picturesFrom(input: Record<string, unknown>): PicturesDocument {
  if (!isObject(input)) throw inputError("pictures", "an object with a document", input);
  checkKeys(input, keys, "pictures");
  const { document: given, names, ...style } = input;
  if (!isObject(given)) throw inputError("document", "a document of nclab", given);
  // As it went over the line: infinity is a word there.
  const document = fromJson(toJson(given), words) as unknown as PicturedDocument;
  if (names !== undefined && !(Array.isArray(names) && names.every((name) => typeof name === "string")))
    throw inputError("names", "a list of names of pictures", names);
  const wanted = (names as string[] | undefined) ?? pictures(document);
  return {
    schema: "nclab.pictures/1",
    pictures: wanted.map((name) => ({ name, svg: svg(document, { ...(style as PictureSettings), name }) })),
  };
}
