import { InputError, inputError } from "../../errors.ts";
import { type Bytes, head } from "../bytes.ts";
import { decodeText } from "../text.ts";
import { isFile, isPath } from "./cells.ts";
import type { LabelOptions, Labels } from "./labels.ts";
import { cellLabels } from "./list-labels.ts";

/** Labels in JSON: a list of numbers or names, or an object that gives each file its class. */
export async function jsonLabels(bytes: Bytes, options: LabelOptions): Promise<Labels> {
  const { what } = bytes;
  const most = 2 ** 28;
  if (bytes.length > most) throw inputError(what, `at most ${most} bytes of JSON (or a line a label)`, bytes.length);
  let value: unknown;
  try {
    value = JSON.parse(decodeText(await head(bytes, most), what).replace(/^\uFEFF/, ""));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${what}: expected a JSON list of labels, got ${(error as Error).message}`);
  }
  if (Array.isArray(value))
    return cellLabels(
      what,
      value.map((item, i) => cellOf(item, `${what}[${i}]`)),
      options,
    );
  const entries = Object.entries(value as object);
  if (entries.length === 0 || !entries.every(([key]) => isFile(key) || isPath(key)))
    throw inputError(
      what,
      "a JSON list of labels, or an object that gives each file its class (--counts reads numbers of samples)",
      value,
    );
  return cellLabels(
    what,
    entries.map(([key, item]) => cellOf(item, `${what}, ${key}`)),
    options,
    "the class of each file",
  );
}

function cellOf(item: unknown, what: string): string {
  if (typeof item === "number" || typeof item === "boolean") return String(Number(item));
  if (typeof item === "string") return item.trim();
  throw inputError(what, "a number or a name", item);
}
