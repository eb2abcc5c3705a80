import { inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import type { LossName } from "../loss/index.ts";
import { norm2 } from "../math/index.ts";
import { format } from "../number-text.ts";
import {
  type ClassGeometry,
  classGeometry,
  leastLogit,
  measuredOffsets,
  type Nearness,
  type PredictionSummary,
  sameShare,
  shortShare,
  summarize,
  summarized,
} from "../prediction/index.ts";
import { problem, type RegularizationInput } from "../problem/index.ts";
import { type BranchesInput, branchesOf } from "./branches.ts";
import { collapse } from "./collapse.ts";
import { comparison } from "./compare.ts";
import { measuredDistances } from "./distances.ts";
import { duality } from "./duality.ts";
import { type Effective, effectiveOf, restResidual } from "./effective.ts";
import { effectiveRank } from "./effective-rank.ts";
import { addToSums, type ClassSums, emptySums } from "./first-pass.ts";
import { type Frame, frameOf } from "./frame.ts";
import type { Head } from "./head.ts";
import { checkedData, type InMemory } from "./in-memory.ts";
import { addLogitEvidence, logitsNote } from "./logits.ts";
import { type MeansGeometry, meansGeometry } from "./means.ts";
import type { ClassMeasurement, Measurement } from "./measurement.ts";
import { classReports } from "./per-class.ts";
import { nearPredictions, type Predictions, scanPredictions } from "./predictions.ts";
import { type StageProgress, stage } from "./progress.ts";
import { addToWithin, emptyWithin, type HeadSums, type Within } from "./second-pass.ts";
import { type SharedDirections, sharedDirections } from "./shared.ts";
import { shots } from "./shots.ts";
import { blockDeviation, equalCounts } from "./structure.ts";

/** What to compare with. */
export interface MeasureOptions {
  /** Weight decay of the head, lambda_W in the paper's convention: gives `effective`. */
  weightDecay?: number;
  /** Compare with the prediction at these lambdas. */
  lambdas?: RegularizationInput;
  /** Compare with the prediction at the effective lambdas (labelled so). */
  compareEffective?: boolean;
  /** The lambda_b of that prediction (paper's convention); default: the weight decay where the head has a bias, else no bias. */
  lambdaB?: number;
  /** The network's features come out of batch normalizations and weight decay alone trained it: gives `branches`. */
  branches?: BranchesInput;
  /** Compare with the prediction for nonnegative features. */
  nonnegative?: boolean;
  /** What the network was trained with (default cross-entropy). */
  loss?: LossName;
  /** Mean of features from elsewhere (out of distribution), d numbers: gives `nc5`. */
  oodMean?: ArrayLike<number>;
  /** Names of the classes. */
  names?: readonly string[] | null;
  /** Told how far the work on pairs of classes is. */
  progress?: StageProgress;
}

const optionKeys: Record<keyof MeasureOptions, true> = {
  weightDecay: true,
  lambdas: true,
  compareEffective: true,
  lambdaB: true,
  branches: true,
  nonnegative: true,
  loss: true,
  oodMean: true,
  names: true,
  progress: true,
};

/** Measures features that are in memory. Throws InputError, for keys that nothing would read too. */
export function measureFeatures(data: InMemory, options: MeasureOptions = {}): Measurement {
  checkKeys(options, optionKeys, "options");
  return measured(data, wantsForce(options), (...states) => finish(...states, options));
}

/** The same, and class by class. */
export function measureClasses(data: InMemory, options: MeasureOptions = {}): ClassMeasurement {
  checkKeys(options, optionKeys, "options");
  return measured(data, wantsForce(options), (...states) => finishWithClasses(...states, options));
}

/** Whether these options need the force on the head (`SecondPassOptions`). */
export const wantsForce = ({ weightDecay, loss = "cross-entropy" }: Pick<MeasureOptions, "weightDecay" | "loss">): boolean =>
  weightDecay !== undefined && loss === "cross-entropy";

function measured<M extends Measurement>(
  data: InMemory,
  force: boolean,
  end: (frame: Frame, within: Within, head: Head | null) => M,
): M {
  const { K, d, head, blocks } = checkedData(data);
  const sums: ClassSums = emptySums(K, d);
  const evidence = { seen: 0, right: 0, negative: false };
  for (const block of blocks()) {
    addToSums(sums, block, block.first);
    if (d === K) addLogitEvidence(evidence, block, d);
  }
  const frame = frameOf(sums);
  const within = emptyWithin(frame, head, { force });
  for (const block of blocks()) addToWithin(within, frame, head, block);
  const measurement = end(frame, within, head);
  const words = d === K ? logitsNote(evidence, K) : null;
  if (words) measurement.notes.push(`features: they ${words}`);
  return measurement;
}

/** Up to this many classes Z is kept, K x K numbers; beyond it a document would not fit into memory. */
export const mostPredictions = 2000;

/** The measurement from the states of both passes. */
export function finish(frame: Frame, within: Within, head: Head | null, options: MeasureOptions = {}): Measurement {
  return finishing(frame, within, head, options).measurement;
}

/** The same, and class by class. */
export function finishWithClasses(
  frame: Frame,
  within: Within,
  head: Head | null,
  options: MeasureOptions = {},
): ClassMeasurement {
  const { measurement, means, predictions, nearness } = finishing(frame, within, head, options);
  const near = nearness();
  const merged = near ? near.groups : means.merged;
  const classes = classReports(frame, within, { means, predictions, near, merged, names: options.names ?? null });
  const { Z, b } = measurement;
  return {
    ...measurement,
    merged,
    vanished: classes.filter((c) => c.vanished).map((c) => c.class),
    rule: { merged: sameShare, vanished: shortShare, leastLogit },
    classes,
    summary: head && summarized(classes, Z && b && measuredOffsets(Z, b)),
  };
}

function finishing(
  frame: Frame,
  within: Within,
  head: Head | null,
  options: MeasureOptions,
): { measurement: Measurement; means: MeansGeometry; predictions: Predictions | null; nearness: () => Nearness | null } {
  const { progress } = options;
  const notes: string[] = [];
  const note = (text: string): void => {
    if (!notes.includes(text)) notes.push(text);
  };
  if (frame.N === 0) throw inputError("features", "at least one sample", 0);
  if (frame.K < 2) throw inputError("classes", "at least 2", frame.K);
  if (!head) note("no head: Z, b, nc3, nc4 and the comparison need one");
  const means = meansGeometry(frame, within, stage(progress, "pairs of class means"));
  const other = options.loss !== undefined && options.loss !== "cross-entropy" ? options.loss : null;
  if (other && options.weightDecay !== undefined)
    note(
      `no effective regularization: whether the head is at rest is told by the residuals of cross-entropy, and this one was trained with the loss ${other}`,
    );
  const effective =
    head && options.weightDecay !== undefined && !other ? effectiveOf(frame, within, head, options.weightDecay, note) : null;
  if (effective && effective.stationarityResidual > restResidual)
    notes.unshift(
      `effective: the head is not at rest under this weight decay (stationarity residual ${format(effective.stationarityResidual, 3)}, above ${restResidual}): its lambdas mean nothing here. ${
        options.lambdas?.ends === undefined
          ? "They are a diagnostic where features are penalized; for a network that weight decay alone regularizes --weight-decay X --ends batch-norm or batch-norm-relu gives the prediction"
          : "The network is not at the minimum that the prediction is of: trained too short, or with another decay or ending"
      }`,
    );
  const prediction = head && predictionFor(frame, head, effective, options, note);
  const beside = prediction && comparison(prediction.summary);
  const clusters = equalCounts(frame.counts);
  const deviation = blockDeviation(clusters);
  const keep = head !== null && frame.K <= mostPredictions;
  if (head && !keep)
    note(`Z is left out: it has ${frame.K} x ${frame.K} numbers, and up to ${mostPredictions} classes are written`);
  const Z: (number | null)[][] | null = keep ? emptyPredictions(frame.K) : null;
  const dual = head && duality(frame, head);
  const predictions =
    head &&
    scanPredictions(
      frame,
      head,
      clusters.flat(),
      (k, z) => {
        deviation.add(k, z);
        beside?.add(k, z);
        dual?.add(k, z);
        Z?.forEach((row, i) => {
          row[k] = z[i];
        });
      },
      stage(progress, "mean predictions"),
    );
  let near: Nearness | undefined;
  const nearness = (): Nearness | null => {
    if (head) near ??= nearPredictions(frame, head, stage(progress, "pairs of mean predictions"));
    return near ?? null;
  };
  const b = head && Array.from(head.b);
  const deviationOfBlocks = head && deviation.result();
  if (head && clusters.every((classes) => classes.length === 1))
    note("every count occurs once: no block of Z has two entries, so blockDeviation is undefined");
  else if (head && deviationOfBlocks === null) note("Z is 0: blockDeviation is undefined");
  const measurement: Measurement = {
    schema: "nclab.measurement/1",
    N: frame.N,
    K: frame.K,
    d: frame.d,
    counts: Array.from(frame.counts),
    ...collapse(frame, within, means, head, note, progress),
    distances: distancesIn(frame, head, Z, prediction?.summary ?? null, note),
    geometry: geometryOf(frame, note),
    shared: sharedOf(frame),
    Z,
    b,
    blockDeviation: deviationOfBlocks,
    accuracy: within.head && classAccuracy(frame, within.head),
    accuracyOverall: within.head && within.head.correct.reduce((sum, right) => sum + right, 0) / within.seen,
    shots: within.head && shots(frame.counts, classAccuracy(frame, within.head)),
    gnc2: means.gnc2,
    ...(dual?.result(note) ?? { nc3Structure: null, unc3: null }),
    nc5: options.oodMean === undefined ? null : nc5(frame, options.oodMean, note),
    effectiveRank: effectiveRank(frame, within, note),
    crossEntropy: within.head && within.head.crossEntropy / within.seen,
    effective,
    branches: head && options.branches ? branchesOf(head.W, frame.squares / frame.N, options.branches) : null,
    comparison: beside && b && beside.result(b, nearness()?.groups ?? []),
    comparedAt: prediction?.at ?? null,
    notes,
  };
  return { measurement, means, predictions, nearness };
}

/** Null for a class that does not occur. */
const classAccuracy = ({ counts }: Frame, { correct }: HeadSums): (number | null)[] =>
  Array.from(correct, (right, k) => (counts[k] > 0 ? right / counts[k] : null));

/** Mean over classes of |cos(mu_k, m)|. */
function nc5({ d, means, present }: Frame, m: ArrayLike<number>, note: (text: string) => void): number | null {
  if (m.length !== d) throw inputError("oodMean", `${d} numbers, as many as features`, m.length);
  const other = norm2(Float64Array.from(m));
  let sum = 0;
  for (const k of present) {
    const mu = means.subarray(k * d, k * d + d);
    const product = norm2(mu) * other;
    if (product === 0) {
      note(
        other === 0
          ? "the mean of the features from elsewhere is 0: nc5 is undefined"
          : `the mean of class ${k} is 0: nc5 is undefined`,
      );
      return null;
    }
    let dot = 0;
    for (let j = 0; j < d; j++) dot += mu[j] * m[j];
    sum += Math.abs(dot / product);
  }
  return sum / present.length;
}

/** Up to this many classes the rank of their directions takes a second or two. */
const mostInGeometry = 1000;

/** Null, with a note, where a class does not occur or the matrices would not fit into memory. */
function distancesIn(
  frame: Frame,
  head: Head | null,
  Z: (number | null)[][] | null,
  prediction: PredictionSummary | null,
  note: (text: string) => void,
): Measurement["distances"] {
  if (frame.present.length < frame.K) note("classes do not occur: distances to SELI need a sample of each");
  else if (frame.K > mostPredictions) note(`distances to SELI are left out: up to ${mostPredictions} classes are compared`);
  else return measuredDistances(frame, head && Z && { head, Z }, prediction?.problem ?? null);
  return null;
}

/** The centred means in their own span have the angles of the means. */
function geometryOf({ K, r, projected, present }: Frame, note: (text: string) => void): ClassGeometry | null {
  if (present.length <= mostInGeometry) return r === 0 ? null : classGeometry(projected, K, r, present);
  note(`geometry is left out: up to ${mostInGeometry} classes are looked at`);
  return null;
}

function sharedOf({ means, d, present }: Frame): SharedDirections | null {
  return present.length <= mostInGeometry ? sharedDirections(means, d, present) : null;
}

/** K x K, every entry null: that is what the columns of classes that do not occur stay. */
function emptyPredictions(K: number): (number | null)[][] {
  return Array.from({ length: K }, () => new Array<number | null>(K).fill(null));
}

/** A head that has a bias is compared with the model that has one, decayed like W where nothing else was said. */
const decayOfBias = (head: Head, { weightDecay }: MeasureOptions): number | undefined =>
  head.b.some((x) => x !== 0) ? weightDecay : undefined;

/** The prediction to compare with, at the lambdas that the options ask for. */
/** What the signs of the class means say against the ending that was stated. */
function signNote(means: Float64Array, nonnegative: boolean, note: (text: string) => void): void {
  const negative = means.some((x) => x < 0);
  if (negative && nonnegative)
    note(
      "features: class means have negative entries, so a ReLU is not what the features come out of: --ends batch-norm predicts features of any sign",
    );
  if (!negative && !nonnegative)
    note(
      "features: no class mean has a negative entry: if the features come out of a ReLU, --ends batch-norm-relu is their prediction",
    );
}

function predictionFor(
  frame: Frame,
  head: Head,
  effective: Effective | null,
  options: MeasureOptions,
  note: (text: string) => void,
): { summary: PredictionSummary; at: NonNullable<Measurement["comparedAt"]> } | null {
  const from = options.lambdas ? "stated" : options.compareEffective && effective ? "effective" : null;
  if (!from) return null;
  if (frame.present.length < frame.K) {
    note("classes do not occur: the theory needs a sample of each, so there is no comparison");
    return null;
  }
  const lambdas =
    from === "stated"
      ? (options.lambdas as RegularizationInput)
      : { lambdaZ: (effective as Effective).lambdaZ, lambdaB: options.lambdaB ?? decayOfBias(head, options) };
  const input = problem({ ...lambdas, counts: Array.from(frame.counts), nonnegative: options.nonnegative, loss: options.loss });
  // Thousands of classes: six digits, which lets nearly equal counts be solved together.
  const summary = summarize(input, frame.K > mostPredictions ? { tolerance: 1e-6 } : {});
  if (summary.bins !== null) note(`the prediction was solved in ${summary.bins} bins of nearly equal counts`);
  if (!summary.certified) note(`the prediction is certified to a relative gap of ${summary.relativeGap.toExponential(1)} only`);
  const { lambdaZ, lambdaB, nonnegative, loss } = summary.problem;
  if (options.lambdas?.ends !== undefined) signNote(frame.means, nonnegative, note);
  return { summary, at: { lambdaZ, lambdaB, nonnegative, loss, from } };
}
