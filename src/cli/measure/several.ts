import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../errors.ts";
import { arrayEndings, isArrayName } from "../../features/index.ts";
import type { CurveData } from "../../plots/index.ts";
import { type PictureFile, writePicture } from "../pictures.ts";
import { type MeasureDocument, scalars } from "./document.ts";

/** Layer by layer, epoch by epoch: files in the order given, those of a folder in the order of their numbers. */
export function expand(places: readonly string[]): string[] {
  return places.flatMap((place) => {
    if (!isFolder(place)) return [place];
    const names = namesIn(place);
    const files = names.filter(isArrayName).sort(new Intl.Collator("en", { numeric: true }).compare);
    if (files.length === 0 && names.some((name) => name.endsWith(".distcp")))
      throw new InputError(
        `${place}: expected ${arrayEndings} files in the folder, got a distributed checkpoint: put it into one file first (torch.distributed.checkpoint.format_utils.dcp_to_torch_save(FOLDER, "state.pt"))`,
      );
    if (files.length === 0) throw new InputError(`${place}: expected ${arrayEndings} files in the folder, got none`);
    return files.map((name) => join(place, name));
  });
}

/** A place that cannot be looked at (a link that leads to itself, a folder without the right to enter it) counts as a file: opening it says why it cannot be read. */
function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new InputError(`${folder}: expected a readable folder, got ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** What tells files apart in tables: their base names, with as many folders as it takes. */
export function shortNames(files: readonly string[]): string[] {
  const parts = files.map((file) => file.split(/[/\\]/));
  const longest = Math.max(...parts.map(({ length }) => length));
  for (let depth = 1; depth < longest; depth++) {
    const names = parts.map((part) => part.slice(-depth).join("/"));
    if (new Set(names).size === new Set(files).size) return names;
  }
  return [...files];
}

/**
 * Where each file stands on the x axis: the number behind a word such as `epoch` in its name, else the first number in which the names differ (a whole
 * one if there is one: `ckpt_epoch10_acc0.60.pt` is at 10). Epochs go before steps, and these before checkpoints. Files whose names have no such number are
 * at 0, 1, 2, ... in their order. Of equal base names the folders count too.
 */
export function positions(files: readonly string[]): number[] {
  const numbers = shortNames(files).map((name) => numbersOf(name.replace(/\.[a-z]\w*$/i, "")));
  const columns = (numbers[0] ?? []).map((_, i) => numbers.map((row) => row[i]));
  const usable = columns.filter(
    (column) => column.every((x) => x !== undefined) && new Set(column.map((x) => x.value)).size === files.length,
  );
  const timed = times.map((_, time) => usable.find((column) => column.every((x) => x.time === time)));
  const chosen = timed.find((column) => column) ?? usable.find((column) => column.every((x) => x.whole)) ?? usable[0];
  return chosen ? chosen.map((x) => x.value) : files.map((_, i) => i);
}

interface NumberInName {
  value: number;
  whole: boolean;
  /** Which of `times` stands before it; -1: none. */
  time: number;
}

/** Words of time, the surest first. A short one counts only as a whole word: `score3` is no epoch. */
const times = [/(epochs?|^ep|^e)$/i, /(steps?|iters?|iterations?|^it)$/i, /(checkpoint|ckpt)$/i];

function numbersOf(name: string): NumberInName[] {
  return [...name.matchAll(/([a-z]*)[-_=. ]*(\d+(?:\.\d+)?)/gi)].map(([, word, digits]) => ({
    value: Number(digits),
    whole: !digits.includes("."),
    time: times.findIndex((time) => time.test(word)),
  }));
}

/** What a picture of several files shows. */
export const drawnMeasures: readonly string[] = ["nc1.paper", "cdnv", "nc2.equinormMeans", "nc2.equiangularMeans", "nc3", "nc4"];

/** The measures of neural collapse against the position of the files. */
export async function plotSeveral(file: PictureFile, documents: readonly MeasureDocument[]): Promise<void> {
  const at = positions(documents.map((m) => m.file));
  const order = at.map((_, i) => i).sort((a, b) => at[a] - at[b]);
  const runs: CurveData["runs"] = scalars
    .filter(({ name, of }) => drawnMeasures.includes(name) && documents.some((m) => of(m) !== null))
    .map(({ name, of }) => ({ label: name, points: order.map((i) => ({ epoch: at[i], value: of(documents[i]) })) }));
  const { curves } = await import("../../plots/index.ts");
  await writePicture(file, (options) => curves({ yLabel: "measure", yScale: "log", runs }, options));
}
