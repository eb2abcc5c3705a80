import { InputError, inputError } from "../errors.ts";
import { type Convention, clustersOf, type ProblemInput, problem } from "../problem/index.ts";
import { sampleCount } from "../problem/sample-count.ts";
import { mergedExactly } from "./classes.ts";
import { type Prediction, predict } from "./predict.ts";
import { propose } from "./proposals.ts";
import { classes, marginsOf, type Remedy, type RemedyKind, remedyKinds, type Situation } from "./remedy.ts";

/**
 * What to change so that every cluster stays apart by a stated margin (theory, section 6): for each kind of remedy the least change that does
 * it, in closed form where features are free, by root finding on certified solutions where they are nonnegative. Every remedy that is
 * called feasible was put into the problem, solved, and its margins read off that solution.
 *
 * This is the document `nclab advise --json` prints (schema nclab.advice/1).
 */
export interface Advice {
  /** Name and version of this document. */
  schema: "nclab.advice/1";
  /** The problem as it is, as in `Prediction`. */
  problem: Prediction["problem"];
  /** How its lambdas were meant. */
  convention: Convention;
  /** The margin asked for. */
  margin: number;
  /** Groups of two or more classes that cannot be told apart as things are. */
  merged: number[][];
  /** (N lambda_Z)^2. */
  criticalCount: number;
  /** Margins as things are. */
  margins: (number | null)[];
  /** One for each kind that may be changed. */
  remedies: Remedy[];
  /** What limits the advice, in words. */
  notes: string[];
}

/** What to reach, and what may be changed. */
export interface AdviseOptions {
  /** p_own - p_other to keep between the classes of every cluster, in [0, 1); default 0.1. */
  margin?: number;
  /** What may be changed; default all. */
  change?: readonly RemedyKind[];
}

/** Advises; throws InputError for a problem or a margin that makes no sense. */
export function advise(input: ProblemInput, options: AdviseOptions = {}): Advice {
  const { margin = 0.1, change = remedyKinds } = options;
  if (!(margin >= 0 && margin < 1)) throw inputError("margin", "a number in [0, 1)", margin);
  const now = problem(input);
  const present = predict(now);
  // A margin of 0 asks for apart: any at all.
  const situation: Situation = { input, now, margin: Math.max(margin, 1e-9), clusters: clustersOf(now), present };
  const remedies = remedyKinds.filter((kind) => change.includes(kind)).map((kind) => propose[kind](situation));
  return {
    schema: "nclab.advice/1",
    problem: present.problem,
    convention: input.convention ?? "paper",
    margin,
    merged: mergedExactly(present),
    criticalCount: present.criticalCount,
    margins: marginsOf(present),
    remedies,
    notes: notes(situation),
  };
}

function notes({ clusters, now, input }: Situation): string[] {
  const lone = clusters.filter((c) => c.size === 1).length;
  const found: string[] = [];
  if (input.convention === undefined) {
    const critical = (convention: Convention): string => {
      try {
        return sampleCount((now.N * problem({ ...input, convention }).lambdaZ) ** 2);
      } catch (error) {
        // A lambda at the end of its range is beyond it in another convention.
        if (!(error instanceof InputError)) throw error;
        return "none that can be computed";
      }
    };
    found.push(
      `convention: which norm is penalized was not said. Taken: 1/2 on each, features summed over samples (paper), critical count ${critical("paper")}. Without the 1/2 (no-half) it would be ${critical("no-half")}, with the mean over samples (mean) ${critical("mean")}`,
    );
  }
  if (lone > 0)
    found.push(
      `${classes(lone)} ${lone === 1 ? "has a count of its" : "have counts of their"} own: for them there is no margin within a cluster and no threshold of merging; see the rank and distances of nclab predict`,
    );
  if (now.nonnegative)
    found.push("nonnegative features: classes vanish one by one instead of merging; oversampling was searched in steps of 2 %");
  return found;
}

/** `oversample,weight` -> kinds. */
export function parseKinds(text: string, what: string): RemedyKind[] {
  const names = text.split(",").map((part) => part.trim());
  for (const name of names)
    if (!(remedyKinds as readonly string[]).includes(name))
      throw new InputError(`${what}: expected any of ${remedyKinds.join(", ")}, got ${name}`);
  return names as RemedyKind[];
}
