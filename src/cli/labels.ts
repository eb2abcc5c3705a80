import { readFileSync } from "node:fs";
import { InputError, inputError } from "../errors.ts";
import { decodeNpy, decodeNpz } from "../features/index.ts";
import { checkCounts } from "../problem/index.ts";

/** Class counts from a label file: .npy, .npz (array `labels`, or its only one), or .csv with one label a line (last column). */
export function countLabels(file: string): number[] {
  const labels = readLabels(file);
  const counts: number[] = [];
  labels.forEach((label, i) => {
    if (!Number.isSafeInteger(label) || label < 0 || label > 1_000_000)
      throw inputError(`--labels ${file}[${i}]`, "a class number from 0", label);
    while (counts.length <= label) counts.push(0);
    counts[label]++;
  });
  const empty = counts.indexOf(0);
  if (empty >= 0)
    throw new InputError(
      `--labels ${file}: expected every class from 0 to ${counts.length - 1} to occur, got none of class ${empty}`,
    );
  return checkCounts(counts, `--labels ${file}`);
}

function readLabels(file: string): ArrayLike<number> & { forEach(f: (x: number, i: number) => void): void } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new InputError(`--labels ${file}: expected a readable file, got ${(error as NodeJS.ErrnoException).code}`);
  }
  if (/\.npy$/i.test(file)) return decodeNpy(bytes, file).data;
  if (/\.npz$/i.test(file)) {
    const arrays = decodeNpz(bytes, file);
    const names = Object.keys(arrays);
    const name = names.includes("labels") ? "labels" : names.length === 1 ? names[0] : undefined;
    if (name === undefined) throw inputError(`--labels ${file}`, "an array called labels, or one array", names);
    return arrays[name].data;
  }
  const lines = bytes
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  if (lines.length > 0 && /[a-z]/i.test(lines[0].split(",").at(-1) as string)) lines.shift();
  return lines.map((line) => {
    const cell = (line.split(",").at(-1) as string).trim();
    return cell === "" ? Number.NaN : Number(cell);
  });
}
