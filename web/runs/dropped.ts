import { canHoldArraysHere, endingsHere, isReadElsewhere, unpackedName } from "../../src/features/browser.ts";
import { quoted } from "../measuring/question.ts";
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
  /** What is not read here, and where it is; what is left out; or that nothing is anything. */
  problems: readonly string[];
}

/** Text that can hold labels; JSON is a document. */
const isLabelText = (path: string): boolean => /\.(csv|tsv|txt)$/i.test(unpackedName(path));

export function sorted(dropped: readonly Dropped[]): Sorted {
  const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);
  const runs = new Set(dropped.flatMap(({ path }) => (/(^|\/)run\.json$/.test(path) ? [folderOf(path)] : [])));
  // What a run folder holds beside its record is the run's: its checkpoint, its arrays, its table.
  const beside = ({ path }: Dropped): boolean => path.includes("/") && [...runs].some((folder) => path.startsWith(folder));
  // In a folder of runs lie tables of a sweep, and whatever else its owner keeps there.
  const above = ({ path }: Dropped): boolean =>
    path.includes("/") && [...runs].some((run) => run !== "" && run.startsWith(folderOf(path)));
  const texts = dropped.filter(({ path }) => /\.jsonl?$/i.test(path) && !isReadElsewhere(path));
  const others = dropped.filter((one) => !texts.includes(one) && !beside(one));
  const measured = others.filter((one) => !above(one));
  const arrays = measured.filter(({ path }) => canHoldArraysHere(path) || isLabelText(path));
  const namesOf = (files: readonly Dropped[]): string => files.map(({ path }) => path).join(", ");
  const one = (files: readonly Dropped[]): boolean => files.length === 1;
  const unread = measured.filter(({ path }) => isReadElsewhere(path));
  const left = others.filter((file) => above(file) && (canHoldArraysHere(file.path) || isReadElsewhere(file.path)));
  const problems = [
    ...(unread.length > 0
      ? [
          `${namesOf(unread)}: a page measures ${endingsHere} files (.gz too); run \`${commandFor(unread)}\` where ${one(unread) ? "it lies" : "they lie"}, and drop measured.json here`,
        ]
      : []),
    ...(left.length > 0
      ? [
          `${namesOf(left)}: ${one(left) ? "lies" : "lie"} in a folder of runs and ${one(left) ? "is" : "are"} left out: drop ${one(left) ? "it alone" : "them without the runs"} to measure ${one(left) ? "it" : "them"}`,
        ]
      : []),
  ];
  if (problems.length === 0 && texts.length === 0 && arrays.length === 0)
    problems.push(
      `expected a run folder (run.json, metrics.jsonl), a .json of nclab measure or nclab predict, or features to measure (${endingsHere}, .gz too), got ${namesOf(dropped) || "no such file"}`,
    );
  return { texts, arrays, problems };
}

/** What measures files that a page does not read: a network's is the head of features in another file. Labels that lie beside are named by --labels. */
function commandFor(unread: readonly Dropped[]): string {
  const isNetwork = ({ path }: Dropped): boolean =>
    /\.(onnx|keras|weights\.h5|safetensors\.index\.json)(\.gz|\.zst)?$/i.test(path);
  const named = (files: readonly Dropped[]): string[] => files.map(({ path }) => quoted(path));
  const features = named(unread.filter((file) => !isNetwork(file)));
  const [head] = named(unread.filter(isNetwork));
  return [
    "nclab measure",
    ...(features.length > 0 ? features : ["FEATURES"]),
    ...(head === undefined ? [] : [`--head-weight ${head}`]),
    "--json > measured.json",
  ].join(" ");
}

export async function textsOf(dropped: readonly Dropped[]): Promise<Text[]> {
  return Promise.all(dropped.map(async ({ path, file }) => ({ path, text: await file.text() })));
}
