import { type ClassStatus, type Nearness, sameLimit, shortLimit, statusOf } from "../prediction/index.ts";
import type { Frame } from "./frame.ts";
import type { MeansGeometry } from "./means.ts";
import type { Predictions } from "./predictions.ts";
import type { Within } from "./second-pass.ts";

/**
 * Class by class: which one is nearest, how far, by how much the head tells them apart at the class means, and who has merged or vanished.
 * Logits at a class mean are z_k + b, z_k = W mu_k.
 */
export interface ClassReport {
  /** Class index. */
  class: number;
  /** Its name, where labels have names. */
  name: string | null;
  /** Its samples. */
  count: number;
  /** Probability that the head gives the class at its mean; this and the next five are null without a head. */
  pOwn: number | null;
  /** The class with the largest other logit at the class mean. */
  rival: number | null;
  /** Own logit minus that one; negative: the mean itself is misclassified. */
  margin: number | null;
  /** What becomes of the class: `statusOf` (prediction/class-status.ts), the rule of predictions. */
  status: ClassStatus | null;
  /** The class with the nearest mean prediction. */
  nearest: number | null;
  /** |z_k - z_nearest| over the largest such distance of any pair. */
  distance: number | null;
  /** The class with the nearest mean; null where there is no other. */
  nearestMean: number | null;
  /** |mu_k - mu_l| to that one. */
  meanDistance: number | null;
  /** The same beside the root mean square of |mu_l - g~| over classes. */
  relativeDistance: number | null;
  /** sqrt(v_k): root mean square distance of the class's samples from their mean. */
  spread: number | null;
  /** |z_k|. */
  predictionNorm: number | null;
  /** Share of its samples that the head gets right; null without a head. */
  accuracy: number | null;
  /** Which of the merged groups it is in (an index); null where it stands alone. */
  group: number | null;
  /** Whether its mean prediction is 0: `shortLimit`. */
  vanished: boolean;
}

/** What the reports are made of. */
export interface Geometry {
  means: MeansGeometry;
  /** Null without a head. */
  predictions: Predictions | null;
  /** What pairs of mean predictions say; null without a head. */
  near: Nearness | null;
  /** Groups whose mean predictions are one (without a head: whose means are). */
  merged: readonly (readonly number[])[];
  /** Of the classes, where labels have names. */
  names: readonly string[] | null;
}

/** One report a class, in the order of classes. */
export function classReports(frame: Frame, within: Within, { means, predictions, near, merged, names }: Geometry): ClassReport[] {
  const { K, counts } = frame;
  const longest = predictions ? predictions.norms.reduce((a, b) => Math.max(a, b), 0) : 0;
  const groupOf = new Map(merged.flatMap((classes, group) => classes.map((k) => [k, group] as const)));
  return Array.from({ length: K }, (_, k) => {
    const occurs = counts[k] > 0;
    const nearestMean = means.nearest[k] < 0 ? null : means.nearest[k];
    const seen = occurs ? predictions : null;
    const beside = occurs && near && near.nearest[k] >= 0 ? near : null;
    return {
      class: k,
      name: names?.[k] ?? null,
      count: counts[k],
      pOwn: seen ? seen.pOwn[k] : null,
      rival: seen ? seen.rival[k] : null,
      margin: seen ? seen.margin[k] : null,
      status: seen && near ? statusOfClass(k, seen, near) : null,
      nearest: beside ? beside.nearest[k] : null,
      distance: beside ? (beside.largest === 0 ? 0 : beside.distance[k] / beside.largest) : null,
      nearestMean,
      meanDistance: nearestMean === null ? null : means.distance[k],
      relativeDistance: nearestMean === null || means.scale === 0 ? null : means.distance[k] / means.scale,
      spread: occurs ? Math.sqrt(within.scatter[k] / counts[k]) : null,
      predictionNorm: seen ? seen.norms[k] : null,
      accuracy: occurs && within.head ? within.head.correct[k] / counts[k] : null,
      group: groupOf.get(k) ?? null,
      vanished: seen !== null && seen.norms[k] <= shortLimit(longest),
    };
  });
}

function statusOfClass(k: number, { margin, largestLogit }: Predictions, { distance, twin, largest }: Nearness): ClassStatus {
  return statusOf({ margin: margin[k], distance: distance[k], limit: sameLimit(largest), largestLogit, twin: twin[k] });
}

/** The classes in most trouble first: vanished, merged, then by margin (or by relative distance where there is no head). */
export function ranked(reports: readonly ClassReport[]): ClassReport[] {
  const score = (c: ClassReport): number => c.margin ?? c.relativeDistance ?? Number.POSITIVE_INFINITY;
  const group = (c: ClassReport): number => (c.vanished ? 0 : c.group !== null ? 1 : c.count > 0 ? 2 : 3);
  return [...reports].sort((a, b) => group(a) - group(b) || compare(score(a), score(b)) || a.class - b.class);
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
