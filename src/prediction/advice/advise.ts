import { InputError, inputError } from "../../errors.ts";
import { checkKeys } from "../../known-keys.ts";
import type { LossName } from "../../loss/index.ts";
import { format, quantity } from "../../number-text.ts";
import { type Convention, clustersOf, type ProblemInput, problem, sampleCount, usualTolerance } from "../../problem/index.ts";
import { type BatchRange, batchRange, checkBatchSize } from "../batch-range.ts";
import type { Summary } from "../class-summary.ts";
import { mergedExactly, type PredictedClass } from "../classes.ts";
import type { Prediction } from "../predict.ts";
import { type Applies, appliesTo } from "./applies.ts";
import { weightPerClass } from "./class-weights.ts";
import { combined, offset } from "./offset.ts";
import { lambda, lambdasOf, oversample, smoothing } from "./others.ts";
import { type Remedy, type RemedyKind, remedyKinds, remedyOf, summaryOf } from "./remedy.ts";
import { concluded, probe, roughCounts, type Situation, searching, several, withCounts } from "./situation.ts";
import { weight } from "./weights.ts";

/**
 * Will my rare classes be lost, and what is the least that keeps them (theory, sections 6 and 11)? For each kind of remedy the least change with which, in the
 * certified solution, every class is its own with at least the asked logit margin over every rival.
 *
 * This is the document `nclab advise --json` prints (schema nclab.advice/1).
 */
export interface Advice {
  /** Name and version of this document. */
  schema: "nclab.advice/1";
  /** Whether the theory covers the training that was described, in one sentence. */
  applies: Applies;
  /** The problem as it is, as in `Prediction`. */
  problem: Prediction["problem"];
  /** How its lambdas were meant; null where they come from a weight decay. */
  convention: Convention | null;
  /** Logits asked of every class over every rival. */
  margin: number;
  /** Groups of two or more classes that cannot be told apart as things are. */
  merged: number[][];
  /** (N lambda_Z)^2. */
  criticalCount: number;
  /** Logit margins as things are. */
  margins: number[];
  /** What becomes of each class as things are. */
  classes: PredictedClass[];
  /** How many classes have which status as things are, and the offsets that would equalize their margins. */
  summary: Summary;
  /** Whether the solution of the problem as it is was proved to the tolerance, as in `Prediction`. */
  certified: boolean;
  /** Relative duality gap that is proved of it. */
  relativeGap: number;
  /** What mini-batches leave open, where a batch size was given. */
  batch: BatchRange | null;
  /** One for each kind that may be changed. */
  remedies: Remedy[];
  /** What limits the advice, in words. */
  notes: string[];
}

/** What to reach, and what may be changed. */
export interface AdviseOptions {
  /** Logits that every class is to have over every rival at its mean (default 1), positive and at most 700. */
  margin?: number;
  /** What may be changed; default all. */
  change?: readonly RemedyKind[];
  /** Relative duality gap asked for; default 1e-10, 1e-7 for more than 100 different classes. */
  tolerance?: number;
  /** Images a step, where weight decay regularizes. */
  batchSize?: number;
  /** Told what is being looked for. */
  progress?: (what: string) => void;
}

const propose: Record<RemedyKind, (situation: Situation) => Remedy> = {
  offset,
  weight,
  "weight-per-class": weightPerClass,
  oversample,
  lambda,
  smoothing,
  combined,
};

const optionKeys: Record<keyof AdviseOptions, true> = {
  margin: true,
  change: true,
  tolerance: true,
  batchSize: true,
  progress: true,
};

/** Advises; throws InputError for a problem or a margin that makes no sense. */
export function advise(input: ProblemInput, options: AdviseOptions = {}): Advice {
  checkKeys(options, optionKeys, "options");
  const now = problem(input);
  const { margin = usualMargin(now.loss), change = remedyKinds, progress = () => {} } = options;
  checkMargin(margin, "margin");
  const { tolerance = clustersOf(now).length > 100 ? 1e-7 : usualTolerance } = options;
  if (options.batchSize !== undefined) checkBatchSize(now, options.batchSize);
  progress("as things are");
  const rough = roughCounts(now);
  // On rough counts first: its solution is where both the true one and every search start.
  const roughly = rough === now.counts ? null : probe(withCounts({ input }, rough), { tolerance: searching, leads: true });
  const present = concluded(probe(now, { tolerance, near: roughly?.found }), tolerance);
  const batch = options.batchSize === undefined ? null : batchRange(now, options.batchSize, present.summary);
  const near = roughly?.found ?? present.found;
  const situation: Situation = { input, now, margin, tolerance, present, rough, near, progress };
  const remedies = remedyKinds
    .filter((kind) => change.includes(kind))
    .map((kind) => {
      progress(kind);
      return present.least >= margin ? nothingToDo(situation, kind) : propose[kind](situation);
    });
  return {
    schema: "nclab.advice/1",
    applies: appliesTo(input, now, present.summary),
    problem: present.summary.problem,
    convention: now.weightDecay === null ? (input.convention ?? "paper") : null,
    margin,
    merged: mergedExactly(present.summary),
    criticalCount: present.summary.criticalCount,
    margins: present.classes.map((c) => c.margin),
    classes: present.classes,
    summary: summaryOf(present),
    certified: present.summary.certified,
    relativeGap: present.summary.relativeGap,
    batch,
    remedies,
    notes: [...notes(situation, batch), ...unproved(present.summary.certified, remedies)],
  };
}

/** The margin that is asked for where none is said, in logits; of the square loss, whose targets are 1 apart, the half of that. */
export const usualMargin = (loss: LossName): number => (loss === "square" ? 0.5 : 1);

/** Largest margin in logits: exp(-margin), the odds of a rival, loses digits in float64 from 708 on and is 0 from 745 on. */
export const largestMargin = 700;

/** Throws InputError for a margin that is not positive, or of which nothing can be computed; `what` names it. */
export function checkMargin(margin: number, what: string): void {
  if (!(typeof margin === "number" && margin > 0)) throw inputError(what, "a positive number of logits", margin);
  if (margin > largestMargin)
    throw inputError(what, `at most ${largestMargin} logits (exp(-margin), the odds of a rival, underflows beyond)`, margin);
}

/** Every class has the margin: whatever may be changed stays. */
function nothingToDo(situation: Situation, kind: RemedyKind): Remedy {
  const { now, present } = situation;
  const weights = now.weights ?? now.counts.map(() => 1);
  const unchanged: Record<RemedyKind, readonly number[]> = {
    offset: now.counts.map(() => 0),
    weight: weights,
    "weight-per-class": weights,
    oversample: now.counts.map(() => 1),
    lambda: now.counts.map(() => now.lambdaZ),
    smoothing: now.counts.map(() => now.smoothing),
    combined: now.counts.map(() => 0),
  };
  return remedyOf(situation, kind, present, {
    feasible: true,
    reason: "every class has the margin already",
    parameters: kind === "lambda" ? lambdasOf(now) : {},
    perClass: [...unchanged[kind]],
    retrain: false,
  });
}

function notes({ now, input, present, margin }: Situation, batch: BatchRange | null): string[] {
  const found: string[] = [];
  if (batch) found.push(batch.note);
  if (now.nonnegative && present.least < margin)
    found.push(
      "behind a ReLU training can lose classes that the minimum keeps: features that died do not come back, and a class with a small margin is near that. Trained by SGD alone at a margin of 1, oversampling kept every class, weights and less decay did not (docs/advise.md); ask for a larger --margin, let penalties grow during training, and look whether a class has died",
    );
  if (input.convention === undefined && now.weightDecay === null) {
    const critical = (convention: Convention): string => {
      try {
        return sampleCount((now.N * problem({ ...input, convention }).lambdaZ) ** 2);
      } catch (error) {
        // At the end of the range of lambda_Z another convention may lead out of it.
        if (error instanceof InputError) return "none that can be computed";
        throw error;
      }
    };
    found.push(
      `convention: which norm is penalized was not said. Taken: 1/2 on each, features summed over samples (paper), critical count ${critical("paper")}. Without the 1/2 (no-half) it would be ${critical("no-half")}, with the mean over samples (mean) ${critical("mean")}`,
    );
  }
  const { own } = summaryOf(present);
  if (own === now.K)
    found.push(
      `at the end of training no class is lost: every class is its own, the weakest with a margin of ${quantity(format(present.least), "logit")}. If rare classes do badly on test images, it is not there that they are lost (too few samples to learn from, training stopped early); the offsets that equalize the margins are in the summary (\`offsets\`)`,
    );
  else if (present.least < margin) {
    const lost = now.K - own;
    found.push(`${several(lost)} of ${now.K} ${lost === 1 ? "is" : "are"} lost at the end of training as things are`);
  }
  return found;
}

/** What is said of solutions that are not proved. */
function unproved(certified: boolean, remedies: readonly Remedy[]): string[] {
  if (certified && remedies.every((r) => r.certified)) return [];
  return [
    "where a solution is not proved to the tolerance (`certified` false, with its `relativeGap`), no remedy is called feasible, and what is said holds of the solution that was found",
  ];
}

/** `oversample,weight` -> kinds. */
export function parseKinds(text: string, what: string): RemedyKind[] {
  const names = text.split(",").map((part) => part.trim());
  for (const name of names)
    if (!(remedyKinds as readonly string[]).includes(name))
      throw new InputError(`${what}: expected any of ${remedyKinds.join(", ")}, got ${name}`);
  return names as RemedyKind[];
}
