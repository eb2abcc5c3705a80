import { inputError } from "../errors.ts";
import { clustersOf, type Problem, usualTolerance } from "../problem/index.ts";
import { foundWithin, searchDimension } from "../solver/index.ts";
import { summarized } from "./class-summary.ts";
import { classesOfMatrix, nearnessOfColumns } from "./dense-classes.ts";
import { clustersOfMatrix, cosinesOf, distancesOfNetwork, figureOf, spectrumOf, vanishedOf } from "./dense-geometry.ts";
import { type Factors, factors } from "./factors.ts";
import { measuredOffsets } from "./offsets.ts";
import { expand, type Prediction, type PredictionSummary } from "./predict.ts";
import { type Searched, searchReason } from "./search.ts";

/** The dimension of the features that was asked for, beside what the optimum needs. */
export interface Dimension {
  /** d. */
  asked: number;
  /**
   * The least dimension that costs nothing: the rank of the optimum, which is unique; with nonnegative features the number of classes whose prediction is not 0, each having a direction of its own.
   * Null where the optimum is not certified to 1e-10: a rougher answer's rank says nothing of the optimum's.
   */
  least: number | null;
}

/** Checks d beside the answer without a limit on it. Throws InputError unless it is a whole number of at least 1, and for nonnegative features in fewer dimensions than their classes need. */
export function dimensionOf(
  { problem, rank, vanished, relativeGap }: PredictionSummary,
  asked: number,
): Dimension & { suffices: boolean } {
  if (!(Number.isSafeInteger(asked) && asked >= 1)) throw inputError("dimension", "a whole number of at least 1", asked);
  const needed = problem.nonnegative ? problem.K - vanished.length : rank;
  if (problem.nonnegative && asked < needed)
    throw inputError(
      "dimension",
      `at least ${needed} with nonnegative features, a direction for each class whose prediction is not 0 (in fewer, classes would have to share directions, and nothing is known of how)`,
      asked,
    );
  return { asked, least: relativeGap <= usualTolerance ? needed : null, suffices: asked >= needed };
}

/**
 * The document of `nclab predict --dimension d` where d is less than the rank of the optimum (theory, section 13): the best of many descents. It has the fields of nclab.prediction/1, null where they
 * mean nothing here; never `certified`: `dual` is the lower bound that the problem without a limit on d has, and is reached by no d below its rank.
 */
export interface FixedDimensionPrediction
  extends Pick<
      Prediction,
      | "schema"
      | "problem"
      | "objective"
      | "dual"
      | "gap"
      | "relativeGap"
      | "rank"
      | "singularValues"
      | "Z"
      | "b"
      | "vanished"
      | "cosines"
      | "iterations"
      | "seconds"
    >,
    Searched {
  /** How the answer was found. */
  method: "fixed-dimension";
  /** d and the least that costs nothing. */
  dimension: Dimension;
}

/** Up to this many classes: beyond it a descent takes hours. */
const mostClasses = 2000;

/** The best answer of d dimensions that `starts` descents find, with its head and class features. `optimum`: without a limit on the dimension. Same problem and starts, same numbers. */
export function predictInDimension(
  problem: Problem,
  optimum: PredictionSummary,
  { d, starts, progress }: { d: number; starts?: number; progress?: (done: number, of: number) => void },
): { prediction: FixedDimensionPrediction; network: Factors } {
  const { suffices, ...dimension } = dimensionOf(optimum, d);
  if (suffices) throw inputError("dimension", `less than the rank of the optimum, ${optimum.rank}`, d);
  if (problem.K > mostClasses)
    throw inputError("counts", `at most ${mostClasses} classes where the dimension is less than they need`, problem.K);
  const began = globalThis.performance.now();
  const even = { ...problem, lambdaW: problem.lambdaZ, lambdaH: problem.lambdaZ };
  const found = searchDimension(problem, d, {
    starts,
    truncated: { ...factors(even, expand(optimum).Z, d), b: optimum.b },
    progress,
  });
  const seconds = (globalThis.performance.now() - began) / 1000;
  const { K, counts } = problem;
  const { Z, objective } = found;
  const rows = Array.from({ length: K }, (_, i) => Array.from(Z.subarray(i * K, i * K + K)));
  const network = factors(problem, rows, d);
  const near = nearnessOfColumns(Z, counts);
  const classes = classesOfMatrix(problem, Z, found.b, near);
  const vanished = vanishedOf(Z, K);
  const { objectives } = found;
  const search = {
    starts: objectives.length,
    found: found.found,
    within: foundWithin,
    exchanges: found.exchanges,
    exhausted: found.exhausted,
    objectives,
  };
  const b = Array.from(found.b);
  const gap = objective - optimum.dual;
  const prediction: FixedDimensionPrediction = {
    schema: "nclab.prediction/1",
    problem: optimum.problem,
    method: "fixed-dimension",
    dimension,
    bins: null,
    objective,
    dual: optimum.dual,
    gap,
    relativeGap: gap / objective,
    certified: false,
    ufmPlus: null,
    reason: `the optimum has rank ${optimum.rank}, and in ${d} dimension${d === 1 ? "" : "s"} the problem is not convex: ${searchReason(search)}`,
    ...spectrumOf(Z, counts),
    Z: rows,
    b,
    clusters: clustersOfMatrix(clustersOf(problem), near),
    phase: null,
    vanished,
    criticalCount: null,
    cosines: cosinesOf(Z, K),
    iterations: found.evaluations,
    seconds,
    geometry: figureOf(Z, network.H, K),
    distances: distancesOfNetwork(counts, { Z, ...network }),
    search,
    classes,
    summary: summarized(classes, measuredOffsets(rows, b)),
  };
  return { prediction, network };
}
