import { canHoldFeaturesHere, endingsHere } from "../../src/features/browser.ts";
import type { Text } from "./read.ts";

/** A file that was dropped, by its path within what was dropped. */
export interface Dropped {
  path: string;
  file: File;
}

/** What dropped files are: documents and runs, which are read, and arrays and labels, which are measured. */
export interface Sorted {
  texts: readonly Dropped[];
  arrays: readonly Dropped[];
  /** What a page does not read, and what does; or that nothing is anything. */
  problem: string | null;
}

/** Text that can hold labels; JSON is a document. */
const isLabelText = (path: string): boolean => /\.(csv|tsv|txt)$/i.test(path);

export function sorted(dropped: readonly Dropped[]): Sorted {
  const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);
  const runs = new Set(dropped.flatMap(({ path }) => (/(^|\/)run\.json$/.test(path) ? [folderOf(path)] : [])));
  // What a run folder holds beside its record is the run's: its checkpoint, its arrays, its table.
  const beside = (path: string): boolean => path.includes("/") && [...runs].some((folder) => path.startsWith(folder));
  const inSweep = ({ path }: Dropped): boolean =>
    [...runs].some((run) => run !== "" && run.startsWith(folderOf(path)) && path.includes("/"));
  const texts = dropped.filter(({ path }) => /\.jsonl?$/i.test(path));
  const others = dropped.filter((one) => !texts.includes(one) && !beside(one.path) && !inSweep(one));
  const arrays = others.filter(({ path }) => canHoldFeaturesHere(path) || isModel(path) || isLabelText(path));
  const unread = others.filter(({ path }) => onCommandLine.test(path)).map(({ path }) => path);
  const nothing = texts.length === 0 && arrays.length === 0;
  return {
    texts,
    arrays,
    problem:
      unread.length > 0
        ? `${unread.join(", ")}: a page measures ${endingsHere} files; \`nclab measure\` reads ${unread.length === 1 ? "this one" : "these"} too, and its --json can be dropped here`
        : nothing
          ? `expected a run folder (run.json, metrics.jsonl), a .json of nclab measure or nclab predict, or features to measure (${endingsHere}), got ${dropped.map(({ path }) => path).join(", ") || "no such file"}`
          : null,
  };
}

/** Formats and packings whose readers need the command line. */
const onCommandLine = /\.(h5|hdf5|he5|mat|keras|onnx|parquet|pq|arrow|feather|ipc|gz|zst)$/i;

/** Files of networks, which have a head and may hold features too. */
const isModel = (path: string): boolean => /\.(ckpt|bin|pkl|pickle)$/i.test(path);

export async function textsOf(dropped: readonly Dropped[]): Promise<Text[]> {
  return Promise.all(dropped.map(async ({ path, file }) => ({ path, text: await file.text() })));
}
