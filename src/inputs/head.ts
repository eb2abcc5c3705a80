import { ofOptimizer } from "../endings/index.ts";
import { InputError, inputError } from "../errors.ts";
import {
  type ArrayFile,
  findArray,
  fittingArrays,
  headMatrix,
  headToStorage,
  isHeadName,
  isSampleArray,
  type Keys,
  matrixShape,
  onlyArray,
  readWhole,
  type StoredArray,
  wholeArrays,
} from "../features/browser.ts";
import { checkHead, type Head, oneLogitNote, storedHead, twoRows } from "../measure/index.ts";
import type { RowStorage } from "../row-store.ts";
import { branchesIn } from "./branches.ts";
import { adapterNotes, graphNotes, parametrizedNotes, rowPerClass, sameShape } from "./other-heads.ts";

/** What is needed to find a head. */
export interface HeadWanted {
  /** The file of the head, or of the features, which may hold it too. */
  from: ArrayFile;
  /** Whether somebody said that the head is in that file. */
  stated: boolean;
  keys: Keys;
  /** Columns of the features. */
  d: number;
  /** How many classes the labels have; null where there are none that can be read. Asked for only where no name is a head's, or the head that is named may be another task's. */
  classes(): Promise<number | null>;
}

/** The head's weight and bias as arrays of their files, with notes on how they were found; null where there is none. */
export async function headWeight(wanted: HeadWanted): Promise<{ weight: StoredArray; name: string; notes: string[] } | null> {
  const { from, stated, keys, d } = wanted;
  const notes: string[] = [];
  let weight = findArray(from, "weight", keys);
  if (!weight && wholeArrays(from).length > 1) {
    const found = headByShape(from, d, await wanted.classes());
    weight = found?.array;
    if (found) notes.push(found.note);
  }
  if (!weight) refuseStack(from, d);
  if (!weight && stated) weight = onlyArray(from, "weight", d);
  if (!weight) return null;
  const base = weight.part ?? weight;
  const name = [...from.arrays].find(([, array]) => array === base)?.[0] ?? "";
  if (notes.length === 0 && keys.weight === undefined) {
    const taken = { name, weight };
    const candidates = headCandidates(from, d);
    notes.push(
      ...sameShape(from, taken, candidates, d),
      ...(await rowPerClass(from, taken, candidates, { d, classes: wanted.classes })),
    );
  }
  if (keys.weight === undefined) notes.push(...graphNotes(from, name, weight));
  notes.push(...adapterNotes(from, name), ...parametrizedNotes(from, name));
  return { weight, name, notes };
}

/** Heads of an ensemble or of several tasks in one array, T x K x d: which is meant would be a guess. */
function refuseStack({ file, arrays }: ArrayFile, d: number): void {
  const stack = [...arrays].find(
    ([name, { shape, aside }]) => !aside && shape.length === 3 && shape[2] === d && isHeadName(name),
  );
  if (!stack) return;
  const [name, { shape }] = stack;
  throw inputError(
    `${file}, ${name}: shape`,
    `K x ${d}, a row a class, or one of a stack of heads (--keys weight=${name}[0] is the first of ${shape[0]}; --head none measures without a head)`,
    shape.join(" x "),
  );
}

/** Means that a training keeps beside its head have the head's shape. */
const statistics = /(^|[._/])(class_?)?(means?|cent(er|re|roid)s?|mu|averages?)$/i;

/** What LoRA adds to a weight, of as many columns. */
const adapters = /(^|[._/])lora_\w+([._/]|$)/;

/** The arrays that can be the head of features with `d` columns by their shape, the likeliest first, and how many classes each would have. */
export function headCandidates(file: ArrayFile, d: number): { name: string; array: StoredArray; K: number }[] {
  return fittingArrays(file, "weight", d)
    .filter(([name]) => !ofOptimizer(name) && !isSampleArray(name) && !statistics.test(name) && !adapters.test(name))
    .map(([name, array]) => {
      const [rows, columns] = matrixShape(array.shape) as [number, number];
      return { name, array, K: columns === d ? rows : columns };
    });
}

/** The only array with a row a class; null where there is none. Throws InputError where there are several: which it is would be a guess. */
function headByShape(file: ArrayFile, d: number, classes: number | null): { array: StoredArray; note: string } | null {
  const all = headCandidates(file, d);
  const fitting = all.filter(({ K }) => K === classes);
  if (fitting.length > 1)
    throw inputError(
      `${file.file}: weight`,
      `--keys weight=NAME to choose, or --head none (no name is a head's; by shape, ${classes} classes and ${d} columns, it can be any of these)`,
      fitting.map(({ name, array }) => `${name} ${array.shape.join(" x ")}`).join(", "),
    );
  if (fitting.length === 0) return null;
  const [{ name, array }] = fitting;
  const others = all.length === 1 ? "" : `, of ${all.length} with ${d} columns`;
  return {
    array,
    note: `${file.file}: ${name} ${array.shape.join(" x ")} was taken as the head's weight: no name is a head's, and it is the only array with a row for each of the ${classes} classes${others} (--keys weight=NAME takes another, --head none none; --list shows all)`,
  };
}

/** The head of the features, read; null where there is none. */
export async function readHead(
  wanted: HeadWanted & {
    biasFile: string | undefined;
    open: (file: string) => Promise<ArrayFile>;
    notes: string[];
    /** Where a matrix of so many numbers lies; undefined: in memory. */
    storage: (numbers: number) => RowStorage | undefined;
    whenTurned: (weight: string, K: number) => Promise<void>;
  },
): Promise<{ head: Head; oneLogit: boolean; branchesAtMost: number | null } | null> {
  const { from, stated, keys, d, biasFile, open, notes } = wanted;
  if (!stated && biasFile !== undefined) throw new InputError("--head-bias: expected --head-weight beside it, got none");
  if (!stated && from.kind === "npy") return null;
  const found = await headWeight(wanted);
  if (!found) return null;
  const { weight, name } = found;
  notes.push(...found.notes);
  const { K, transposed, withBias } = await weightRead(weight, { name, d, storage: wanted.storage });
  // One logit has no outputs that the features could be.
  if (transposed && K > 1) await wanted.whenTurned(weight.what, K);
  if (transposed) notes.push(`${weight.what}: ${d} x ${K} was read as the transpose of a head of ${K} classes`);
  const biasIn = biasFile === undefined ? from : await open(biasFile);
  // The bias stands beside the weight, however that was found.
  const beside = keys.weight === undefined && found.notes.length > 0 ? { ...keys, weight: name } : keys;
  const bias =
    findArray(biasIn, "bias", biasFile === undefined ? beside : { bias: keys.bias }) ??
    (biasFile === undefined ? undefined : onlyArray(biasIn, "bias"));
  if (!bias) notes.push(`${weight.what}: no bias was found beside it (--keys bias=NAME or --head-bias FILE gives one): b is 0`);
  const b = bias ? (await readWhole(bias)).data : new Float64Array(K);
  const stored = withBias(b);
  checkHead(stored, K, d, { weight: weight.what, bias: bias?.what });
  const oneLogit = K === 1;
  if (oneLogit) notes.push(`${weight.what}: ${oneLogitNote}`);
  const head = oneLogit ? twoRows(stored) : stored;
  return { head, oneLogit, branchesAtMost: await branchesIn(from, { name, classes: K, width: d }) };
}

/** The weight of a head, read to where it lies from then on. */
async function weightRead(
  weight: StoredArray,
  { name, d, storage }: { name: string; d: number; storage: (numbers: number) => RowStorage | undefined },
): Promise<{ K: number; transposed: boolean; withBias: (b: Float64Array) => Head }> {
  const beside = storage(weight.shape.reduce((product, n) => product * n, 1));
  const rows = beside ? await headToStorage(weight, name, d, beside) : null;
  if (rows) return { K: rows.n, transposed: false, withBias: (b) => storedHead(rows, b) };
  const { K, W, transposed } = await headMatrix(weight, name, d);
  return { K, transposed, withBias: (b) => ({ W, b }) };
}
