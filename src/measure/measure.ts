import { inputError } from "../errors.ts";
import { norm2 } from "../math/matrix.ts";
import { type Prediction, predict } from "../prediction/index.ts";
import { problem, type RegularizationInput } from "../problem/index.ts";
import { type Collapse, collapse } from "./collapse.ts";
import { type Comparison, compare } from "./compare.ts";
import { addToSums, type ClassSums, emptySums } from "./first-pass.ts";
import { type Frame, frameOf } from "./frame.ts";
import { addToWithin, emptyWithin, type Head, type Within } from "./second-pass.ts";
import { blockDeviation, equalCounts } from "./structure.ts";

/** The document `nclab measure --json` prints (schema nclab.measurement/1). */
export interface Measurement extends Collapse {
  /** Name and version of this document. */
  schema: "nclab.measurement/1";
  /** Samples. */
  N: number;
  /** Classes. */
  K: number;
  /** Feature dimension. */
  d: number;
  /** Samples of each class. */
  counts: number[];
  /** Z[i][k] = w_i . mu_k (no bias); null without a head. */
  Z: number[][] | null;
  /** Bias of the head, K numbers; null without a head. */
  b: number[] | null;
  /** How far Z is from constant blocks, over max |Z| (theory, section 8); null where it is undefined. */
  blockDeviation: number | null;
  /** Share of each class's samples that the head gets right; null without a head or for a class that does not occur. */
  accuracy: (number | null)[] | null;
  /** Effective regularization; null without head or weight decay. */
  effective: Effective | null;
  /** Beside the prediction; null where none was asked for. */
  comparison: Comparison | null;
  /** The lambdas that the comparison's prediction used, and where they came from. */
  comparedAt: { lambdaZ: number; lambdaB: number; nonnegative: boolean; from: "stated" | "effective" } | null;
  /** Why a measure is null, in words. */
  notes: string[];
}

/**
 * What a head trained with weight decay lambda_W shows of the feature penalty (theory, section 6). A diagnostic: exact where features are
 * penalized, no prediction for networks trained with weight decay alone; the residual says how stationary the head is.
 */
export interface Effective {
  /** lambda_W |W|_F^2 / sum |h|^2. */
  lambdaH: number;
  /** sqrt(lambda_W lambdaH). */
  lambdaZ: number;
  /** (N lambdaZ)^2. */
  criticalCount: number;
  /** |lambda_W W - (1/N) H (Y-P)'|_F / |lambda_W W|_F. */
  stationarityResidual: number;
}

/** What to compare with. */
export interface MeasureOptions {
  /** Weight decay of the head, lambda_W in the paper's convention: gives `effective`. */
  weightDecay?: number;
  /** Compare with the prediction at these lambdas. */
  lambdas?: RegularizationInput;
  /** Compare with the prediction at the effective lambdas (labelled so). */
  compareEffective?: boolean;
  /** The lambda_b of that prediction (paper's convention); default: no bias. */
  lambdaB?: number;
  /** Compare with the prediction for nonnegative features. */
  nonnegative?: boolean;
}

/** Features, labels and head as arrays. */
export interface InMemory {
  /** n x d, row-major. */
  features: Float32Array | Float64Array;
  /** n class indices, 0..K-1. */
  labels: ArrayLike<number>;
  /** Feature dimension. */
  d: number;
  /** Number of classes. */
  K: number;
  /** K x d weights and K biases of the head. */
  head?: Head;
}

/** Measures features that are in memory. */
export function measureFeatures(data: InMemory, options: MeasureOptions = {}): Measurement {
  const { features, labels, d, K, head = null } = data;
  const n = labels.length;
  if (features.length !== n * d)
    throw inputError("features", `${n} x ${d} numbers, one row a label`, `${features.length} numbers`);
  const step = Math.max(1, Math.min(1024, Math.floor(2 ** 20 / d)));
  const blocks = function* (): Generator<{
    n: number;
    features: Float32Array | Float64Array;
    labels: ArrayLike<number>;
    first: number;
  }> {
    for (let first = 0; first < n; first += step) {
      const to = Math.min(n, first + step);
      yield {
        n: to - first,
        features: features.subarray(first * d, to * d),
        labels: Array.prototype.slice.call(labels, first, to) as number[],
        first,
      };
    }
  };
  const sums: ClassSums = emptySums(K, d);
  for (const block of blocks()) addToSums(sums, block, block.first);
  const frame = frameOf(sums);
  const within = emptyWithin(frame, head);
  for (const block of blocks()) addToWithin(within, frame, head, block);
  return finish(frame, within, head, options);
}

/** The measurement from the states of both passes. */
export function finish(frame: Frame, within: Within, head: Head | null, options: MeasureOptions = {}): Measurement {
  const notes: string[] = [];
  const note = (text: string): void => {
    if (!notes.includes(text)) notes.push(text);
  };
  if (frame.N === 0) throw inputError("features", "at least one sample", 0);
  if (frame.K < 2) throw inputError("classes", "at least 2", frame.K);
  const Z = head && predictions(frame, head);
  const b = head && Array.from(head.b);
  const effective =
    head && options.weightDecay !== undefined ? effectiveOf(frame, within, head, options.weightDecay, note) : null;
  const { comparison, comparedAt } =
    Z && b ? compareWith(frame, Z, b, effective, options, note) : { comparison: null, comparedAt: null };
  if (!head) note("no head: Z, b, nc3, nc4 and the comparison need one");
  return {
    schema: "nclab.measurement/1",
    N: frame.N,
    K: frame.K,
    d: frame.d,
    counts: Array.from(frame.counts),
    ...collapse(frame, within, head, note),
    Z,
    b,
    blockDeviation: Z && blockDeviation(Z, equalCounts(frame.counts)),
    accuracy:
      within.head && Array.from(within.head.correct, (right, k) => (frame.counts[k] > 0 ? right / frame.counts[k] : null)),
    effective,
    comparison,
    comparedAt,
    notes,
  };
}

function predictions({ K, d, means }: Frame, { W }: Head): number[][] {
  return Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (_, k) => {
      let dot = 0;
      for (let j = 0; j < d; j++) dot += W[i * d + j] * means[k * d + j];
      return dot;
    }),
  );
}

function effectiveOf(frame: Frame, within: Within, head: Head, lambdaW: number, note: (text: string) => void): Effective | null {
  if (!(lambdaW > 0 && Number.isFinite(lambdaW))) throw inputError("weightDecay", "a positive number", lambdaW);
  const size = norm2(head.W);
  if (size === 0 || frame.squares === 0 || !within.head) {
    note("the head or the features are 0: the effective regularization is undefined");
    return null;
  }
  const { force } = within.head;
  const residual = norm2(head.W.map((w, e) => lambdaW * w - force[e] / frame.N)) / (lambdaW * size);
  const lambdaH = (lambdaW * size * size) / frame.squares;
  const lambdaZ = (lambdaW * size) / Math.sqrt(frame.squares);
  return { lambdaH, lambdaZ, criticalCount: (frame.N * lambdaZ) ** 2, stationarityResidual: residual };
}

function compareWith(
  frame: Frame,
  Z: number[][],
  b: number[],
  effective: Effective | null,
  options: MeasureOptions,
  note: (text: string) => void,
): Pick<Measurement, "comparison" | "comparedAt"> {
  const from = options.lambdas ? "stated" : options.compareEffective && effective ? "effective" : null;
  if (!from) return { comparison: null, comparedAt: null };
  if (frame.present.length < frame.K) {
    note("classes do not occur: the theory needs a sample of each, so there is no comparison");
    return { comparison: null, comparedAt: null };
  }
  const lambdas =
    from === "stated"
      ? (options.lambdas as RegularizationInput)
      : { lambdaZ: (effective as Effective).lambdaZ, lambdaB: options.lambdaB };
  const prediction: Prediction = predict(
    problem({ ...lambdas, counts: Array.from(frame.counts), nonnegative: options.nonnegative }),
  );
  const { lambdaZ, lambdaB, nonnegative } = prediction.problem;
  return { comparison: compare(Z, b, prediction), comparedAt: { lambdaZ, lambdaB, nonnegative, from } };
}
