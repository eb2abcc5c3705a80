import { inputError } from "../errors.ts";
import { decodeNpy } from "./npy.ts";
import { decodeNpz } from "./npz.ts";

/**
 * The labels in a label file that is in memory: .npy, .npz (array `labels`, or its only one), else text with one label a line (last column,
 * a header line is skipped). Not checked to be class numbers. `what` names the file in errors.
 */
export function decodeLabels(bytes: Uint8Array, file: string, what: string = file): ArrayLike<number> {
  if (/\.npy$/i.test(file)) return decodeNpy(bytes, what).data;
  if (/\.npz$/i.test(file)) {
    const arrays = decodeNpz(bytes, what);
    const names = Object.keys(arrays);
    const name = names.includes("labels") ? "labels" : names.length === 1 ? names[0] : undefined;
    if (name === undefined) throw inputError(what, "an array called labels, or one array", names);
    return arrays[name].data;
  }
  const lines = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  const last = (line: string): string => (line.split(",").at(-1) as string).trim();
  if (lines.length > 0 && /[a-z]/i.test(last(lines[0]))) lines.shift();
  return lines.map((line) => (last(line) === "" ? Number.NaN : Number(last(line))));
}
