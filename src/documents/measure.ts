import { InputError, inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import {
  addToOodMean,
  type ClassMeasurement,
  checkHead,
  type FeatureView,
  forTwoRows,
  type Head,
  headWarning,
  type InMemory,
  type MeasureOptions,
  measureClasses,
  oneLogitNote,
  type Peeled,
  twoRows,
  type ViewSettings,
} from "../measure/index.ts";
import { branchNotes, type ComparisonInput, comparisonKeys, comparisonOf } from "./comparison.ts";
import { labelNotes } from "./label-notes.ts";
import { type CheckedLabels, checkedLabels, checkedNames, type LabelNumbers, mostClasses } from "./labels.ts";
import { flat, type Numbers, rowsIn, someRows } from "./rows.ts";
import { viewIn, viewSettings } from "./view.ts";

/** What `measure` takes: features, labels and head in memory, and what to compare with, by the names of `nclab measure`. */
export interface MeasureInput extends ComparisonInput {
  /** n x d: a row a sample. */
  features: Numbers;
  /** n class numbers, from 0 on. */
  labels: LabelNumbers;
  /** Samples with this label belong to no class and are left out. */
  ignoreLabel?: number;
  /** K x d: the weights of the last layer (1 x d: one logit of two classes); without them Z, NC3, NC4 and the comparison are null. */
  headWeight?: Numbers;
  /** Its K biases (default 0), one for one logit. */
  headBias?: ArrayLike<number>;
  /** "cosine": a normalized head (default "linear"). */
  head?: "linear" | "cosine";
  /** With a cosine head: what the loss multiplies the cosines by (default 1). */
  scale?: number;
  /** Features of samples from elsewhere (out of distribution), rows of d numbers: gives `nc5`. */
  ood?: Numbers;
  /** Names of the classes. */
  classNames?: readonly string[] | null;
  /** A view of the features, for their picture (nclab/pictures): true, or its settings. Gives `view`. */
  view?: boolean | ViewSettings;
}

const keys: Record<keyof MeasureInput, true> = {
  ...comparisonKeys,
  features: true,
  labels: true,
  ignoreLabel: true,
  headWeight: true,
  headBias: true,
  head: true,
  scale: true,
  ood: true,
  classNames: true,
  view: true,
};

/** The document of `nclab measure` (schema nclab.measurement/1): the measurement, and a report on every class. */
export interface MeasurementDocument extends ClassMeasurement {
  /** Where the features come from; null: out of memory. */
  file: string | null;
  /** As given. */
  classNames: readonly string[] | null;
  /** Intervals of the scalar measures, where they were asked for (`nclab measure --bootstrap`). */
  intervals: Intervals | null;
  /** The problem of the last two layers, where it was asked for (`nclab measure --hidden`). */
  peeled: Peeled | null;
  /** The features as a picture shows them, where that was asked for. */
  view: FeatureView | null;
}

/** Intervals of the scalar measures, by name; a measure that is undefined for some replicate has none. */
export interface Intervals {
  /** How they were made. */
  kind: string;
  /** Share of the replicates within. */
  level: number;
  /** How many replicates. */
  replicates: number;
  /** Of the random numbers. */
  seed: number;
  /** Both ends, by the names of the measures. */
  of: Record<string, { low: number; high: number }>;
}

/**
 * Measures features in memory: the document that `nclab measure --json` prints of the same numbers in files, with `file` null. Every key is checked, unknown ones are refused. Throws InputError.
 */
export function measureFrom(given: MeasureInput): MeasurementDocument {
  checkKeys(given, keys, "measure");
  const { scale } = given;
  const cosine = cosineOf(given);
  const stated = comparisonOf(given);
  const view = viewSettings(given);
  const { n, all, d } = rowsIn(given);
  const { head, oneLogit } = headOf(given, d);
  const comparison = oneLogit ? forTwoRows(stated) : stated;
  const { labels, ignored, counts } = labelsOf(given, head?.b.length);
  const K = counts.length;
  const classNames = checkedNames(given.classNames, K);
  const kept = ignored === 0 ? null : labels.flatMap((k, i) => (k >= 0 ? [i] : []));
  const data: InMemory = {
    features: kept ? someRows(all, d, kept) : all,
    labels: labels.filter((k) => k >= 0),
    d,
    K,
    head: head ?? undefined,
    cosine: cosine ? { scale } : undefined,
  };
  const measurement = measureClasses(data, {
    ...comparison,
    branches: comparison.branches && { ...comparison.branches, atMost: null },
    names: classNames,
    oodMean: given.ood === undefined ? undefined : meanOf(given.ood, d, cosine),
  });
  const about = { what: "labels", n, counts, ignored, names: null, order: null, how: "as class numbers" };
  const notes = [
    ...(oneLogit ? [`headWeight: ${oneLogitNote}`] : []),
    ...labelNotes(about, K, head !== null, given.ignoreLabel),
    ...(cosine ? cosineNotes(scale, d === K) : []),
  ];
  const document = measurementDocument(measurement, { file: null, classNames, notes }, comparison);
  return view ? { ...document, view: viewIn(data, view, kept) } : document;
}

/** The document of a measurement. `notes`: what should be known of its input. */
export function measurementDocument(
  measurement: ClassMeasurement,
  { file, classNames, notes }: { file: string | null; classNames: readonly string[] | null; notes: readonly string[] },
  options: MeasureOptions,
): MeasurementDocument {
  const ofBranches = measurement.branches ? branchNotes(measurement.branches, options) : [];
  const isFirst = (note: string): boolean => note.startsWith(headWarning);
  const [first, others] = [measurement.notes.filter(isFirst), measurement.notes.filter((note) => !isFirst(note))];
  return {
    ...measurement,
    notes: [...first, ...notes, ...others, ...ofBranches],
    file,
    classNames,
    intervals: null,
    peeled: null,
    view: null,
  };
}

function meanOf(rows: Numbers, d: number, unit: boolean): Float64Array {
  const given = flat(rows, "ood", { columns: d });
  const n = given.length / d;
  if (n === 0) throw inputError("ood", "at least one row", "none");
  const mean = new Float64Array(d);
  addToOodMean(mean, given, { n, d, unit }, "ood");
  return mean;
}

function cosineOf({ head = "linear", scale, headWeight }: MeasureInput): boolean {
  if (head !== "linear" && head !== "cosine") throw inputError("head", "linear or cosine", head);
  if (scale !== undefined && head !== "cosine") throw inputError("scale", "a cosine head beside it", head);
  if (head === "cosine" && headWeight === undefined)
    throw new InputError("head: expected headWeight beside a cosine head, got none");
  return head === "cosine";
}

function headOf({ headWeight, headBias, head: kind }: MeasureInput, d: number): { head: Head | null; oneLogit: boolean } {
  if (headWeight === undefined) {
    if (headBias !== undefined) throw new InputError("headBias: expected headWeight beside it, got none");
    return { head: null, oneLogit: false };
  }
  const W = Float64Array.from(flat(headWeight, "headWeight", { columns: d }));
  const K = W.length / d;
  if (headBias !== undefined && headBias.length !== K) throw inputError("headBias", `${K} numbers, one a class`, headBias);
  const head = { W, b: headBias === undefined ? new Float64Array(K) : Float64Array.from(headBias) };
  if (K > 1) return { head, oneLogit: false };
  if (kind === "cosine") throw inputError("head", "a head with a row a class beside cosine", "one logit");
  checkHead(head, 1, d, { weight: "headWeight", bias: "headBias" });
  return { head: twoRows(head), oneLogit: true };
}

/** `classes`: how many there are, where a head says so. */
function labelsOf({ labels, ignoreLabel }: MeasureInput, classes: number | undefined): CheckedLabels {
  const n = labels.length;
  const most = (classes ?? Math.min(mostClasses, Math.max(n, 1000))) - 1;
  const found = checkedLabels(labels, ignoreLabel, {
    most,
    classes,
    because: classes === undefined ? "" : ", as the head has rows",
  });
  if (found.ignored === n) throw inputError("labels", "samples that belong to a class", `${n} labels to ignore`);
  return found;
}

/** What a person should know of a cosine head. `square`: whether its weight is. */
export function cosineNotes(scale: number | undefined, square: boolean): string[] {
  const unsaid = " (--scale S says what the loss multiplied by: Z, margins, probabilities and the cross-entropy depend on it)";
  return [
    `cosine head: features and rows of the head are measured at length 1, the rows times ${scale ?? 1}${scale === undefined ? unsaid : ""}`,
    ...(square
      ? [
          "cosine head: a square weight is read as K x d, a row a class, unless its name says otherwise; LDAM's NormedLinear stores d x K",
        ]
      : []),
  ];
}
