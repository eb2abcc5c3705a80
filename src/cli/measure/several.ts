import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../errors.ts";
import { arrayEndings, isArrayName } from "../../features/index.ts";
import type { MeasureDocument } from "../../inputs/index.ts";
import { drawnMeasures, filePlaces, linesOver } from "../../words/index.ts";
import { type PictureFile, writePicture } from "../pictures.ts";
import { scalars } from "./scalars.ts";

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

/** The measures of neural collapse against the position of the files. */
export async function plotSeveral(file: PictureFile, documents: readonly MeasureDocument[]): Promise<void> {
  const places = filePlaces(documents.map((m) => m.file));
  const drawn = scalars.filter(({ name, of }) => drawnMeasures.includes(name) && documents.some((m) => of(m) !== null));
  const runs = linesOver(
    places,
    drawn.map(({ name, of }) => ({ label: name, of: (i: number) => of(documents[i]) })),
  );
  const { curves } = await import("../../plots/index.ts");
  await writePicture(file, (options) => curves({ xLabel: places.axis, yLabel: "measure", yScale: "log", runs }, options));
}
