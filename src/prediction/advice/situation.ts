import { binsOf, type Problem, type ProblemInput, problem } from "../../problem/index.ts";
import { classesOf, type PredictedClass } from "../classes.ts";
import { type PredictionSummary, summarize } from "../predict.ts";

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

/** Solves a problem and judges its classes. */
export function attempt(changed: Problem, tolerance: number): Trial {
  const summary = summarize(changed, { tolerance });
  return { problem: changed, summary, ...judged(classesOf(summary)) };
}

/** The least margin of classes; a class that is not its own has none, whatever rounding says. */
export function judged(classes: PredictedClass[]): Pick<Trial, "classes" | "least"> {
  return {
    classes,
    least: classes.reduce(
      (least, c) => Math.min(least, c.status === "own" ? c.margin : Math.min(0, c.margin)),
      Number.POSITIVE_INFINITY,
    ),
  };
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
  const [least, most] = [Math.min(...now.counts), Math.max(...now.counts)];
  return counts.map((n, k) => (now.counts[k] === least || now.counts[k] === most ? now.counts[k] : n));
}

/** The input with other counts: what depends on N (the mean of the features, weight decay) follows. */
export function withCounts({ input }: Situation, counts: readonly number[]): Problem {
  return problem({ ...input, counts });
}
export const several = (n: number): string => (n === 1 ? "1 class" : `${n} classes`);
