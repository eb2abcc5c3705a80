import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, inputError } from "../../errors.ts";
import { type Labels, mostClasses } from "./labels.ts";
import { Growing, inMemory } from "./list-labels.ts";
import { byCodePoints, numeralWords } from "./names.ts";
import { Tally } from "./tally.ts";

/**
 * A folder with one sub-folder a class, as torchvision's ImageFolder reads it: classes are the sub-folders, sorted as text; samples are the files
 * with an image's ending anywhere below them, links followed, class after class. Where no class has an image, all files count.
 */
const image = /\.(jpe?g|png|ppm|bmp|pgm|tiff?|webp)$/i;

export async function folderLabels(folder: string): Promise<Labels> {
  const names = (await entries(folder)).filter(({ folder }) => folder).map(({ name }) => name);
  if (names.length === 0) throw inputError(`${folder}: classes`, "a folder with one sub-folder a class", "no folder in it");
  if (names.length > mostClasses) throw inputError(`${folder}: classes`, `at most ${mostClasses}`, names.length);
  if (names.every((name) => /^(train|val|valid|validation|test|testing|training|dev)$/i.test(name)))
    throw inputError(`${folder}: classes`, `one of its parts, such as ${join(folder, names[0])}`, names.join(", "));
  const found: { images: number; files: number }[] = [];
  for (const name of names) found.push(await filesBelow(join(folder, name)));
  const images = found.some((one) => one.images > 0);
  const tally = new Tally({});
  const labels = new Growing();
  for (const [k, one] of found.entries()) {
    const n = images ? one.images : one.files;
    if (n === 0)
      throw new InputError(
        `${join(folder, names[k])}: expected ${images ? "images (.jpg, .jpeg, .png, .ppm, .bmp, .pgm, .tif, .tiff, .webp)" : "files"} in every class's folder, got none`,
      );
    for (let i = 0; i < n; i++) labels.push(tally.add(k, () => folder));
  }
  const how = `${names.length} folders, ${images ? "images" : "files"} in each`;
  return inMemory(
    {
      what: folder,
      how,
      names,
      order: "sorted as text, as torchvision's ImageFolder does",
      numerals: numeralWords(names, "text"),
    },
    labels.all(),
    tally,
  );
}

async function filesBelow(root: string): Promise<{ images: number; files: number }> {
  const found = { images: 0, files: 0 };
  const seen = new Set<string>();
  const open = [root];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    // A link may lead back up.
    const place = await realpath(folder);
    if (seen.has(place)) continue;
    seen.add(place);
    for (const entry of await entries(folder)) {
      if (entry.folder) open.push(join(folder, entry.name));
      else {
        found.files += entry.name.startsWith(".") ? 0 : 1;
        if (image.test(entry.name)) found.images++;
      }
    }
  }
  return found;
}

async function entries(folder: string): Promise<{ name: string; folder: boolean }[]> {
  let list: Dirent[];
  try {
    list = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new InputError(`${folder}: expected a folder that can be read, got ${(error as NodeJS.ErrnoException).code}`);
  }
  const known = await Promise.all(
    list.map(async (entry) => ({
      name: entry.name,
      folder: entry.isSymbolicLink() ? await leadsToFolder(join(folder, entry.name)) : entry.isDirectory(),
    })),
  );
  return known.sort((a, b) => byCodePoints(a.name, b.name));
}

async function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
