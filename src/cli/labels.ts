import { readFileSync } from "node:fs";
import { InputError } from "../errors.ts";
import { decodeLabels } from "../features/label-file.ts";
import { countsOfLabels } from "../problem/count-labels.ts";

/** Class counts from a label file: .npy, .npz (array `labels`, or its only one), or .csv with one label a line (last column). */
export function countLabels(file: string): number[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new InputError(`--labels ${file}: expected a readable file, got ${(error as NodeJS.ErrnoException).code}`);
  }
  return countsOfLabels(decodeLabels(bytes, file), `--labels ${file}`);
}
