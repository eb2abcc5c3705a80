import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../errors.ts";
import { type CurveData, curves } from "../../plots/index.ts";
import { headlessDocument } from "../../report/document.ts";
import { writePicture } from "../plot-prediction.ts";
import { type MeasureDocument, scalars } from "./document.ts";

/** Layer by layer, epoch by epoch: files in the order given, those of a folder in the order of their numbers. */
export function expand(places: readonly string[]): string[] {
  return places.flatMap((place) => {
    if (!isFolder(place)) return [place];
    const files = namesIn(place)
      .filter((name) => /\.(npy|npz|safetensors|pt|pth)$/i.test(name))
      .sort(new Intl.Collator("en", { numeric: true }).compare);
    if (files.length === 0)
      throw new InputError(`${place}: expected .npy, .npz, .safetensors or .pt files in the folder, got none`);
    return files.map((name) => join(place, name));
  });
}

/** What cannot be looked at (a link that leads to itself, a folder without the right to enter it) is no folder here: who opens it says why it cannot be read. */
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

/** The last number in each file's name, if they all have one and no two are equal; else 0, 1, 2, ... */
export function positions(files: readonly string[]): number[] {
  const numbers = files.map((file) =>
    Number(/(\d+)\D*$/.exec((file.split(/[/\\]/).at(-1) as string).replace(/\.\w+$/, ""))?.[1] ?? Number.NaN),
  );
  return numbers.every(Number.isFinite) && new Set(numbers).size === files.length ? numbers : files.map((_, i) => i);
}

const drawn = ["nc1.paper", "cdnv", "nc2.equinormMeans", "nc2.equiangularMeans", "nc3", "nc4"];

/** The measures of neural collapse against the position of the files. */
export async function plotSeveral(file: string, documents: readonly MeasureDocument[]): Promise<void> {
  const at = positions(documents.map((m) => m.file));
  const order = at.map((_, i) => i).sort((a, b) => at[a] - at[b]);
  const runs: CurveData["runs"] = scalars
    .filter(({ name, of }) => drawn.includes(name) && documents.some((m) => of(m) !== null))
    .map(({ name, of }) => ({ label: name, points: order.map((i) => ({ epoch: at[i], value: of(documents[i]) })) }));
  await writePicture(file, curves({ yLabel: "measure", yScale: "log", runs }, { document: headlessDocument() }));
}
