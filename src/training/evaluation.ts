import type { HostTensors } from "../engine/index.ts";
import { WorkError } from "../errors.ts";
import {
  alignedBranches,
  type BranchesInput,
  type ClassMeasurement,
  type Comparison,
  compare,
  measureClasses,
  type ScaleAndShift,
} from "../measure/index.ts";
import { endingOf, featureBias, featureWeight, headBias, headWeight, type Network } from "../networks/index.ts";
import type { Prediction } from "../prediction/index.ts";
import { seenImages } from "./batches.ts";
import type { Forward } from "./forward.ts";
import { type LayerNormGoal, type LayerNormStanding, layerNormStanding } from "./layer-norm-standing.ts";
import { outputsOf, scores, trainingLoss, withOffsets } from "./outputs.ts";
import { seenCounts, type TrainingSettings } from "./settings.ts";
import type { NetworkState } from "./state.ts";
import { wholeSetStatistics } from "./statistics.ts";
import { normParameters } from "./step.ts";
import type { Subject } from "./subject.ts";
import { everythingDecays, featuresPenalized } from "./weight-decay.ts";

/**
 * What is known of a network after an epoch, in evaluation mode: the measures of its training features (in float64), the theory's
 * objective, the comparison with the prediction, and the head and class means themselves.
 */
export interface Evaluation extends ClassMeasurement {
  /** Epochs done. */
  epoch: number;
  /** The objective of theory, section 1 (9.4 where a layer normalization's scale and shift decay, 9.3 where every layer decays before a dense layer's features), and the prediction's: the least that any features and head can reach. */
  objective: number;
  /** The prediction's objective (of a layer normalization the best that was found); null where there is no prediction. */
  predictedObjective: number | null;
  /** Mean cross-entropy on the training images. */
  crossEntropy: number;
  /** Share of each class's images that are classified right; null for a class without images. */
  trainAccuracy: (number | null)[];
  /** The same on the test images. */
  testAccuracy: (number | null)[];
  Z: number[][];
  /** Bias of the head, zeros where it has none. */
  b: number[];
  /** Z and b beside the prediction; null where there is none, and for a layer normalization. */
  comparison: Comparison | null;
  /** Of a layer normalization whose scale and shift decay: which of the model's minima it stands at (theory, section 9.4); null for others. */
  layerNorm: LayerNormStanding | null;
  /** Of networks that weight decay alone regularizes: what holds at the minimum (theory, section 9.1); null for others. */
  balance: Balance | null;
  /** Head, K x d. */
  W: Float64Array;
  /** Mean feature of each class, K x d. */
  H: Float64Array;
}

/**
 * Two identities of a minimum under weight decay, by which a network tells how near it is: |W|^2 lambda_W = (|gamma|^2 + |beta|^2) normDecay, and
 * mean |h|^2 = |gamma|^2 + |beta|^2 (of J aligned normalizations: J times that) up to the share that the normalization's eps takes. The second is batch normalization's only.
 */
export interface Balance {
  /** |W|_F^2. */
  headSquares: number;
  /** |gamma|^2 + |beta|^2 over the normalizations that the features come out of. */
  normSquares: number;
  /** (1/N) sum_i |h_i|^2 over the samples seen. */
  featureSquares: number;
  /** lambda_W |W|^2 / (normDecay (|gamma|^2 + |beta|^2)): 1 at a minimum; null where these do not decay. */
  headToNorm: number | null;
  /** mean |h|^2 / (|gamma|^2 + |beta|^2): 1 at a minimum with one normalization, J with J aligned ones; null for a layer normalization. */
  featureToNorm: number | null;
}

export interface EvaluationInput extends Subject {
  forward: Forward;
  /** Null where nothing is predicted, and for a layer normalization. */
  prediction: Prediction | null;
  /** Of a layer normalization. */
  layerNorm: LayerNormGoal | null;
}

/** What often helps. */
export const againstDivergence =
  "a rate that grows over the first epochs (warmup 3, in `nclab train` and sweeps) or a network with normalization often ends that";

export async function evaluate(
  { prediction, layerNorm, ...subject }: EvaluationInput,
  state: NetworkState,
  epoch: number,
): Promise<Evaluation> {
  const { settings, network, data } = subject;
  const { featureSize: d, classes: K } = network;
  const { labels } = data.train;
  const evaluated = { params: state.params, stats: await evaluatedStatistics(subject, state) };
  const train = await outputsOf(subject, evaluated, data.train, data.normalization);
  const test = await outputsOf(subject, evaluated, data.test, data.normalization);
  if (![train, test].every(({ features, logits }) => features.every(Number.isFinite) && logits.every(Number.isFinite)))
    throw new WorkError(`training diverged in epoch ${epoch}: features or logits are no finite numbers; ${againstDivergence}`);
  const W = Float64Array.from(state.params[headWeight].data);
  const bias = network.bias ? Float64Array.from(state.params[headBias].data) : new Float64Array(K);
  const head = { W, b: bias };
  const measurement = measureClasses(
    { features: train.features, labels, d, K, head },
    { weightDecay: settings.lambdaW, names: data.classNames, branches: branchesIn(settings, network, state) },
  );
  const Z = measurement.Z as number[][];
  const b = Array.from(bias);
  const { crossEntropy } = scores(train.logits, labels, K);
  const accuracyOf = (logits: Float32Array, of: Uint8Array): (number | null)[] =>
    scores(withOffsets(logits, settings.remedies.after), of, K).accuracy;
  const { loss, featureSquares } = trainingLoss(train, labels, settings);
  const N = seenCounts(settings).reduce((sum, n) => sum + n, 0);
  const balance = balanceOf(settings, network, state, squares(W), featureSquares / N);
  const ofFeatures = featuresPenalized(settings)
    ? settings.lambdaH * featureSquares
    : everythingDecays(settings)
      ? settings.weightDecay * squaresOf(state, [featureWeight, featureBias])
      : (settings.normDecay ?? 0) * (balance?.normSquares ?? 0);
  const penalties = settings.lambdaW * squares(W) + ofFeatures + (network.bias ? settings.lambdaB * squares(b) : 0);
  return {
    ...measurement,
    epoch,
    objective: loss + penalties / 2,
    predictedObjective: (prediction ?? layerNorm?.prediction)?.objective ?? null,
    crossEntropy,
    trainAccuracy: accuracyOf(train.logits, labels),
    testAccuracy: accuracyOf(test.logits, data.test.labels),
    Z,
    b,
    comparison: prediction && compare(Z, b, prediction),
    layerNorm: layerNorm && layerNormStanding(layerNorm, Z, b),
    comparedAt: prediction && comparedAt(prediction),
    balance,
    W,
    H: classMeans(train.features, labels, settings.counts, d),
  };
}

function comparedAt({ problem: { lambdaZ, lambdaB, nonnegative, loss } }: Prediction): ClassMeasurement["comparedAt"] {
  return { lambdaZ, lambdaB, nonnegative, loss, from: "stated" };
}

/** What a network that ends in batch normalizations shows of its branches; undefined for others. */
function branchesIn(
  { normDecay, lambdaW, network: name }: TrainingSettings,
  { featureNorms }: Network,
  { params }: NetworkState,
): BranchesInput | undefined {
  if (!normDecay || endingOf(name) === "layer-norm") return undefined;
  const valuesOf = (name: string): Float64Array => Float64Array.from(params[name].data);
  const sizes = featureNorms.map(
    (norm): ScaleAndShift => ({ scale: valuesOf(`${norm}.scale`), shift: valuesOf(`${norm}.shift`) }),
  );
  return { normToHead: normDecay / lambdaW, atMost: alignedBranches(sizes) };
}

function balanceOf(
  { normDecay, lambdaW, network: name }: TrainingSettings,
  network: Network,
  state: NetworkState,
  headSquares: number,
  featureSquares: number,
): Balance | null {
  if (normDecay === undefined) return null;
  const normSquares = squaresOf(state, normParameters(network));
  const ratio = (a: number): number | null => (normSquares > 0 && Number.isFinite(a) ? a / normSquares : null);
  return {
    headSquares,
    normSquares,
    featureSquares,
    headToNorm: ratio((lambdaW / normDecay) * headSquares),
    featureToNorm: endingOf(name) === "layer-norm" ? null : ratio(featureSquares),
  };
}

/**
 * The statistics of batch normalization that an evaluation is made with. What weight decay alone regularizes is a matter of the whole training set's (theory, section 9.1); elsewhere it is the running ones.
 */
export async function evaluatedStatistics(subject: Subject, state: NetworkState): Promise<HostTensors> {
  const { settings, data } = subject;
  if (settings.normDecay === undefined && !everythingDecays(settings)) return state.stats;
  return wholeSetStatistics(subject, state, seenImages(data.train, settings.remedies.repeats));
}

/** Sum of squares of some parameters. */
function squaresOf({ params }: NetworkState, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + squares(params[name].data), 0);
}

function squares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

function classMeans(features: Float32Array, labels: Uint8Array, counts: readonly number[], d: number): Float64Array {
  const means = new Float64Array(counts.length * d);
  labels.forEach((k, i) => {
    for (let j = 0; j < d; j++) means[k * d + j] += features[i * d + j] / counts[k];
  });
  return means;
}
