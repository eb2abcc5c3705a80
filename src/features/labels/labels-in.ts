import { inputError } from "../../errors.ts";
import type { ArrayFile } from "../array-file.ts";
import { findArray, isLabelArray, type Keys, onlyArray } from "../find.ts";
import { type Format, hasEnding } from "../format.ts";
import { indexIn, wordsOf } from "../indexed.ts";
import type { TextArray } from "../text-array.ts";
import { arrayLabels } from "./array-labels.ts";
import type { LabelOptions, Labels } from "./labels.ts";
import { cellLabels } from "./list-labels.ts";
import { numeralWords } from "./names.ts";

/**
 * The labels in a file of arrays: what is named like labels, numbers before words, or, where `only` allows it, its only array; null where the file has none. A list of
 * the classes' names beside them gives their names and their order.
 */
export async function labelsIn(file: ArrayFile, keys: Keys, options: LabelOptions, only = true): Promise<Labels | null> {
  const named = (test: (name: string) => boolean): [string, TextArray] | undefined =>
    [...file.texts].find(([name]) => test(name));
  const { labels: key } = keys;
  const stated = key === undefined ? undefined : statedWords(key, named);
  const array = stated ? undefined : findArray(file, "labels", keys);
  const single = file.arrays.size + file.texts.size === 1;
  const words = stated ?? (array ? undefined : named((name) => isLabelArray(name) || (only && single)));
  const lists = [...file.texts].filter(([name, { shape }]) => name !== words?.[0] && isNameList(name) && shape.length === 1);
  // The names of an enumeration stand below its numbers, and are no other's.
  const above = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("/")));
  const own = lists.find(([name]) => array !== undefined && file.arrays.get(above(name)) === (array.part ?? array));
  const free = lists.filter(([name]) => !file.arrays.has(above(name)));
  const found = own ?? (free.length === 1 ? free[0] : undefined);
  const names = found ? (await found[1].words()).map((name) => name.trim()) : null;
  const wanted = { ...options, names };
  if (words) {
    const { what, shape, words: read } = words[1];
    if (shape.filter((size) => size !== 1).length > 1)
      throw inputError(
        `${what}: shape`,
        `one label a sample (in measure, --keys labels=${words[0]}[:,0] takes the first column)`,
        shape,
      );
    const cells = (await read()).map((word) => word.trim());
    const labels = cellLabels(what, cells, wanted, "a word a sample");
    const numerals =
      labels.names === null ? numeralWords(new Set(cells.filter((cell) => cell !== options.ignore)), "numbers") : null;
    return { ...labels, numerals };
  }
  const numbers = array ?? (only ? onlyArray(file, "labels") : undefined);
  if (!numbers) return null;
  const name = numbers.part ? undefined : [...file.arrays].find(([, other]) => other === numbers)?.[0];
  return arrayLabels(numbers, { ...wanted, name });
}

/** The words that a stated name means, or its part. */
function statedWords(
  key: string,
  named: (test: (name: string) => boolean) => [string, TextArray] | undefined,
): [string, TextArray] | undefined {
  const called = (wanted: string): [string, TextArray] | undefined =>
    named((name) => name === wanted || name.endsWith(`.${wanted}`) || name.endsWith(`/${wanted}`));
  const whole = called(key);
  const indexed = whole ? null : indexIn(key);
  const array = indexed ? called(indexed.name) : undefined;
  return indexed && array ? [array[0], wordsOf(array[1], indexed.index)] : whole;
}

/** Whether an array of words is called like a list of the classes' names. */
function isNameList(name: string): boolean {
  return /^((class|label|target|category)[_-]?names?|classes|categories|names)$/i.test(name.split(/[./]/).at(-1) as string);
}

/** Whether a file is one of arrays in one of these formats, by its beginning or by its name; else its labels are text. */
export function holdsArrays(formats: readonly Format[], start: Uint8Array, name: string): boolean {
  const binary = formats.filter(({ isText }) => !isText);
  return binary.some(({ sniff }) => sniff(start, name)) || hasEnding(binary, name);
}
