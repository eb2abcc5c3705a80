import { InputError, inputError } from "../errors.ts";
import { onDisk } from "../features/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { documentOf, type Input, listings, type MeasureDocument, openInput, type Places } from "../inputs/index.ts";
import { bothPasses, forTwoRows, frameOf, type MeasureOptions, wantsForce } from "../measure/index.ts";
import type { Command, CommandInput, Values } from "./command.ts";
import { toJson } from "./json.ts";
import { intervalsOf } from "./measure/intervals.ts";
import { describeListing } from "./measure/list.ts";
import { withOod } from "./measure/ood.ts";
import {
  compareOptions,
  hiddenOptions,
  placeOptions,
  readMeasureOptions,
  readPeeledOptions,
  readPlaces,
} from "./measure/options.ts";
import { addPeeled, peeledExit } from "./measure/peeled.ts";
import { stageLines } from "./measure/progress.ts";
import { expand, plotSeveral } from "./measure/several.ts";
import { mergeParts, parseShard, savePart } from "./measure/shard.ts";
import { shardsOptions, submitShards } from "./measure/shards.ts";
import { classesCsv, csv, describe, describeMany } from "./measure/tables.ts";
import { addView, canBeDrawn, picturesOf, readView, viewOptions } from "./measure/view.ts";
import { backendOption, withBackendOf } from "./native.ts";
import { checkPageName, writeAndPrint } from "./outputs.ts";
import { type PictureFile, pictureName, pictureOptions, readPicture } from "./pictures.ts";
import { asOptions } from "./problem-options.ts";
import { threadsOption, useThreadsOf } from "./threads.ts";

/** `nclab measure`: neural collapse of any trained network, from the files that its tools write. */
export const measure: Command = {
  name: "measure",
  summary: "Measures neural collapse from features, labels and head of any network; compares with the prediction.",
  positionals: "[merge PART.npz ... | FILE ...]",
  options: {
    ...placeOptions,
    ...compareOptions,
    ...hiddenOptions,
    list: {
      type: "boolean",
      help: "measure nothing: list every array of the files with shape, type and guessed role, the candidates for the head, and what was skipped and why",
    },
    ...threadsOption,
    ...backendOption,
    json: { type: "boolean", help: "print one JSON document (schema nclab.measurement/1)" },
    csv: { type: "boolean", help: "print a line a file, a column a measure" },
    classes: { type: "string", writes: true, value: "FILE.csv", help: "write the report on every class, ranked" },
    plot: {
      type: "string",
      writes: true,
      value: pictureName,
      help: "one file: a picture of its features (--picture says which); several: the measures against the last number in their names",
    },
    ...viewOptions,
    ...pictureOptions,
    report: {
      type: "string",
      writes: true,
      value: "FILE.html",
      help: "write one page with pictures of the features, and of the Gram matrix, measured, predicted and ETF",
    },
    bootstrap: {
      type: "string",
      value: "B",
      help: "95 % intervals from B replicates, resampled within classes (each costs a measurement)",
    },
    seed: { type: "string", value: "S", help: "seed of the bootstrap, and of the samples in pictures of features (default 0)" },
    shard: { type: "string", value: "i/n", help: "with --save: the second pass over the i-th of n parts of the rows only" },
    save: {
      type: "string",
      writes: true,
      value: "PART.npz",
      help: "write the shard's part; `nclab measure merge PART.npz ...` puts all together",
    },
    ...shardsOptions,
  },
  example: "nclab measure --features features.npy --labels labels.npy --head-weight W.npy --head-bias b.npy --weight-decay 5e-4",
  reads: ({ options, positionals }) => (positionals[0] === "merge" ? [] : expand([...options.texts("features"), ...positionals])),
  run,
};

async function run({ options, positionals }: CommandInput): Promise<number> {
  if (options.flag("json") && options.flag("csv")) throw new InputError("--json: expected either --json or --csv, got both");
  if (options.flag("list")) return list(options, positionals);
  useThreadsOf(options);
  return withBackendOf(options, (ready) => measureAll(options, positionals, ready));
}

/** `ready`: throws where what was asked to multiply cannot; it is called before anything is written. */
async function measureAll(options: Values, positionals: readonly string[], ready: () => void): Promise<number> {
  const progress = stageLines();
  const wanted = { ...readMeasureOptions(options), progress };
  const peeled = readPeeledOptions(options, wanted);
  for (const name of ["hidden", "bootstrap"])
    if (positionals[0] === "merge" && options.text(name) !== undefined)
      throw inputError(`--${name}`, "no parts to merge", "merge");
  if (positionals[0] === "merge") {
    checkReport(options);
    const { document, write } = await merged(positionals.slice(1), options, wanted);
    ready();
    await finishWith([document], options, { write });
    return 0;
  }
  const files = expand([...options.texts("features"), ...positionals]);
  if (files.length === 0) throw new InputError("--features: expected a file, got none");
  if (options.text("shards") !== undefined)
    takesNone(
      options,
      ["report", "plot", "picture", "classes", "save", "shard", "bootstrap"],
      "--shards, whose tasks write parts (merge takes pictures and --classes)",
    );
  if (await submitShards(options, files)) return 0;
  const [shard, save] = [options.text("shard"), options.text("save")];
  if ((shard === undefined) !== (save === undefined))
    throw new InputError("--shard: expected --shard i/n and --save PART.npz together, got one of them");
  if (peeled && files.length > 1) throw inputError("--hidden", "one file of features", files.length);
  const plot = readPicture(options);
  const report = checkReport(options);
  if (report !== undefined && files.length > 1) throw inputError("--report", "one file", files.length);
  const replicates = options.integer("bootstrap", 2);
  const seed = options.integer("seed") ?? 0;
  const view = files.length === 1 ? readView(options) : null;
  if (files.length > 1 && options.text("picture") !== undefined) throw inputError("--picture", "one file", files.length);
  if (shard !== undefined && save !== undefined) {
    takesNone(options, ["classes", "bootstrap"], "--save, which writes a part of a measurement (merge takes --classes)");
    if (files.length > 1) throw inputError("--shard", "one file", files.length);
    const which = parseShard(shard);
    const { from, to } = await withInput(readPlaces(options, files[0]), (input) => {
      ready();
      return savePart(input, which, save, { progress, view: view?.settings });
    });
    console.error(from === to ? `${save}: no rows (there are fewer than shards)` : `${save}: rows ${from} to ${to - 1}`);
    return 0;
  }
  const wantedIn = async ({ d, oneLogit }: Input): Promise<MeasureOptions> => {
    if (oneLogit && peeled) throw inputError("--hidden", "a head with a row a class", "one logit");
    const all = await withOod(options, d, wanted);
    return oneLogit ? asOptions(() => forTwoRows(all)) : all;
  };
  const measured = (file: string): Promise<Measured> =>
    withInput(readPlaces(options, file), async (input) => {
      canBeDrawn(options, view, input);
      const wanted = await wantedIn(input);
      const passes = await bothPasses(input, input.n, progress, { force: wantsForce(wanted), view: view?.settings });
      const document = documentOf(input, passes, wanted);
      ready();
      if (view) await addView(document, passes.view, passes.frame, view, progress);
      if (peeled) await addPeeled(document, input, { ...peeled, progress });
      if (replicates !== undefined) document.intervals = await intervalsOf(input, passes.frame, wanted, { replicates, seed });
      return { document, write: () => picturesOf(options, document, passes.frame, wanted, view) };
    });
  if (files.length > 1) return series(files, measured, options, plot);
  const { document, write } = await measured(files[0]);
  await finishWith([document], options, { write });
  return peeledExit([document], peeled);
}

/** A file's document, and how its pictures and its page are written. */
interface Measured {
  document: MeasureDocument;
  write(): Promise<void>;
}

function checkReport(options: Values): string | undefined {
  const report = options.text("report");
  if (report !== undefined) checkPageName("--report", report);
  return report;
}

/** Files one after the other. One that cannot be used is said and left out, and the exit code is 1; where none can be used, what is wrong with the last is thrown. */
async function series(
  files: readonly string[],
  measured: (file: string) => Promise<Measured>,
  options: Values,
  plot: PictureFile | undefined,
): Promise<number> {
  const documents: MeasureDocument[] = [];
  const failed: { file: string; error: string }[] = [];
  for (const file of files) {
    try {
      documents.push((await measured(file)).document);
      console.error(`${file}: measured`);
    } catch (error) {
      if (!(error instanceof InputError) || (documents.length === 0 && failed.length === files.length - 1)) throw error;
      failed.push({ file, error: error.message });
      console.error(leftOut(file, error.message));
    }
  }
  await finishWith(documents, options, {
    failed,
    write: async () => (plot === undefined ? undefined : plotSeveral(plot, documents)),
  });
  return failed.length > 0 ? 1 : 0;
}

/** The message may be about another file (a head's), so that the file that is left out is named. */
const leftOut = (file: string, error: string): string =>
  error.includes(file) ? `${error}; it is left out` : `${file}: left out: ${error}`;

/** `--list`: what is in the files, nothing measured. */
async function list(options: Values, positionals: readonly string[]): Promise<number> {
  if (options.flag("csv")) throw inputError("--csv", "--list as a table or with --json", "--csv");
  takesNone(
    options,
    ["report", "plot", "picture", "classes", "save", "shard", "shards", "bootstrap", "backend"],
    "--list, which measures nothing",
  );
  const files = [...expand([...options.texts("features"), ...positionals]), options.text("head-weight") ?? []].flat();
  if (files.length === 0) throw new InputError("--list: expected a file, got none");
  const found = await listings([...new Set(files)], (file) => readPlaces(options, file), onDisk);
  console.log(
    options.flag("json") ? toJson({ schema: "nclab.listing/1", ...found }) : found.files.map(describeListing).join("\n\n"),
  );
  for (const { file, error } of found.failed) console.error(leftOut(file, error));
  return found.failed.length > 0 ? 1 : 0;
}

/** Throws InputError where an option is given that would be ignored. */
function takesNone(options: Values, names: readonly string[], beside: string): void {
  for (const name of names)
    if (options.text(name) !== undefined) throw inputError(`--${name}`, `nothing beside ${beside}`, options.text(name));
}

async function merged(files: readonly string[], options: Values, compared: MeasureOptions): Promise<Measured> {
  const view = readView(options);
  const { about, sums, within, head, view: seen } = await mergeParts(files);
  canBeDrawn(options, view, { head, K: sums.counts.length });
  const frame = frameOf(sums);
  const ofRows = about.oneLogit ? asOptions(() => forTwoRows(compared)) : compared;
  const wanted = await withOod(options, sums.d, ofRows);
  const input = { name: about.name, classNames: about.classNames, notes: about.notes, head, branchesAtMost: null };
  const document = documentOf(input, { frame, within }, wanted);
  if (view) await addView(document, seen ?? null, frame, view, wanted.progress);
  return { document, write: () => picturesOf(options, document, frame, wanted, view) };
}

async function withInput<T>(places: Places, use: (input: Input) => Promise<T>): Promise<T> {
  const input = await openInput(places, onDisk);
  try {
    return await use(input);
  } finally {
    await input.close();
  }
}

/** `failed`: files of a series that could not be used; null where one file was asked for. */
async function finishWith(
  documents: readonly MeasureDocument[],
  options: Values,
  { write, failed = null }: { write: () => Promise<void>; failed?: readonly { file: string; error: string }[] | null },
): Promise<void> {
  const classes = options.text("classes");
  await writeAndPrint(
    async () => {
      await write();
      if (classes !== undefined) await writeFileAtomic(classes, `${classesCsv(documents)}\n`);
    },
    () => printed(documents, options, failed),
  );
}

function printed(
  documents: readonly MeasureDocument[],
  options: Values,
  failed: readonly { file: string; error: string }[] | null,
): void {
  if (options.flag("csv")) console.log(csv(documents));
  else if (options.flag("json"))
    console.log(toJson(failed ? { schema: "nclab.measurements/1", measurements: documents, failed } : documents[0]));
  else console.log(failed ? describeMany(documents) : describe(documents[0]));
}
