import { maximum, minimum } from "../../extremes.ts";
import { binsOf, clustersOf, type Problem, type ProblemInput, problem } from "../../problem/index.ts";
import { type AnswerOptions, answer, type Found, looseFrom } from "../answer.ts";
import { classesOf, type OwnMargin, ownMargins, type PredictedClass } from "../classes.ts";
import { type Outline, outlineOf, type PredictionSummary, summaryOfAnswer } from "../predict.ts";

/** What every remedy starts from, and how a changed problem is tried. */
export interface Situation {
  input: ProblemInput;
  now: Problem;
  /** Least logit margin asked of every class over every rival. */
  margin: number;
  /** Relative duality gap asked of what is answered. */
  tolerance: number;
  present: Trial;
  /** Counts for the search: those given, or with very many different ones nearly equal counts made equal. */
  rough: readonly number[];
  /** The solution as things are, with the counts of the search: where it starts. */
  near: Found;
  /** Told what is being looked for. */
  progress: (what: string) => void;
}

/** A problem, solved: what becomes of its classes. */
export interface Trial {
  /** As it was solved. */
  problem: Problem;
  /** Its solution. */
  summary: PredictionSummary;
  /** What becomes of each class in it. */
  classes: PredictedClass[];
  /** The smallest logit margin of any class; not above 0 where any class is not its own. */
  least: number;
}

/** A trial, and the answer itself, from which a nearby problem starts. */
export interface Concluded extends Trial {
  found: Found;
}

/** A problem, solved as far as a search needs it. */
export interface Probe {
  /** As it was solved. */
  problem: Problem;
  /** Its solution. */
  found: Found;
  outline: Outline;
  /** Milliseconds. */
  took: number;
}

/** Solves a problem. */
export function probe(changed: Problem, options: AnswerOptions): Probe {
  const began = globalThis.performance.now();
  const found = answer(changed, clustersOf(changed), options);
  return { problem: changed, found, outline: outlineOf(changed, found), took: globalThis.performance.now() - began };
}

/** All that is said of a solved problem; `seen`: what is made of it before its classes are judged (default: nothing). */
export function concluded(
  { problem: changed, found, took }: Probe,
  tolerance: number,
  seen: (outline: Outline) => Outline = (outline) => outline,
): Concluded {
  const summary = summaryOfAnswer(changed, found, { tolerance, seconds: took / 1000 });
  return { problem: changed, summary, found, ...judged(seen(summary)) };
}

/** What becomes of the classes, and their least margin. */
export function judged(outline: Outline): Pick<Trial, "classes" | "least"> {
  return { classes: classesOf(outline), least: leastMargin(ownMargins(outline)) };
}

/** The least margin of classes; a class that is not its own has none, whatever rounding says. */
export function leastMargin(margins: readonly OwnMargin[]): number {
  return margins.reduce(
    (least, { own, margin }) => Math.min(least, own ? margin : Math.min(0, margin)),
    Number.POSITIVE_INFINITY,
  );
}

/** Relative duality gap to which a search solves on rough counts, and for weights class by class. */
export const searching = 1e-7;
/** The same for what only leads the way on the true counts, where these are very many: at most this, and this share of the rarest class's part of the samples. */
const leadingTolerance = 1e-5;
const shareOfRarest = 0.1;

/**
 * How to solve what only leads the way on the true counts: roughly, where there are digits to be saved (nonnegative features come with all of them), but as it is, and not so
 * roughly that the gap could hide what becomes of the rarest class; binned where the tolerance asked for will have the answer binned too.
 */
export function leading({ tolerance, now }: Pick<Situation, "tolerance" | "now">): AnswerOptions {
  if (now.nonnegative || tolerance >= looseFrom) return { tolerance };
  const rarest = minimum(now.counts) / now.N;
  return { tolerance: Math.max(tolerance, Math.min(leadingTolerance, shareOfRarest * rarest)), leads: true };
}

/** More different counts than this are taken together while a remedy is searched for; what is found is solved with the true ones. */
const many = 60;

/** Counts in which at most about `many` values differ: means of bins, rounded; the least and the largest as they are, since the weakest class decides. */
export function roughCounts(now: Problem): readonly number[] {
  if (new Set(now.counts).size <= many) return now.counts;
  const plain = { ...now, weights: null, offsets: null, factors: null };
  let width = 1.01;
  let bins = binsOf(plain, width);
  while (bins.length > many) {
    width = 1 + 1.3 * (width - 1);
    bins = binsOf(plain, width);
  }
  const counts = new Array<number>(now.K);
  for (const bin of bins) for (const k of bin.classes) counts[k] = Math.max(1, Math.round(bin.count));
  const [least, most] = [minimum(now.counts), maximum(now.counts)];
  return counts.map((n, k) => (now.counts[k] === least || now.counts[k] === most ? now.counts[k] : n));
}

/** The input with other counts: what depends on N (the mean of the features, weight decay) follows. */
export function withCounts({ input }: Pick<Situation, "input">, counts: readonly number[]): Problem {
  return problem({ ...input, counts });
}
export const several = (n: number): string => (n === 1 ? "1 class" : `${n} classes`);
