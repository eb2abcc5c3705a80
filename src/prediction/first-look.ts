import { clustersOf, type Problem, usualTolerance } from "../problem/index.ts";
import type { Trace } from "../solver/index.ts";

import { answer } from "./answer.ts";
import { type Summary, summarized } from "./class-summary.ts";
import { classesOf, type PredictedClass } from "./classes.ts";
import { type DocumentByBlocks, documentByBlocks, type Named, named } from "./document.ts";
import { equalizingOffsets } from "./offsets.ts";
import { type Outline, outlineOf, type Prediction, problemSaid, summaryOfAnswer } from "./predict.ts";

/**
 * What a solve says at once: what becomes of each class, and the proof. Singular values, angles and distances, which take as long again for hundreds of different counts, are not in it.
 *
 * @internal
 */
export interface FirstLook
  extends Omit<Outline, "problem">,
    Pick<
      Prediction,
      "problem" | "method" | "bins" | "objective" | "dual" | "gap" | "relativeGap" | "certified" | "ufmPlus" | "seconds"
    > {
  /** As in the document. */
  classes: Named<PredictedClass>[];
  /** As in the document. */
  summary: Summary;
}

/**
 * The first answer to a problem of many different counts: the whole document where nearly equal counts were taken together, which makes it cheap, else the first look.
 *
 * @internal
 */
export function firstAnswer(
  problem: Problem,
  { tolerance = usualTolerance, trace }: { tolerance?: number; trace?: Trace },
  names: readonly string[] | null = null,
): DocumentByBlocks | FirstLook {
  const began = globalThis.performance.now();
  const found = answer(problem, clustersOf(problem), { tolerance, trace, early: true });
  const seconds = (globalThis.performance.now() - began) / 1000;
  if (found.bins) return documentByBlocks(summaryOfAnswer(problem, found, { tolerance, seconds }), names);
  const outline = { ...outlineOf(problem, found), problem: problemSaid(problem) };
  const classes = named(classesOf(outline), names);
  const { objective, dual, gap, relativeGap, certified } = found.proof;
  return {
    ...outline,
    method: found.method,
    bins: null,
    ...{ objective, dual, gap, relativeGap, certified },
    ufmPlus: found.ufmPlus,
    seconds,
    classes,
    summary: summarized(classes, equalizingOffsets(outline)),
  };
}
