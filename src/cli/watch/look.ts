import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isArrayName } from "../../features/index.ts";
import { isTemporary } from "../../files/index.ts";

/** What lies in a folder and in those below it: trainings that measure themselves, and feature files. A look, and nothing is opened. */
export interface Found {
  /** Whether the folder is there. */
  there: boolean;
  /** Folders below it, "." for itself: those of `nclab train`, and those of nclab.torch.Recorder. */
  runs: string[];
  recorders: string[];
  files: FoundFile[];
}

export interface FoundFile {
  /** Its path, from where the program runs. */
  file: string;
  /** Its folder below the watched one. */
  folder: string;
  /** What is another where the file is another: its size and when it was written. */
  version: string;
}

/** Nobody keeps trainings deeper, and links that lead in a circle end here. */
const deepest = 6;

/** `without`: files that are read for something else (labels, a head) or written by this program, by their real paths. */
export async function look(place: string, without: ReadonlySet<string>): Promise<Found> {
  const found: Found = { there: false, runs: [], recorders: [], files: [] };
  await into(place, ".", 0, { without, found, seen: new Set() });
  return found;
}

interface Look {
  without: ReadonlySet<string>;
  found: Found;
  /** Folders by their real paths: one that a link leads to is there once. */
  seen: Set<string>;
}

async function into(path: string, folder: string, depth: number, about: Look): Promise<void> {
  const { without, found, seen } = about;
  const real = await realpath(path).catch(() => null);
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
  if (!entries || real === null || seen.has(real)) return;
  seen.add(real);
  if (depth === 0) found.there = true;
  const names = entries.map(({ name }) => name);
  const run = names.includes("run.json");
  // A Recorder makes its list of measurements before it writes features (of older ones shards are the first sign).
  const recorder = names.some((name) => name === "measurements.jsonl" || /\.shard(\.part)?$/.test(name));
  if (run) found.runs.push(folder);
  else if (recorder) found.recorders.push(folder);
  for (const entry of entries) {
    const { name } = entry;
    if (name.startsWith(".") || name === "node_modules") continue;
    const inner = join(path, name);
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(inner)))) {
      if (depth < deepest) await into(inner, folder === "." ? name : `${folder}/${name}`, depth + 1, about);
    } else if (!run && !recorder && isArrayName(name) && !isTemporary(name)) {
      const version = await versionOf(inner);
      if (version !== null && !without.has(await realpath(inner).catch(() => inner)))
        found.files.push({ file: inner, folder, version });
    }
  }
}

const isFolder = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isDirectory() ?? false;

/** Null for what is no file, or is gone. */
export async function versionOf(file: string): Promise<string | null> {
  const found = await stat(file, { bigint: true }).catch(() => null);
  return found?.isFile() ? `${found.ino}:${found.size}:${found.mtimeNs}` : null;
}
