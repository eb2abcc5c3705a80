import { inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import type { LossName } from "../loss/index.ts";
import { freeEvents, layerPeeledRatio, nonnegativeEvents, type StructuralEvent } from "../prediction/index.ts";
import {
  clustersOf,
  type FeatureEnding,
  type LayerPeeledProblem,
  type NormBounds,
  type Problem,
  usualTolerance,
  withLambdaZ,
} from "../problem/index.ts";
import { layerPeeledOf } from "./layer-peeled.ts";
import { optionalLambda } from "./optional-lambda.ts";
import { type ProblemSettings, settingKeys } from "./settings.ts";
import { checkDifferent } from "./sizes.ts";
import { type TwoClusterThresholds, twoClusterThresholds } from "./two-clusters.ts";

/** What `thresholds` takes: classes and remedies, and of the regularization what stays along lambda_Z; lambda_Z itself, or a weight decay, for the thresholds in n_A and in the ratio. */
export interface ThresholdsInput extends ProblemSettings {
  /** The Layer-Peeled Model: the one threshold of two groups of classes, in the ratio of their counts. */
  layerPeeled?: NormBounds;
}

const keys: Record<keyof ThresholdsInput, true> = { ...settingKeys, layerPeeled: true };

/** An event; where the lambdas come from a weight decay, with the one at which it happens. */
export interface ListedEvent extends StructuralEvent {
  /** X. */
  weightDecay?: number;
}

/** Every lambda_Z at which the structure of the optimum changes (schema nclab.thresholds/1). */
export interface ThresholdsDocument extends TwoClusterThresholds {
  /** Name and version of this document. */
  schema: "nclab.thresholds/1";
  /** The problem; what was not given, or changes along lambda_Z, is null. */
  problem: Pick<Problem, "counts" | "K" | "N" | "weights" | "offsets" | "factors" | "smoothing"> & {
    classNames: string[] | null;
    lambdaZ: number | null;
    lambdaB: number | null;
    weightDecay: number | null;
    ends: FeatureEnding | null;
    branches: number | null;
    loss: LossName;
  };
  /** Events of free features, ascending. */
  events: ListedEvent[];
  /**
   * Events of nonnegative features, the last of them, and the classes whose predictions are 0 throughout. They are those of features in which every class owns its direction; `certified`: proved to
   * 1e-10 of any nonnegative features; where not, classes that share directions may do better by up to `sharedGap` of the objective.
   */
  nonnegative: { events: ListedEvent[]; complete: number; throughout: number[]; certified: boolean; sharedGap: number };
  /** Whether everything said here was proved to 1e-10. */
  certified: boolean;
  /** Largest relative duality gap of the solutions behind these numbers, each of its own model; 0 where formulas sufficed. */
  worstGap: number;
  /** Time of the search for the events. */
  seconds: number;
}

/** The one threshold of the Layer-Peeled Model (schema nclab.thresholds/1). */
export interface LayerPeeledThresholds {
  /** Name and version of this document. */
  schema: "nclab.thresholds/1";
  /** Counts and bounds. */
  problem: { counts: readonly number[]; K: number; N: number; classNames: string[] | null; layerPeeled: NormBounds };
  /** The ratio n_A/n_B from which on the minority is one vector, and that in n_A. */
  layerPeeled: { ratio: number; nA: number };
  /** Time of the solves. */
  seconds: number;
}

/** Beyond this many different classes the events take days. */
const most = 300;

/** What was asked, checked. `given`: whether the problem's lambdas were said; where not, its lambda_Z is a stand-in. */
export type ThresholdsQuestion = { names: string[] | null } & (
  | { model: "counts"; problem: Problem; given: boolean }
  | { model: "layer-peeled"; problem: LayerPeeledProblem }
);

/** The door of `thresholds`. Throws InputError. */
export function thresholdsQuestion(input: ThresholdsInput): ThresholdsQuestion {
  checkKeys(input, keys, "thresholds");
  if (input.layerPeeled !== undefined) return { model: "layer-peeled", ...layerPeeledOf(input) };
  const { layerPeeled: _, ...settings } = input;
  const { problem, names, given } = optionalLambda(settings);
  checkDifferent(problem, most, "the time grows with the fourth power");
  return { model: "counts", problem, names, given };
}

/** Every threshold: the document that `nclab thresholds --json` prints, to the last digit. Throws InputError. */
export function thresholdsFrom(input: ThresholdsInput & { layerPeeled: NormBounds }): LayerPeeledThresholds;
export function thresholdsFrom(input: Omit<ThresholdsInput, "layerPeeled">): ThresholdsDocument;
export function thresholdsFrom(input: ThresholdsInput): ThresholdsDocument | LayerPeeledThresholds;
export function thresholdsFrom(input: ThresholdsInput): ThresholdsDocument | LayerPeeledThresholds {
  const question = thresholdsQuestion(input);
  return question.model === "counts" ? thresholdsDocument(question) : layerPeeledThresholds(question);
}

/** The document of a question of counts. */
export function thresholdsDocument({
  problem,
  names,
  given,
}: Extract<ThresholdsQuestion, { model: "counts" }>): ThresholdsDocument {
  const began = globalThis.performance.now();
  const free = freeEvents(problem);
  const nonnegative = nonnegativeEvents(problem);
  const seconds = (globalThis.performance.now() - began) / 1000;
  const { counts, K, N, weights, offsets, factors, smoothing, loss, ends, branches, lambdaB } = problem;
  // Beside no weight decay the penalty on the bias goes with it, unless there is none, or no bias.
  const staysAlong = given || ends === null || lambdaB === 0 || lambdaB === Number.POSITIVE_INFINITY;
  const worstGap = Math.max(free.worstGap, nonnegative.worstGap);
  const shared = nonnegative.sharedGap <= usualTolerance;
  const { ratio, nA, notes } = twoClusterThresholds(problem, given);
  return {
    schema: "nclab.thresholds/1",
    problem: {
      counts,
      K,
      N,
      classNames: names,
      lambdaZ: given ? problem.lambdaZ : null,
      lambdaB: staysAlong ? lambdaB : null,
      weightDecay: given ? problem.weightDecay : null,
      ends,
      branches,
      weights,
      offsets,
      factors,
      smoothing,
      loss,
    },
    events: withDecay(problem, free.events),
    nonnegative: {
      events: withDecay(problem, nonnegative.events),
      complete: nonnegative.events[nonnegative.events.length - 1].lambdaZ,
      throughout: nonnegative.throughout,
      certified: shared && nonnegative.worstGap <= usualTolerance,
      sharedGap: nonnegative.sharedGap,
    },
    ratio,
    nA,
    notes,
    certified: worstGap <= usualTolerance && shared,
    worstGap,
    seconds,
  };
}

function withDecay(problem: Problem, events: readonly StructuralEvent[]): ListedEvent[] {
  return events.map((event) => {
    const { weightDecay } = withLambdaZ(problem, event.lambdaZ);
    return weightDecay === null ? event : { ...event, weightDecay };
  });
}

/** The document of bounded norms. Throws InputError unless there are two groups of classes whose smaller one can merge. */
export function layerPeeledThresholds({
  problem,
  names,
}: Extract<ThresholdsQuestion, { model: "layer-peeled" }>): LayerPeeledThresholds {
  const { counts, K, N, EW, EH } = problem;
  const groups = clustersOf({ counts, weights: null, offsets: null, factors: null });
  if (groups.length !== 2)
    throw inputError(
      "layerPeeled",
      "classes of two different counts (kAxnA,kBxnB): the threshold is one in their ratio",
      `${groups.length} different counts`,
    );
  const [A, B] = groups;
  if (B.size < 2)
    throw inputError("layerPeeled", "two classes or more of the smaller count: a class that is alone merges with none", B.size);
  const began = globalThis.performance.now();
  const ratio = layerPeeledRatio({ kA: A.size, kB: B.size, EW, EH });
  return {
    schema: "nclab.thresholds/1",
    problem: { counts, K, N, classNames: names, layerPeeled: { EW, EH } },
    layerPeeled: { ratio, nA: ratio * B.count },
    seconds: (globalThis.performance.now() - began) / 1000,
  };
}
