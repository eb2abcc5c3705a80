import { inputError } from "../errors.ts";
import { clustersOf, problem as convexProblem, type LayerNormProblem, type Origin } from "../problem/index.ts";
import { foundWithin, type LayerNormSolution, searchLayerNorm, settleLayerNorm, usualStarts } from "../solver/layer-norm.ts";
import { codeValue, crossPolytope, simplex } from "../theory/index.ts";
import { type ClassGeometry, classGeometry } from "./class-geometry.ts";
import { type Summary, summarized } from "./class-summary.ts";
import type { PredictedClass } from "./classes.ts";
import { classesOfMatrix, nearnessOfColumns } from "./dense-classes.ts";
import { aboutMean, cosinesOf, spectrumOf, vanishedOf } from "./dense-geometry.ts";
import { type Distances, distancesOfMatrices } from "./distances.ts";
import { measuredOffsets } from "./offsets.ts";
import { type PredictedCluster, type Prediction, summarize } from "./predict.ts";

/**
 * The document of `nclab predict --ends layer-norm` (theory, section 9.4): the best of many descents on a model that is not convex. It has the fields of nclab.prediction/1, null where they mean
 * nothing here; never `certified`.
 */
export interface LayerNormPrediction
  extends Pick<Prediction, "schema" | "objective" | "rank" | "singularValues" | "Z" | "b" | "vanished" | "cosines" | "seconds"> {
  /** The problem as it was solved. */
  problem: Omit<Prediction["problem"], keyof Origin | "lambdaZ" | "lambdaH" | "nonnegative"> & {
    /** X. */
    weightDecay: number;
    /** What stands before the head. */
    ends: LayerNormProblem["ends"];
    /** Of residual networks, whose normalizations are several. */
    branches: null;
    /** Channels of the features. */
    width: number;
    /** Decay of scale and shift of the normalization. */
    lambdaNorm: number;
    /** lambda_Z and lambda_H belong to the convex model. */
    lambdaZ: null;
    /** Belongs to the convex model. */
    lambdaH: null;
    /** No ReLU after the normalization. */
    nonnegative: false;
  };
  /** How the answer was found. */
  method: "layer-norm";
  /** A proved lower bound of the minimum, not a tight one: the convex model with lambda_Z = Lambda/sqrt(N) and a free bias. */
  bound: number;
  /** There is no dual problem whose value is the minimum's. */
  dual: null;
  /** No dual, no gap. */
  gap: null;
  /** No dual, no gap. */
  relativeGap: null;
  /** Never: the model is not convex. */
  certified: false;
  /** Why it is not certified, in a sentence. */
  reason: string;
  /** Of the convex model. */
  bins: null;
  /** Of nonnegative features. */
  ufmPlus: null;
  /** Of the convex model. */
  phase: null;
  /** Of the convex model. */
  criticalCount: null;
  /** Classes of equal count. They need not be alike: `margin` is null, `merged` goes by distances. */
  clusters: PredictedCluster[];
  /** The figure that the class features make; null at complete collapse. */
  geometry: ClassGeometry | null;
  /** How far Z, head and class features are from the simplex and from SELI (theory, section 12); no limit of vanishing decay is known. */
  distances: Distances;
  /** Values of the two figures where counts are equal and there are no remedies (theory/layer-norm.ts), else null; `crossPolytope` null for an odd K. */
  closedForms: { simplex: number; crossPolytope: number | null } | null;
  /** How the answer was found. */
  search: {
    /** Descents. */
    starts: number;
    /** How many of them ended within `within`, relative to the best, of it; 0 where only an exchange led there. */
    found: number;
    /** Relative distance of two objectives that are one. */
    within: number;
    /** Descents from the best answer with two classes exchanged, which were tried after that. */
    exchanges: number;
    /** Objective of each, ascending. */
    objectives: number[];
  };
  /** Looks at the model of the descent that found it. */
  iterations: number;
  /** What should be known of this problem, in words. */
  notes: string[];
  /** What becomes of each class. */
  classes: PredictedClass[];
  /** How many classes have which status. */
  summary: Summary;
}

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
  { starts = usualStarts, progress }: LayerNormOptions = {},
): { prediction: LayerNormPrediction; network: LayerNormSolution } {
  if (!(Number.isSafeInteger(starts) && starts >= 1))
    throw inputError("starts", "a whole number of descents, at least 1", starts);
  checkLayerNormClasses(problem.K);
  const began = globalThis.performance.now();
  const { best, objectives, found, exchanges } = searchLayerNorm(problem, { starts, progress });
  const seconds = (globalThis.performance.now() - began) / 1000;
  const { K, N, counts, weights, offsets, factors, smoothing } = problem;
  const rows = Array.from({ length: K }, (_, i) => Array.from(best.Z.subarray(i * K, i * K + K)));
  const near = nearnessOfColumns(best.Z, counts);
  const classes = classesOfMatrix(problem, best.Z, best.b, near);
  const vanished = vanishedOf(best.Z, K);
  // Where everything collapses the features have no directions but rounding's.
  const geometry = vanished.length === K ? null : classGeometry(best.H, K, best.channels);
  const b = Array.from(best.b);
  const prediction: LayerNormPrediction = {
    schema: "nclab.prediction/1",
    problem: {
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
    },
    method: "layer-norm",
    bins: null,
    objective: best.objective,
    bound: layerNormBound(problem),
    dual: null,
    gap: null,
    relativeGap: null,
    certified: false,
    ufmPlus: null,
    reason: `the model is not convex: this is the best of ${starts} descents, ${found === 0 ? "improved by exchanging classes" : `which ${found} of them found`}, and nothing proves that there is no better one`,
    ...spectrumOf(best.Z, counts),
    Z: rows,
    b,
    clusters: clustersOf(problem).map(({ classes: members, count, size }) => ({
      classes: [...members],
      count,
      size,
      merged: size >= 2 && near.groups.some((group) => members.every((k) => group.includes(k))),
      margin: null,
    })),
    phase: null,
    vanished,
    criticalCount: null,
    cosines: cosinesOf(best.Z, K),
    iterations: best.evaluations,
    seconds,
    geometry,
    distances: distancesOfMatrices(
      counts,
      {
        Z: vanished.length === K ? null : best.Z,
        W: vanished.length === K ? null : { rows: best.W, d: best.channels },
        M: vanished.length === K ? null : { rows: aboutMean(best.H, K), d: best.channels },
      },
      null,
    ),
    closedForms: closedForms(problem),
    search: { starts, found, within: foundWithin, exchanges, objectives },
    notes: notesOf(problem, geometry),
    classes,
    summary: summarized(classes, measuredOffsets(rows, b)),
  };
  return { prediction, network: best };
}

/**
 * The local minimum of the model that given mean predictions stand at, such as a trained network's (Z: K rows of K, Z[i][k] = w_i . mu_k): with the pairs that it has, not those that are best.
 * Its objective beside that of `predictLayerNorm` says how much dearer they are.
 */
export function settledLayerNorm(
  problem: LayerNormProblem,
  Z: readonly (readonly number[])[],
): { network: LayerNormSolution; geometry: ClassGeometry | null } {
  if (Z.length !== problem.K || Z.some((row) => row.length !== problem.K || !row.every(Number.isFinite)))
    throw inputError("Z", `${problem.K} rows of ${problem.K} finite numbers`, Z.length);
  const network = settleLayerNorm(problem, Float64Array.from(Z.flat()));
  return { network, geometry: classGeometry(network.H, problem.K, network.channels) };
}

/**
 * A lower bound of the model's minimum. With A = W diag(gamma) and |u_k|^2 <= d
 *
 *   |Z D^(1/2)|_* = |A U D^(1/2)|_* <= |A|_* |U D^(1/2)|_F <= |A|_* sqrt(d N),
 *
 * and (lambda_W/2)|W|^2 + (lambda_norm/2)|gamma|^2 >= sqrt(lambda_W lambda_norm) |A|_*, so the convex model with lambda_Z = Lambda/sqrt(N) lies below; shift and bias are together a bias that is
 * worth nothing less than no penalty. For a prediction of rank m whose u_k are spread evenly the first step loses a factor sqrt(m), which is why the bound is far from the value (no convex
 * penalty on Z does better for equal counts and even K: sums of w s' with s_k = +-sqrt(d) reach it).
 */
export function layerNormBound(p: LayerNormProblem): number {
  const { counts, weights, offsets, factors, smoothing } = p;
  const convex = convexProblem({
    counts: [...counts],
    lambdaZ: p.strength / Math.sqrt(p.N),
    lambdaB: 0,
    weights,
    offsets,
    factors,
    smoothing,
  });
  return summarize(convex, { tolerance: 1e-6 }).dual;
}

function closedForms(p: LayerNormProblem): LayerNormPrediction["closedForms"] {
  const { K, counts, weights, offsets, factors, smoothing, strength } = p;
  if (counts.some((n) => n !== counts[0]) || weights || offsets || factors || smoothing > 0) return null;
  return {
    simplex: codeValue(simplex(K), strength).objective,
    crossPolytope: K % 2 === 0 ? codeValue(crossPolytope(K), strength).objective : null,
  };
}

function notesOf({ K, width }: LayerNormProblem, geometry: ClassGeometry | null): string[] {
  const notes: string[] = [];
  if (K === 2) notes.push("two classes are one antipodal pair: simplex and cross-polytope are the same");
  else if (K % 2 === 1)
    notes.push(
      "an odd number of classes has no cross-polytope of its own and no closed form is known for what takes its place; found were, for equal counts: a simplex for 3 (and for 5 at a very small decay), else pairs and one class by itself",
    );
  if (geometry === null) notes.push("complete collapse: all class features are one");
  if (width < 4 * K)
    notes.push(
      `${width} channels are few for ${K} classes: that layer normalization also takes the mean of u over the channels out is left out of the model; with it the minimum lies between this one and that of ${width} less the rank channels`,
    );
  return notes;
}
