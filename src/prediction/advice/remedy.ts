import { format } from "../../number-text.ts";
import { type Summary, summarized } from "../class-summary.ts";
import type { PredictedClass } from "../classes.ts";
import { equalizingOffsets } from "../offsets.ts";
import type { Situation, Trial } from "./situation.ts";
import type { TorchWeights } from "./torch.ts";

/** What advice may change, in the order in which it is given: what needs no new training first. */
export const remedyKinds = ["offset", "weight", "weight-per-class", "oversample", "lambda", "smoothing", "combined"] as const;
/** One of `remedyKinds`. */
export type RemedyKind = (typeof remedyKinds)[number];

/** One way to give every class its own, with the margin asked for. */
export interface Remedy {
  /** What is changed. */
  kind: RemedyKind;
  /** Whether, in the certified solution with it, every class is `own` with at least the margin over every rival. */
  feasible: boolean;
  /** The same in the solution that was found, certified or not. */
  reaches: boolean;
  /** The two in a word, with `certified`. */
  verdict: RemedyVerdict;
  /** In words, with the number that decides. */
  reason: string;
  /** The numbers that say it: a power of the counts, tau, lambda_Z, weightDecay, smoothing. */
  parameters: Record<string, number>;
  /**
   * What to set for each class: what to add to its logit (offset), its loss weight (average 1 over the samples), how often its samples are seen
   * (oversample), lambda_Z, the smoothing. Where it does not reach the margin, the present values.
   */
  perClass: number[];
  /** Logit margin of each class over its strongest rival with the remedy in place. */
  resultingMargins: number[];
  /** Samples seen in an epoch beyond those there are. */
  extraSamples: number;
  /** Whether the network has to be trained again. */
  retrain: boolean;
  /** Whether the solution with the remedy in place proved itself to the tolerance, as in `Prediction`. */
  certified: boolean;
  /** Relative duality gap that is proved. */
  relativeGap: number;
  /** What becomes of each class with it. */
  classes: PredictedClass[];
  /** How many classes have which status with it, and whether offsets would put right what is not. */
  summary: Summary;
  /** For weights: the same in PyTorch's own meaning. */
  torch: TorchWeights | null;
}

/** What is said of a trial. */
export function summaryOf(trial: Pick<Trial, "classes" | "summary">): Summary {
  return summarized(trial.classes, equalizingOffsets(trial.summary));
}

/** A remedy from what was found; not feasible: the present values stand. */
export function remedyOf(
  { margin }: Situation,
  kind: RemedyKind,
  trial: Trial,
  said: Partial<Remedy> & Pick<Remedy, "reason" | "perClass"> & { feasible: boolean },
): Remedy {
  const { certified, relativeGap } = trial.summary;
  const reaches = said.feasible && trial.least >= margin;
  return {
    kind,
    parameters: {},
    extraSamples: 0,
    retrain: kind !== "offset",
    resultingMargins: trial.classes.map((c) => c.margin),
    certified,
    relativeGap,
    classes: trial.classes,
    summary: summaryOf(trial),
    torch: null,
    ...said,
    reason:
      reaches && !certified
        ? `${said.reason}; not proved: it is so in the solution that was found, whose proved relative gap is ${format(relativeGap)}`
        : said.reason,
    reaches,
    verdict: verdictOf({ reaches, certified }),
    feasible: reaches && certified,
  };
}

/** What a table says of a remedy: whether it does, and whether that is proved. */
export type RemedyVerdict = "works" | "not proved" | "cannot" | "cannot, not proved";

/** See `RemedyVerdict`. */
export function verdictOf({ reaches, certified }: Pick<Remedy, "reaches" | "certified">): RemedyVerdict {
  if (reaches) return certified ? "works" : "not proved";
  return certified ? "cannot" : "cannot, not proved";
}
