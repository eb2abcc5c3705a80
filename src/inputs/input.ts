import { cosineNotes, labelNotes } from "../documents/index.ts";
import { InputError, inputError } from "../errors.ts";
import {
  type ArrayFile,
  findArray,
  type Keys,
  type LabelOptions,
  type Labels,
  labelsIn,
  type Opener,
  onlyArray,
  rowBlocks,
  rowsOf,
  type StoredArray,
} from "../features/browser.ts";
import { type Block, blockRows, cosineStream, manyNumbers, type Stream } from "../measure/index.ts";
import type { RowStorage } from "../row-store.ts";
import { readHead } from "./head.ts";
import { logitsIn, refuseOutputs } from "./logits.ts";
import { openedOnce } from "./opened-once.ts";
import type { Places } from "./places.ts";

/** What is measured, open: a stream for the two passes. */
export interface Input extends Stream {
  readonly name: string;
  readonly n: number;
  readonly classNames: readonly string[] | null;
  readonly notes: readonly string[];
  /** What the feature layer takes, in the same blocks; null where nothing was said of it. */
  readonly hidden: Stream | null;
  /** Normalizations that add up to the features, where the head's file is a checkpoint that shows them; else null. */
  readonly branchesAtMost: number | null;
  /** Whether the head has one logit for two classes; `head` is then that of two rows. */
  readonly oneLogit: boolean;
  close(): Promise<void>;
}

/** Opens what is measured. Throws InputError for what is not there, is damaged, or does not go together. */
export async function openInput(places: Places, opener: Opener): Promise<Input> {
  const { close, ...from } = openedOnce(opener);
  try {
    return { ...(await assemble(places, from)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function assemble(places: Places, from: Opener): Promise<Omit<Input, "close">> {
  const { features: file, keys } = places;
  const main = await from.arrays(file);
  const features = findArray(main, "features", keys) ?? onlyArray(main, "features");
  const { n, d } = rowsOf(features);
  if (features.shape.length < 2)
    throw inputError(`${features.what}: shape`, "N x d, a row a sample", features.shape.join(" x ") || "()");
  if (n === 0 || d === 0) throw inputError(`${features.what}: shape`, "at least one sample and one feature", `${n} x ${d}`);
  const notes: string[] = [];
  // A normalized head is made of the one that is read.
  const storage = (numbers: number): RowStorage | undefined =>
    numbers > manyNumbers && !places.cosine ? from.rows?.() : undefined;
  const turned = (what: string, K: number): Promise<void> =>
    refuseOutputs(features, d, { what, K }, () => labelsOf(places, main, { ignore: places.ignore, most: d - 1 }, from));
  // Without a head nothing says how many classes there are: a label far above the number of samples would ask for memory that the data cannot need.
  const mostAlone = Math.max(n, 1000, Math.min(2 ** 16, Math.floor(2 ** 24 / d))) - 1;
  const found = await headIn(places, main, d, {
    open: from.arrays,
    storage,
    notes,
    whenTurned: turned,
    classes: () => classesOf(places, main, mostAlone, from),
  }).catch(async (error) => {
    // A head that does not fit is not what is wrong where rows and columns of the features are exchanged.
    if (!(error instanceof InputError)) throw error;
    refuseTransposed(features, await labelCount(places, main, from));
    const words = flattened(features);
    throw words ? new InputError(`${error.message}; ${words}`) : error;
  });
  const head = found?.head ?? null;
  // A head of as many columns takes them all: then this is what enters it.
  const words = head ? null : flattened(features);
  if (words) notes.push(words);
  const most = head ? head.b.length - 1 : mostAlone;
  const labels = await labelsOf(places, main, { ignore: places.ignore, most }, from);
  refuseTransposed(features, labels.n);
  if (labels.n !== n)
    throw inputError(`${labels.what}: labels`, `${n}, one a row of ${features.what} (read as ${labels.how})`, labels.n);
  const K = head ? head.b.length : labels.classes;
  if (labels.ignored === n) throw inputError(`${labels.what}: labels`, "samples that belong to a class", `${n} labels to ignore`);
  notes.push(...labelNotes(labels, K, head !== null, places.ignore));
  const outputs = d === K ? await logitsIn(features, labels, d) : null;
  if (outputs) notes.push(`${features.what}: the features ${outputs}. Neural collapse is measured on what enters the last layer`);
  if (places.cosine && found?.oneLogit) throw new InputError("--head cosine: expected a head with a row a class, got one logit");
  if (places.cosine && !head) throw new InputError("--head cosine: expected a head (--head-weight FILE), got none");
  if (places.cosine) notes.push(...cosineNotes(places.cosine.scale, d === K));
  if (K * d > 2 ** 29) throw inputError("classes x features", `at most ${2 ** 29} numbers a matrix`, `${K} x ${d}`);
  const hidden = places.hidden === undefined ? null : await hiddenArray(places.hidden, { keys, n, K, what: features.what }, from);
  const p = hidden ? rowsOf(hidden).d : 0;
  const step = blockRows(K, d, p);
  const input: Omit<Input, "close"> = {
    name: file,
    n,
    d,
    K,
    head,
    classNames: labels.names,
    notes,
    branchesAtMost: found?.branchesAtMost ?? null,
    oneLogit: found?.oneLogit ?? false,
    storage: storage(K * d),
    blocks: (from, to) => blocksOf(features, labels, from, to, step),
    hidden: hidden && { d: p, K, head: null, blocks: (from, to) => blocksOf(hidden, labels, from, to, step) },
  };
  return places.cosine ? cosineStream(input, places.cosine.scale) : input;
}

/** Rows of an array with their labels, those without a class left out. */
async function* blocksOf(
  array: StoredArray,
  labels: Labels,
  from: number,
  to: number,
  step: number,
): AsyncGenerator<Block & { first: number }> {
  const { d } = rowsOf(array);
  const columns = labels.blocks(from, to, step)[Symbol.asyncIterator]();
  try {
    for await (const rows of rowBlocks(array, from, to, step)) {
      const next = await columns.next();
      const block = { n: rows.n, first: rows.first, features: rows.values, labels: next.value as ArrayLike<number> };
      yield labels.ignored === 0 ? block : withoutIgnored(block, d);
    }
  } finally {
    await columns.return?.();
  }
}

/** What the feature layer takes, as many rows as the features have. */
async function hiddenArray(
  file: string,
  { keys, n, K, what }: { keys: Keys; n: number; K: number; what: string },
  from: Opener,
): Promise<StoredArray> {
  const { arrays } = from;
  const at = await arrays(file);
  const found = findArray(at, "hidden", keys) ?? onlyArray(at, "hidden");
  const shape = found.shape.join(" x ") || "()";
  if (found.shape.length < 2) throw inputError(`${found.what}: shape`, "N x p, a row a sample", shape);
  const { n: rows, d: p } = rowsOf(found);
  if (rows !== n || p === 0)
    throw inputError(`${found.what}: shape`, `${n} rows of at least one number, one a row of ${what}, in its order`, shape);
  if (K * p > 2 ** 29) throw inputError("classes x hidden values", `at most ${2 ** 29} numbers a matrix`, `${K} x ${p}`);
  return found;
}

async function labelsOf(places: Places, main: ArrayFile, options: LabelOptions, from: Opener): Promise<Labels> {
  const { labels: place, keys } = places;
  if (place !== undefined) return from.labels(place, keys, options, from.arrays);
  const labels = main.kind === "npy" ? null : await labelsIn(main, keys, options, false);
  if (!labels) throw new InputError(`--labels: expected a file, or labels in ${main.file} (--keys labels=NAME), got neither`);
  return labels;
}

/** How many labels there are; null where they cannot be read. */
async function labelCount(places: Places, main: ArrayFile, from: Opener): Promise<number | null> {
  try {
    return (await labelsOf(places, main, { ignore: places.ignore }, from)).n;
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

/** In words, where features have tokens or positions, all of which are taken as one row; null where they have none. */
function flattened(array: StoredArray): string | null {
  const { what, shape } = array;
  if (shape.slice(1).filter((size) => size !== 1).length < 2) return null;
  return `${what}: ${shape.join(" x ")} was flattened to ${rowsOf(array).d} features a sample. Where the head takes one vector a sample, measure that one: a token (--keys features=NAME[:,0] takes the first), or the mean over tokens or positions`;
}

/** Throws InputError where there is a label for every column of the features and not for every row. */
function refuseTransposed({ what, shape }: StoredArray, labels: number | null): void {
  if (shape.length === 2 && labels === shape[1] && labels !== shape[0])
    throw inputError(
      `${what}: shape`,
      `${labels} rows, one for each of the ${labels} labels (transposed? A row is a sample: save features.T)`,
      shape.join(" x "),
    );
}

/** How many classes the labels have; null where they cannot be read (what is wrong with them is said when they are read in earnest). */
export async function classesOf(places: Places, main: ArrayFile, most: number, from: Opener): Promise<number | null> {
  try {
    return (await labelsOf(places, main, { ignore: places.ignore, most }, from)).classes;
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

/** The head that the options say, or that is beside the features. */
async function headIn(
  { weight, bias, keys, headless }: Places,
  main: ArrayFile,
  d: number,
  how: Pick<Parameters<typeof readHead>[0], "open" | "storage" | "notes" | "whenTurned" | "classes">,
): ReturnType<typeof readHead> {
  if (headless) return null;
  const from = weight === undefined ? main : await how.open(weight);
  return readHead({ from, stated: weight !== undefined, keys, d, biasFile: bias, ...how });
}

/** The samples of a block that belong to a class. */
function withoutIgnored(block: Block & { first: number }, d: number): Block & { first: number } {
  const kept = Array.from({ length: block.n }, (_, i) => i).filter((i) => block.labels[i] >= 0);
  const features = block.features.slice(0, kept.length * d);
  for (const [i, from] of kept.entries()) features.set(block.features.subarray(from * d, (from + 1) * d), i * d);
  return {
    n: kept.length,
    first: block.first,
    features,
    labels: kept.map((i) => block.labels[i]),
    rows: kept.map((i) => block.first + i),
  };
}
