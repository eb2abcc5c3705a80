import { inputError } from "../../src/errors.ts";
import { decodeLabels } from "../../src/features/label-file.ts";
import { countsOfLabels } from "../../src/problem/count-labels.ts";
import { parseCounts, parseCountsFile, parseLongTail } from "../../src/problem/index.ts";

/** Class counts as a person types, pastes or drops them. Throws InputError with what is wrong; nothing leaves the machine. */
export function countsOfText(text: string): number[] {
  const trimmed = text.trim();
  if (/^(exp|step):/.test(trimmed)) return parseLongTail(trimmed, "long tail");
  return trimmed.startsWith("[") || trimmed.includes("\n") ? parseCountsFile(trimmed, "counts") : parseCounts(trimmed, "counts");
}

/** What a file of text holds, which it does not say itself. */
export type Meaning = "counts" | "labels";

export async function countsOfFile(file: File, meaning: Meaning): Promise<number[]> {
  if (file.size > 2 ** 30) throw inputError(file.name, "a file of at most 1 GiB", `${file.size} bytes`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (/\.np[yz]$/i.test(file.name)) return countsOfLabels(decodeLabels(bytes, file.name), file.name);
  if (!/\.(csv|txt|json)$/i.test(file.name)) throw inputError(file.name, "a .csv, .txt, .json, .npy or .npz file", file.name);
  if (meaning === "counts" || /\.json$/i.test(file.name)) return parseCountsFile(new TextDecoder().decode(bytes), file.name);
  return countsOfLabels(decodeLabels(bytes, file.name), file.name);
}

/** `5x500,5x100`: runs of equal counts as one. */
export function textOfCounts(counts: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < counts.length; ) {
    let j = i;
    while (j < counts.length && counts[j] === counts[i]) j++;
    parts.push(j - i > 1 ? `${j - i}x${counts[i]}` : String(counts[i]));
    i = j;
  }
  return parts.join(",");
}
