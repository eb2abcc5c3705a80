import { inputError } from "../../src/errors.ts";
import {
  decodeText,
  holdsArraysHere,
  type Labels,
  labelsIn,
  memoryArrays,
  memoryBytes,
  mostClasses,
  textLabels,
} from "../../src/features/browser.ts";
import { type CountTable, parseCountTable, parseLongTail, presentCounts } from "../../src/problem/index.ts";
import { textOfCounts } from "../counts-text.ts";

/** Classes as a person types, pastes or drops them. Throws InputError with what is wrong; nothing leaves the machine. */
export function classesOfText(text: string): CountTable {
  const trimmed = text.trim();
  if (/^(exp|step):/.test(trimmed)) return { counts: parseLongTail(trimmed, "long tail"), names: null };
  return parseCountTable(trimmed, "counts");
}

/** Whether what is wrong with a question is wrong with its classes, whose field says it. */
export const aboutClasses = (problem: string): boolean => /^(counts|long tail)/.test(problem);

/** The counts alone, without names. */
export function countsOfText(text: string): number[] {
  return classesOfText(text).counts;
}

/** What a file of text holds, which it does not say itself. */
export type Meaning = "counts" | "labels";

const fileEndings = [".csv", ".tsv", ".txt", ".json", ".npy", ".npz", ".pt", ".pth"];
/** A tab must not unpack more than this. */
const mostBytes = 2 ** 28;

/** For a file input. */
export const accepted: string = fileEndings.join(",");

/** The classes of a file, read as the command line reads it. */
export async function classesOfFile(file: File, meaning: Meaning): Promise<CountTable> {
  const { name } = file;
  if (file.size > 2 ** 30) throw inputError(name, "a file of at most 1 GiB", `${file.size} bytes`);
  if (!fileEndings.some((ending) => name.toLowerCase().endsWith(ending)))
    throw inputError(name, `a file that ends in ${fileEndings.join(", ")}`, name);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!holdsArraysHere(bytes, name) && meaning === "counts") return parseCountTable(decodeText(bytes, name), name);
  const labels = await labelsOf(bytes, name);
  const counts = presentCounts(labels.counts, name, labels.how);
  return { counts, names: labels.names === null ? null : [...labels.names] };
}

async function labelsOf(bytes: Uint8Array, name: string): Promise<Labels> {
  if (!holdsArraysHere(bytes, name)) return textLabels(memoryBytes(name, bytes));
  return (await labelsIn(await memoryArrays(name, bytes), {}, { most: mostClasses - 1, mostBytes })) as Labels;
}

/** What `classesOfText` reads as these classes: a line a class where they have names. */
export function textOfClasses({ counts, names }: CountTable): string {
  if (names === null) return textOfCounts(counts);
  return ["class,count", ...names.map((name, k) => `${nameCell(name)},${counts[k]}`)].join("\n");
}

/** A name that stands in quotes wherever a reader of tables could take a part of it for something else. */
const nameCell = (name: string): string =>
  /^[\p{L}\p{N}_ -]*$/u.test(name) ? name : `"${name.replace(/\s+/g, " ").replaceAll('"', '""')}"`;
