import { statSync } from "node:fs";
import type { ArrayFile } from "../array-file.ts";
import { fileBytes, head } from "../bytes.ts";
import { findArray, type Keys, onlyArray } from "../find.ts";
import { openFile } from "../open-file.ts";
import { arrayLabels } from "./array-labels.ts";
import { folderLabels } from "./class-folders.ts";
import type { LabelOptions, Labels } from "./labels.ts";
import { textLabels } from "./text-labels.ts";

/**
 * The labels at a place that a person names: a folder of class folders, a file of arrays, or a text; by content, not by name. A file of arrays is
 * opened by `open`, whose caller closes it: labels are read from it as long as they are asked for.
 */
export async function openLabels(
  place: string,
  keys: Keys,
  options: LabelOptions,
  open: (file: string) => Promise<ArrayFile>,
): Promise<Labels> {
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory()) return folderLabels(place);
  const of = await openFile(place);
  try {
    const bytes = fileBytes(of, 0, of.size);
    if (!holdsArrays(await head(bytes, 16), place)) return await textLabels(bytes, options);
  } finally {
    await of.handle.close();
  }
  return labelsIn(await open(place), keys, options) as Promise<Labels>;
}

/** The labels in a file of arrays: what is named like labels, or, where `only` allows it, its only array; null: none is. */
export async function labelsIn(file: ArrayFile, keys: Keys, options: LabelOptions, only = true): Promise<Labels | null> {
  const array = findArray(file, "labels", keys) ?? (only ? onlyArray(file, "labels") : undefined);
  return array ? arrayLabels(array, options) : null;
}

/** Whether the beginning of a file is that of a .npy, a zip, a pickle or a .safetensors; or its name says so. */
export function holdsArrays(start: Uint8Array, name: string): boolean {
  const is = (...bytes: number[]): boolean => bytes.every((byte, i) => start[i] === byte);
  return (
    is(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) ||
    is(0x50, 0x4b, 3, 4) ||
    (is(0x80) && start[1] >= 2 && start[1] <= 5) ||
    (start[6] === 0 && start[7] === 0 && start[8] === 0x7b) ||
    /\.(npy|npz|pt|pth|pkl|ckpt|bin|safetensors)$/i.test(name)
  );
}
