import { inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import { clustersOf, type LayerNormProblem } from "../problem/index.ts";
import { foundWithin, type LayerNormSearch, type LayerNormSolution, searchLayerNorm, usualStarts } from "../solver/index.ts";
import { summarized } from "./class-summary.ts";
import { classesOfMatrix, nearnessOfColumns } from "./dense-classes.ts";
import { clustersOfMatrix, cosinesOf, distancesOfNetwork, figureOf, spectrumOf, vanishedOf } from "./dense-geometry.ts";
import { layerNormBound } from "./layer-norm-bound.ts";
import type { LayerNormPrediction } from "./layer-norm-document.ts";
import { closedForms, layerNormNotes } from "./layer-norm-notes.ts";
import { measuredOffsets } from "./offsets.ts";
import { searchReason } from "./search.ts";

/** How long to search. */
export interface LayerNormOptions {
  /** Descents, at least 1 (default 16). */
  starts?: number;
  /** Told after each. */
  progress?: (done: number, of: number) => void;
}

/** Up to this many classes: beyond it a descent takes hours. */
const mostClasses = 2000;

/** Whether so many classes are answered. Throws InputError. */
export function checkLayerNormClasses(K: number): void {
  if (K > mostClasses) throw inputError("counts", `at most ${mostClasses} classes with layer-norm`, K);
}

/** The best answer that `starts` descents find, with the network that has it. Same problem and starts, same numbers. */
export function predictLayerNorm(
  problem: LayerNormProblem,
  options: LayerNormOptions = {},
): { prediction: LayerNormPrediction; network: LayerNormSolution } {
  checkKeys(options, { starts: true, progress: true }, "options");
  const { starts = usualStarts, progress } = options;
  if (!(Number.isSafeInteger(starts) && starts >= 1))
    throw inputError("starts", "a whole number of descents, at least 1", starts);
  checkLayerNormClasses(problem.K);
  const began = globalThis.performance.now();
  const found = searchLayerNorm(problem, { starts, progress });
  const seconds = (globalThis.performance.now() - began) / 1000;
  return { prediction: documentOf(problem, found, seconds), network: found.best };
}

function documentOf(
  problem: LayerNormProblem,
  { best, objectives, found, built, exchanges, exhausted }: LayerNormSearch,
  seconds: number,
): LayerNormPrediction {
  const { K, counts } = problem;
  const { Z, H, objective } = best;
  const rows = Array.from({ length: K }, (_, i) => Array.from(Z.subarray(i * K, i * K + K)));
  const b = Array.from(best.b);
  const near = nearnessOfColumns(Z, counts);
  const classes = classesOfMatrix(problem, Z, best.b, near);
  const search = { starts: objectives.length, built, found, within: foundWithin, exchanges, exhausted, objectives };
  const geometry = figureOf(Z, H, K);
  const forms = closedForms(problem);
  return {
    schema: "nclab.prediction/1",
    problem: problemOf(problem),
    method: "layer-norm",
    bins: null,
    objective,
    bound: layerNormBound(problem),
    dual: null,
    gap: null,
    relativeGap: null,
    certified: false,
    ufmPlus: null,
    reason: `the model is not convex: ${searchReason(search)}`,
    ...spectrumOf(Z, counts),
    Z: rows,
    b,
    clusters: clustersOfMatrix(clustersOf(problem), near),
    phase: null,
    vanished: vanishedOf(Z, K),
    criticalCount: null,
    cosines: cosinesOf(Z, K),
    iterations: best.evaluations,
    seconds,
    geometry,
    distances: distancesOfNetwork(counts, { Z, W: best.W, H }),
    closedForms: forms,
    search,
    notes: layerNormNotes(problem, { geometry, closedForms: forms, objective }),
    classes,
    summary: summarized(classes, measuredOffsets(rows, b)),
  };
}

function problemOf(problem: LayerNormProblem): LayerNormPrediction["problem"] {
  const { K, N, counts, weights, offsets, factors, smoothing } = problem;
  return {
    counts: [...counts],
    K,
    N,
    lambdaZ: null,
    lambdaW: problem.lambdaW,
    lambdaH: null,
    lambdaB: problem.lambdaB,
    lambdaNorm: problem.lambdaNorm,
    weightDecay: problem.weightDecay,
    ends: problem.ends,
    branches: null,
    width: problem.width,
    nonnegative: false,
    weights: weights && [...weights],
    offsets: offsets && [...offsets],
    factors: factors && [...factors],
    smoothing,
    loss: problem.loss,
  };
}
