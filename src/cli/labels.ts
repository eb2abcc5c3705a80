import { readRegular } from "../features/index.ts";
import { decodeLabels } from "../features/label-file.ts";
import { countsOfLabels } from "../problem/count-labels.ts";

/** Class counts from a label file: .npy, .npz (array `labels`, or its only one), or .csv with one label a line (last column). */
export function countLabels(file: string): number[] {
  return countsOfLabels(decodeLabels(readRegular(file, `--labels ${file}`), file), `--labels ${file}`);
}
