import { type Cluster, clustersOf, type Problem } from "../problem/index.ts";
import { type BlockAnswer, certify, reduce, separates, solve } from "../solver/index.ts";
import { solveNonnegative } from "../solver/nonnegative.ts";
import { balanced, balancedBlocks, twoClusterBlocks, twoClusters } from "../theory/index.ts";
import { blockCosines, blockSingularValues, expand } from "./geometry.ts";

/**
 * Problem in, prediction out: the mean predictions Z and bias b at the end of training, with the proof that they are optimal.
 *
 * A closed form is used where there is one (balanced classes, two clusters), the solver elsewhere; both are certified the same way.
 */
export type Method = "balanced" | "two-clusters" | "reduced" | "dense" | "nonnegative";

export interface PredictedCluster {
  /** Class indices. */
  classes: number[];
  /** Samples of each class. */
  count: number;
  /** Number of classes. */
  size: number;
  /** Whether its classes (two or more) share one prediction. */
  merged: boolean;
  /** p_own - p_other for a class of the cluster; null for a cluster of one class. */
  margin: number | null;
}

/** The document `nclab predict --json` prints (schema nclab.prediction/1). Matrices: rows = logits, columns = classes. */
export interface Prediction {
  schema: "nclab.prediction/1";
  problem: {
    counts: number[];
    K: number;
    N: number;
    lambdaZ: number;
    lambdaW: number;
    lambdaH: number;
    /** Infinity where there is no bias. */
    lambdaB: number;
    nonnegative: boolean;
    weights: number[] | null;
    offsets: number[] | null;
    factors: number[] | null;
    smoothing: number;
  };
  method: Method;
  objective: number;
  dual: number;
  /** objective - dual, absolute. */
  gap: number;
  /** Whether gap / objective is within the tolerance asked for. */
  certified: boolean;
  /**
   * Nonnegative features only: the certificate of (UFM+), the model in which every class owns its feature direction. `dual` and `gap` above are
   * those of nonnegative features as such; where they do not close, classes that share features could do better.
   */
  ufmPlus: { dual: number; gap: number } | null;
  rank: number;
  /** K values, of Z D^(1/2), descending. */
  singularValues: number[];
  Z: number[][];
  b: number[];
  clusters: PredictedCluster[];
  phase: "a" | "b" | "c" | "d" | null;
  /** Classes with z_k = 0. */
  vanished: number[];
  /** (N lambda_Z)^2: classes of equal count at or below it are indistinguishable. */
  criticalCount: number;
  /** Cosines between the mean predictions; null where one of them is 0. */
  cosines: (number | null)[][];
  iterations: number;
  seconds: number;
}

export interface PredictOptions {
  /** Relative duality gap asked for, default 1e-10. */
  tolerance?: number;
}

/** Predicts; never throws for lack of accuracy: read `certified` and `gap`. */
export function predict(problem: Problem, options: PredictOptions = {}): Prediction {
  const { tolerance = 1e-10 } = options;
  const clusters = clustersOf(problem);
  const began = now();
  const found = answer(problem, clusters, tolerance);
  const seconds = (now() - began) / 1000;
  const { blocks } = found;
  const Z = expand(clusters, problem.K, blocks);
  const largest = blocks.other.reduce(
    (m, z) => Math.max(m, Math.abs(z)),
    blocks.own.reduce((m, z) => Math.max(m, Math.abs(z)), 0),
  );
  // Classes whose whole column is 0 up to the accuracy of the answer. Logits have a scale of their own, 1: at complete collapse the largest
  // entry is itself what is left of a 0.
  const isZero = (j: number): boolean => {
    const J = clusters.length;
    let top = Math.abs(blocks.own[j]);
    for (let i = 0; i < J; i++) if (i !== j || clusters[j].size > 1) top = Math.max(top, Math.abs(blocks.other[i * J + j]));
    return top <= 1e-9 * Math.max(largest, 1);
  };
  const singularValues = problem.nonnegative
    ? blockSingularValues(clusters, blocks)
    : blockSingularValues(clusters, blocks, found.coreSingularValues);
  const b = new Array<number>(problem.K).fill(0);
  clusters.forEach((cluster, j) => {
    for (const k of cluster.classes) b[k] = blocks.bias[j];
  });
  return {
    schema: "nclab.prediction/1",
    problem: {
      counts: [...problem.counts],
      K: problem.K,
      N: problem.N,
      lambdaZ: problem.lambdaZ,
      lambdaW: problem.lambdaW,
      lambdaH: problem.lambdaH,
      lambdaB: problem.lambdaB,
      nonnegative: problem.nonnegative,
      weights: problem.weights && [...problem.weights],
      offsets: problem.offsets && [...problem.offsets],
      factors: problem.factors && [...problem.factors],
      smoothing: problem.smoothing,
    },
    method: found.method,
    objective: found.objective,
    dual: found.dual,
    gap: found.objective - found.dual,
    certified: found.objective - found.dual <= tolerance * found.objective,
    ufmPlus: found.ufmPlus,
    rank: rankOf(singularValues, problem.N * problem.lambdaZ),
    singularValues,
    Z,
    b,
    clusters: clusters.map((cluster, j) => describe(problem, clusters, blocks, cluster, j, isZero(j))),
    phase: found.phase,
    vanished: clusters.flatMap((cluster, j) => (isZero(j) ? cluster.classes : [])).sort((x, y) => x - y),
    criticalCount: (problem.N * problem.lambdaZ) ** 2,
    cosines: blockCosines(clusters, problem.K, blocks, isZero),
    iterations: found.iterations,
    seconds,
  };
}

interface Found {
  method: Method;
  blocks: BlockAnswer;
  objective: number;
  dual: number;
  ufmPlus: Prediction["ufmPlus"];
  phase: Prediction["phase"];
  coreSingularValues?: Float64Array;
  iterations: number;
}

function answer(problem: Problem, clusters: readonly Cluster[], tolerance: number): Found {
  if (problem.nonnegative) {
    const s = solveNonnegative(problem, { tolerance });
    const { objective, dual, ufmPlus } = s.certificate;
    return { method: "nonnegative", blocks: s.answer, objective, dual, ufmPlus, phase: null, iterations: s.iterations };
  }
  const closed = closedForm(problem, clusters);
  if (closed) {
    const { objective, dual } = certify(problem, closed.blocks);
    // A closed form that does not prove itself (it has not been seen to) leaves the word to the solver.
    if (objective - dual <= tolerance * objective) return { ...closed, objective, dual, ufmPlus: null, iterations: 0 };
  }
  const s = solve(problem, { tolerance });
  return {
    method: clusters.length < problem.K ? "reduced" : "dense",
    blocks: s.answer,
    objective: s.certificate.objective,
    dual: s.certificate.dual,
    ufmPlus: null,
    phase: closed?.phase ?? null,
    coreSingularValues: s.coreSingularValues,
    iterations: s.iterations,
  };
}

function closedForm(problem: Problem, clusters: readonly Cluster[]): Pick<Found, "method" | "blocks" | "phase"> | null {
  if (problem.weights || problem.offsets || problem.factors || problem.smoothing > 0) return null;
  const { lambdaZ, lambdaB, K } = problem;
  if (clusters.length === 1)
    return { method: "balanced", blocks: balancedBlocks(K, balanced(K, clusters[0].count, lambdaZ)), phase: null };
  const [A, B] = clusters;
  if (clusters.length !== 2 || A.size < 2 || B.size < 2) return null;
  const solution = twoClusters({ kA: A.size, nA: A.count, kB: B.size, nB: B.count, lambdaZ, lambdaB });
  return { method: "two-clusters", blocks: twoClusterBlocks(A.size, B.size, solution), phase: solution.phase };
}

function describe(
  problem: Problem,
  clusters: readonly Cluster[],
  blocks: BlockAnswer,
  cluster: Cluster,
  j: number,
  zero: boolean,
): PredictedCluster {
  const merged = cluster.size >= 2 && (problem.nonnegative ? zero : !separates(reduce(problem), j));
  return {
    classes: [...cluster.classes],
    count: cluster.count,
    size: cluster.size,
    merged,
    margin: cluster.size < 2 ? null : merged ? 0 : margin(clusters, blocks, j),
  };
}

/** p_own - p_other of a class of cluster j. */
function margin(clusters: readonly Cluster[], blocks: BlockAnswer, j: number): number {
  const J = clusters.length;
  const v = (i: number): number => clusters[i].factor * (blocks.other[i * J + j] + blocks.bias[i]) + clusters[i].offset;
  const own = clusters[j].factor * (blocks.own[j] + blocks.bias[j]) + clusters[j].offset;
  let sum = 1;
  for (let i = 0; i < J; i++) sum += (i === j ? clusters[j].size - 1 : clusters[i].size) * Math.exp(v(i) - own);
  return -Math.expm1(v(j) - own) / sum;
}

/** Singular values below 1e-9 of the largest, or of s (the scale on which they leave 0), are what an accurate answer leaves of a zero. */
function rankOf(singularValues: readonly number[], s: number): number {
  return singularValues.filter((x) => x > 1e-9 * Math.max(singularValues[0], s)).length;
}

const now = (): number => globalThis.performance.now();
