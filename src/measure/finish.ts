import { inputError } from "../errors.ts";
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
  summarized,
} from "../prediction/index.ts";
import { branchesOf } from "./branches.ts";
import { collapse } from "./collapse.ts";
import { comparison } from "./compare.ts";
import { predictionFor } from "./compared-prediction.ts";
import { measuredDistances } from "./distances.ts";
import { duality } from "./duality.ts";
import { type Effective, effectiveOf, restResidual } from "./effective.ts";
import { effectiveRank } from "./effective-rank.ts";
import type { Frame } from "./frame.ts";
import type { Head } from "./head.ts";
import { headOrderNote } from "./head-order.ts";
import { type MeansGeometry, meansGeometry, pairsStage } from "./means.ts";
import type { ClassMeasurement, Measurement } from "./measurement.ts";
import { nc5 } from "./ood.ts";
import { type MeasureOptions, mostPredictions } from "./options.ts";
import { classReports } from "./per-class.ts";
import { nearPredictions, type Predictions, scanPredictions } from "./predictions.ts";
import { type StageProgress, stage } from "./progress.ts";
import type { HeadSums, Within } from "./second-pass.ts";
import { type SharedDirections, sharedDirections } from "./shared.ts";
import { shots } from "./shots.ts";
import { blockDeviation, equalCounts } from "./structure.ts";

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
  const note = noteIn(notes);
  if (frame.N === 0) throw inputError("features", "at least one sample", 0);
  if (frame.K < 2) throw inputError("classes", "at least 2", frame.K);
  if (!head) note("no head: Z, b, nc3, nc4 and the comparison need one");
  const means = meansGeometry(frame, within, stage(progress, pairsStage));
  const effective = effectiveIn(frame, within, head, options, notes);
  const prediction = head && predictionFor(frame, head, effective, options, note);
  const beside = prediction && comparison(prediction.summary);
  const { Z, predictions, dual, deviation } = scanned(frame, head, beside, note, progress);
  const order = headOrderNote(frame, within, predictions);
  if (order) notes.unshift(order);
  let near: Nearness | undefined;
  const nearness = (): Nearness | null => {
    if (head) near ??= nearPredictions(frame, head, stage(progress, "pairs of mean predictions"));
    return near ?? null;
  };
  const b = head && Array.from(head.b);
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
    blockDeviation: deviation,
    accuracy: within.head && classAccuracy(frame, within.head),
    accuracyOverall: within.head && within.head.correct.reduce((sum, right) => sum + right, 0) / within.seen,
    shots: within.head && shots(frame.counts, classAccuracy(frame, within.head)),
    gnc2: means.gnc2,
    ...dual,
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

const noteIn =
  (notes: string[]) =>
  (text: string): void => {
    if (!notes.includes(text)) notes.push(text);
  };

/** The effective regularization where a weight decay is given; what is wrong with it goes to the front of the notes. */
function effectiveIn(
  frame: Frame,
  within: Within,
  head: Head | null,
  options: MeasureOptions,
  notes: string[],
): Effective | null {
  const note = noteIn(notes);
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
  return effective;
}

/** What the mean predictions say, which are gone through once: Z is kept where it is written, the rest is summed. */
function scanned(
  frame: Frame,
  head: Head | null,
  beside: ReturnType<typeof comparison> | null,
  note: (text: string) => void,
  progress: StageProgress | undefined,
): {
  Z: (number | null)[][] | null;
  predictions: Predictions | null;
  dual: Pick<Measurement, "nc3Structure" | "unc3">;
  deviation: number | null;
} {
  if (!head) return { Z: null, predictions: null, dual: { nc3Structure: null, unc3: null }, deviation: null };
  const clusters = equalCounts(frame.counts);
  const deviation = blockDeviation(clusters);
  const keep = frame.K <= mostPredictions;
  if (!keep) note(`Z is left out: it has ${frame.K} x ${frame.K} numbers, and up to ${mostPredictions} classes are written`);
  const kept = keep ? keptPredictions(frame) : null;
  const dual = duality(frame, head);
  const predictions = scanPredictions(
    frame,
    head,
    clusters.flat(),
    (k, z) => {
      deviation.add(k, z);
      beside?.add(k, z);
      dual.add(k, z);
      kept?.add(k, z);
    },
    stage(progress, "mean predictions"),
  );
  const found = deviation.result();
  if (clusters.every((classes) => classes.length === 1))
    note("every count occurs once: no block of Z has two entries, so blockDeviation is undefined");
  else if (found === null) note("Z is 0: blockDeviation is undefined");
  return { Z: kept?.rows() ?? null, predictions, dual: dual.result(note), deviation: found };
}

/** Null for a class that does not occur. */
const classAccuracy = ({ counts }: Frame, { correct }: HeadSums): (number | null)[] =>
  Array.from(correct, (right, k) => (counts[k] > 0 ? right / counts[k] : null));

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
function geometryOf(frame: Frame, note: (text: string) => void): ClassGeometry | null {
  const { K, r, present } = frame;
  if (present.length <= mostInGeometry) return r === 0 ? null : classGeometry(frame.projected, K, r, present);
  note(`geometry is left out: up to ${mostInGeometry} classes are looked at`);
  return null;
}

function sharedOf(frame: Frame): SharedDirections | null {
  const { d, present } = frame;
  return present.length <= mostInGeometry ? sharedDirections(frame.means, d, present) : null;
}

/** Takes z_k, the columns of Z, and gives the rows of Z. Written number by number from first to last, so that a row is numbers side by side to the engine and not a list of objects. */
function keptPredictions({ K, counts }: Frame): { add: (k: number, z: Float64Array) => void; rows: () => (number | null)[][] } {
  const columns = new Float64Array(K * K);
  const row = (i: number): (number | null)[] => {
    const numbers: (number | null)[] = [];
    for (let k = 0; k < K; k++) numbers.push(counts[k] > 0 ? columns[k * K + i] : null);
    return numbers;
  };
  return { add: (k, z) => columns.set(z, k * K), rows: () => Array.from({ length: K }, (_, i) => row(i)) };
}
