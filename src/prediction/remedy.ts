import { type Cluster, type Problem, type ProblemInput, problem } from "../problem/index.ts";
import { type Prediction, predict } from "./predict.ts";

/** What advice may change, in the order in which it is given. */
export const remedyKinds = ["oversample", "weight", "lambda", "smoothing", "offset"] as const;
/** One of `remedyKinds`. */
export type RemedyKind = (typeof remedyKinds)[number];

/** One way to keep the clusters apart. */
export interface Remedy {
  /** What is changed. */
  kind: RemedyKind;
  /** Whether it gives the margin. */
  feasible: boolean;
  /** In words, with the number that decides. */
  reason: string;
  /**
   * What to set for each class: how many times its samples are seen (oversample, 1: as they are), its loss weight, lambda_Z, the smoothing, its
   * offset. Where the remedy is not feasible, the present values.
   */
  perClass: number[];
  /** p_own - p_other within the cluster of each class with the remedy in place; null for a class that is alone with its count. */
  resultingMargins: (number | null)[];
  /** Samples seen in an epoch beyond those there are. */
  extraSamples: number;
  /** Whether the solution with the remedy in place proved itself. */
  certified: boolean;
}

/** What a proposal starts from. */
export interface Situation {
  input: ProblemInput;
  now: Problem;
  margin: number;
  clusters: Cluster[];
  present: Prediction;
}

/** The clusters that the margin is about. */
export function together(clusters: readonly Cluster[]): Cluster[] {
  return clusters.filter((c) => c.size >= 2);
}

/** A margin of 1 - eps or more: no finite change of anything but the smoothing gives it. */
export function needsSmoothingFirst(situation: Situation, kind: RemedyKind, old: readonly number[]): Remedy | null {
  const { now, margin, clusters } = situation;
  if (together(clusters).length === 0 || margin < 1 - now.smoothing) return null;
  return refused(
    situation,
    kind,
    [...old],
    `label smoothing of ${now.smoothing} allows margins below ${short(1 - now.smoothing)} only`,
  );
}

/** A margin read off a solution that is proved to 1e-10 is right to this; more is a remedy that misses. */
const readable = 1e-9;

/** Puts the remedy into the problem and reads the margins off its certified solution. */
export function confirmed(
  { margin }: Situation,
  kind: RemedyKind,
  perClass: number[],
  changed: ProblemInput,
  reason: string,
  extraSamples = 0,
): Remedy {
  const prediction = predict(problem(changed));
  const certified = prediction.certified || prediction.ufmPlus?.certified === true;
  const feasible = leastMargin(prediction) >= margin - readable && noneMerged(prediction);
  return {
    kind,
    feasible,
    reason: feasible ? reason : `${reason}; solved, it does not keep the margin`,
    perClass,
    resultingMargins: marginsOf(prediction),
    extraSamples,
    certified,
  };
}

export function refused({ present }: Situation, kind: RemedyKind, perClass: number[], reason: string): Remedy {
  return {
    kind,
    feasible: false,
    reason,
    perClass,
    resultingMargins: marginsOf(present),
    extraSamples: 0,
    certified: present.certified,
  };
}

const noneMerged = (prediction: Prediction): boolean => prediction.clusters.every((c) => !c.merged);

/** The smallest margin of any cluster of two or more; 1 where there is none. */
export function leastMargin(prediction: Prediction): number {
  return prediction.clusters.reduce((least, c) => (c.margin === null ? least : Math.min(least, c.margin)), 1);
}

/** p_own - p_other of every class within its cluster; null for one that is alone. */
export function marginsOf(prediction: Prediction): (number | null)[] {
  const margins = new Array<number | null>(prediction.problem.K).fill(null);
  for (const cluster of prediction.clusters) for (const k of cluster.classes) margins[k] = cluster.margin;
  return margins;
}

export const classes = (n: number): string => (n === 1 ? "1 class" : `${n} classes`);
export const short = (x: number): string => String(Number(x.toPrecision(5)));

/** Six digits, rounded to the safe side. */
export function upwards(x: number): number {
  return rounded(x, Math.ceil);
}

export function downwards(x: number): number {
  return rounded(x, Math.floor);
}

function rounded(x: number, way: (x: number) => number): number {
  if (x === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(x)) - 5);
  return Number((way(x / unit) * unit).toPrecision(6));
}
