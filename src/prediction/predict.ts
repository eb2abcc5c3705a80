import { checkKeys } from "../known-keys.ts";
import { type LossName, lossNamed, separates } from "../loss/index.ts";
import {
  binnedProblem,
  type Cluster,
  clustersOf,
  type FeatureEnding,
  type Problem,
  type Proof,
  usualTolerance,
} from "../problem/index.ts";
import { type BlockAnswer, reduce, type Trace } from "../solver/index.ts";
import { answer, type Found, type Method } from "./answer.ts";
import { blockCosines, clusterOfClass, expandBlocks, spectrum, zeroBelow } from "./geometry.ts";
import { whyNotProved } from "./reason.ts";

/** Classes that are alike, as a prediction says them. */
export interface PredictedCluster {
  /** Class indices. */
  classes: number[];
  /** Samples of each class. */
  count: number;
  /** Number of classes. */
  size: number;
  /** Whether its classes (two or more) share one prediction. */
  merged: boolean;
  /** p_own - p_other for a class of the cluster, p the loss's prediction (theory, section 14); null for a cluster of one class. */
  margin: number | null;
}

/** The document `nclab predict --json` prints (schema nclab.prediction/1). Matrices: rows = logits, columns = classes. */
export interface Prediction {
  /** Name and version of this document. */
  schema: "nclab.prediction/1";
  /** The problem as it was solved: class counts, sizes, lambdas in the paper's convention, remedies. */
  problem: {
    counts: number[];
    K: number;
    N: number;
    lambdaZ: number;
    lambdaW: number;
    lambdaH: number;
    /** Infinity where there is no bias. */
    lambdaB: number;
    /** Where the lambdas come from a weight decay: that, what ends the network, and J; else null. */
    weightDecay: number | null;
    ends: FeatureEnding | null;
    branches: number | null;
    nonnegative: boolean;
    weights: number[] | null;
    offsets: number[] | null;
    factors: number[] | null;
    smoothing: number;
    /** What is minimized. */
    loss: LossName;
  };
  /** Which closed form or solver gave the answer. */
  method: Method;
  /**
   * How many bins of nearly equal counts the problem was solved in (with a tolerance of 1e-6 or more and over 100 different counts); null: exactly.
   * `clusters` are then those bins with their mean counts; the gap is that of the true counts.
   */
  bins: number | null;
  /** Value of (UFM) (nonnegative: of (UFM+)) at the answer. */
  objective: number;
  /** Proved lower bound of the optimum. */
  dual: number;
  /** objective - dual, absolute. Below 0 by rounding at most. */
  gap: number;
  /** gap / objective; 0 where the gap is below 0. */
  relativeGap: number;
  /** Whether relativeGap is within the tolerance asked for. */
  certified: boolean;
  /**
   * Nonnegative features only: the certificate of (UFM+), the model in which every class owns its feature direction. `dual` and `gap` above are
   * those of nonnegative features as such; where they do not close, classes that share features could do better.
   */
  ufmPlus: Proof | null;
  /** Where it is not certified, why, in a sentence; null where it is. */
  reason: string | null;
  /** Rank of Z: how many of its singular values are not 0. */
  rank: number;
  /** K values, of Z D^(1/2), descending; below 1e-13 of the largest (beyond 128 clusters of the solver: 1e-9 of the larger of it and N lambda_Z) 0. */
  singularValues: number[];
  /** Mean predictions, K rows (logits) of K (classes). */
  Z: number[][];
  /** Bias, K numbers; zeros where there is none. */
  b: number[];
  /** Groups of classes that are alike, by descending count. */
  clusters: PredictedCluster[];
  /** Phase of two clusters (theory, section 5); null for other problems, nonnegative features and remedies. */
  phase: "a" | "b" | "c" | "d" | null;
  /** Classes with z_k = 0. */
  vanished: number[];
  /** (N lambda_Z)^2: classes of equal count at or below it are indistinguishable (features of any sign; of nonnegative ones it decides nothing: theory, section 7). */
  criticalCount: number;
  /** Cosines between the mean predictions; null where one of them is 0. */
  cosines: (number | null)[][];
  /**
   * Why Newton's method stopped: gradient (within its tolerance), rounding (it leaves no decrease), radius (no step lowers the objective, however short), limit (of steps); null for a
   * closed form. What is proved is `relativeGap`, whatever stopped it.
   */
  stopped: "gradient" | "rounding" | "radius" | "limit" | null;
  /** Newton steps; 0 for a closed form. */
  iterations: number;
  /** Time of the solve alone. */
  seconds: number;
}

/** Accuracy. */
export interface PredictOptions {
  /** Relative duality gap asked for, default 1e-10. */
  tolerance?: number;
  /** Is told what the solver does, step by step, while it works; a closed form tells nothing. */
  trace?: Trace;
}

/** The prediction in blocks: what takes K x K numbers is left to `blocks`, J x J. */
export interface PredictionSummary extends Omit<Prediction, "Z" | "cosines"> {
  /** Z and the cosines by blocks. */
  blocks: PredictionBlocks;
}

/** Z by blocks, in the order of `clusters`: Z[i][k] is other[cluster of i][cluster of k], or own[cluster of k] where i = k. */
export interface PredictionBlocks {
  /** J x J: entries off the diagonal. */
  other: number[][];
  /** J entries z_kk. */
  own: number[];
  /** Cosines between the mean predictions of classes of two clusters (on the diagonal: two classes of one); null where one is 0. */
  cosines: (number | null)[][];
}

/**
 * Problem in, prediction out: the mean predictions Z and bias b at the end of training, with the proof that they are optimal. A closed form is used where
 * there is one (balanced classes, two clusters), the solver elsewhere; both are certified the same way.
 *
 * Never throws for lack of accuracy: read `certified` and `gap`. Takes O(K^2) memory; `summarize` does not.
 */
export function predict(problem: Problem, options: PredictOptions = {}): Prediction {
  return expand(summarize(problem, options));
}

/** The whole matrices of a prediction by blocks. */
export function expand<Summary extends Pick<PredictionSummary, "clusters" | "vanished" | "blocks"> & { problem: { K: number } }>(
  given: Summary,
): Omit<Summary, "blocks"> & Pick<Prediction, "Z" | "cosines"> {
  const { blocks, ...summary } = given;
  const of = clusterOfClass(given.clusters, given.problem.K);
  const zero = new Set(given.vanished);
  return {
    ...summary,
    Z: expandBlocks(of, blocks.other, (k) => blocks.own[of[k]]),
    cosines: expandBlocks(of, blocks.cosines, (k) => (zero.has(k) ? null : 1)),
  };
}

/**
 * The little of a prediction from which it can be said what becomes of each class. A `PredictionSummary` is one; what costs as much again as the solve (singular
 * values, angles) is not in it.
 */
export interface Outline {
  /** The classes, and how the loss sees their logits. */
  problem: Pick<Prediction["problem"], "K" | "counts" | "factors" | "offsets" | "loss">;
  /** As in `Prediction`. */
  clusters: PredictedCluster[];
  /** As in `Prediction`. */
  b: number[];
  /** As in `Prediction`. */
  vanished: number[];
  /** Z by blocks. */
  blocks: Pick<PredictionBlocks, "other" | "own">;
}

/** The same as `predict`, by blocks. */
export function summarize(problem: Problem, options: PredictOptions = {}): PredictionSummary {
  checkKeys(options, { tolerance: true, trace: true }, "options");
  return summarizeTelling(problem, options);
}

/**
 * The same, for whoever shows how far it is: `solved` is told the relative gap when the optimum is there and only what is made of it is to come, which takes as long again for many different counts.
 *
 * @internal
 */
export function summarizeTelling(
  problem: Problem,
  { tolerance = usualTolerance, trace, solved }: PredictOptions & { solved?(relativeGap: number): void },
): PredictionSummary {
  const began = now();
  const found = answer(problem, clustersOf(problem), { tolerance, trace });
  solved?.((found.ufmPlus ?? found.proof).relativeGap);
  return summaryOfAnswer(problem, found, { tolerance, seconds: (now() - began) / 1000 });
}

/** What is said of an answer. `seconds`: what it took. */
export function summaryOfAnswer(
  problem: Problem,
  found: Found,
  { tolerance, seconds }: { tolerance: number; seconds: number },
): PredictionSummary {
  const { blocks, clusters } = found;
  const { rank, singularValues } = spectrum(problem, clusters, blocks, found.coreSingularValues);
  const outline = outlineOf(problem, found);
  const zero = new Set(outline.vanished);
  return {
    schema: "nclab.prediction/1",
    problem: problemSaid(problem),
    method: found.method,
    bins: found.bins?.length ?? null,
    objective: found.proof.objective,
    dual: found.proof.dual,
    gap: found.proof.gap,
    relativeGap: found.proof.relativeGap,
    certified: found.proof.certified,
    ufmPlus: found.ufmPlus,
    reason: whyNotProved(found, tolerance),
    rank,
    singularValues,
    b: outline.b,
    clusters: outline.clusters,
    phase: found.phase,
    vanished: outline.vanished,
    criticalCount: (problem.N * problem.lambdaZ) ** 2,
    stopped: found.stopped,
    iterations: found.iterations,
    seconds,
    blocks: {
      ...outline.blocks,
      cosines: blockCosines(clusters, blocks, (j) => zero.has(clusters[j].classes[0])),
    },
  };
}

/** The problem as documents say it. */
export function problemSaid(problem: Problem): Prediction["problem"] {
  return {
    counts: [...problem.counts],
    K: problem.K,
    N: problem.N,
    lambdaZ: problem.lambdaZ,
    lambdaW: problem.lambdaW,
    lambdaH: problem.lambdaH,
    lambdaB: problem.lambdaB,
    weightDecay: problem.weightDecay,
    ends: problem.ends,
    branches: problem.branches,
    nonnegative: problem.nonnegative,
    weights: problem.weights && [...problem.weights],
    offsets: problem.offsets && [...problem.offsets],
    factors: problem.factors && [...problem.factors],
    smoothing: problem.smoothing,
    loss: problem.loss,
  };
}

/** The clusters, bias and blocks of an answer. */
export function outlineOf(problem: Problem, { blocks, clusters, bins }: Found): Outline {
  const J = clusters.length;
  const largest = blocks.other.reduce(
    (m, z) => Math.max(m, Math.abs(z)),
    blocks.own.reduce((m, z) => Math.max(m, Math.abs(z)), 0),
  );
  // Classes whose whole column is 0. Logits have a scale of their own, 1.
  const bar = zeroBelow(J, problem.nonnegative, largest, 1);
  const zero = clusters.map(({ size }, j) => {
    let top = Math.abs(blocks.own[j]);
    for (let i = 0; i < J; i++) if (i !== j || size > 1) top = Math.max(top, Math.abs(blocks.other[i * J + j]));
    return top <= bar;
  });
  const b = new Array<number>(problem.K).fill(0);
  clusters.forEach((cluster, j) => {
    for (const k of cluster.classes) b[k] = blocks.bias[j];
  });
  const reduced = reduce(bins ? binnedProblem(problem, bins) : problem);
  const { K, counts, factors, offsets, loss } = problem;
  return {
    problem: { K, counts: [...counts], factors: factors && [...factors], offsets: offsets && [...offsets], loss },
    clusters: clusters.map((cluster, j) => {
      const merged = cluster.size >= 2 && (problem.nonnegative ? zero[j] : !separates(reduced, j));
      return {
        classes: [...cluster.classes],
        count: cluster.count,
        size: cluster.size,
        merged,
        margin: cluster.size < 2 ? null : merged ? 0 : margin(problem, clusters, blocks, j),
      };
    }),
    b,
    vanished: clusters.flatMap((cluster, j) => (zero[j] ? cluster.classes : [])).sort((x, y) => x - y),
    blocks: {
      other: Array.from({ length: J }, (_, i) => Array.from(blocks.other.subarray(i * J, i * J + J))),
      own: [...blocks.own],
    },
  };
}

/** p_own - p_other of a class of cluster j. */
function margin(problem: Problem, clusters: readonly Cluster[], blocks: BlockAnswer, j: number): number {
  const J = clusters.length;
  const v = (i: number): number => clusters[i].factor * (blocks.other[i * J + j] + blocks.bias[i]) + clusters[i].offset;
  const own = clusters[j].factor * (blocks.own[j] + blocks.bias[j]) + clusters[j].offset;
  const { entry } = lossNamed(problem.loss);
  if (entry) return entry.prediction(own) - entry.prediction(v(j));
  let sum = 1;
  for (let i = 0; i < J; i++) sum += (i === j ? clusters[j].size - 1 : clusters[i].size) * Math.exp(v(i) - own);
  return -Math.expm1(v(j) - own) / sum;
}

const now = (): number => globalThis.performance.now();
