import { lossNamed } from "../loss/index.ts";
import type { NewtonStop } from "../math/index.ts";
import type { Bin, Cluster, Problem, Proof } from "../problem/index.ts";
import {
  type BlockAnswer,
  certify,
  freeNearby,
  nonnegativeNearby,
  type ReducedPoint,
  reduce,
  solve,
  solveBinned,
  solveNonnegative,
  solveNonnegativeBinned,
  type Trace,
} from "../solver/index.ts";
import {
  balanced,
  balancedBlocks,
  balancedEntrywise,
  type Phase,
  squareLoss,
  squareLossFallsApart,
  twoClusterBlocks,
  twoClusters,
  withFixedRidge,
} from "../theory/index.ts";

/** How an answer was found. */
export type Method = "balanced" | "two-clusters" | "reduced" | "dense" | "nonnegative" | "square-loss";

/** An answer by blocks, with its proof. */
export interface Found {
  method: Method;
  /** Those of the problem, or the bins. */
  clusters: readonly Cluster[];
  bins: readonly Bin[] | null;
  blocks: BlockAnswer;
  proof: Proof;
  ufmPlus: Proof | null;
  phase: Phase | null;
  coreSingularValues?: Float64Array;
  /** Nonnegative features: tau of each cluster's column; else null. */
  tau: Float64Array | null;
  /** Why Newton's method stopped; null of a closed form. */
  stopped: NewtonStop | null;
  iterations: number;
}

/** How well to answer, and from where. */
export interface AnswerOptions {
  /** Relative duality gap asked for. */
  tolerance: number;
  /** The answer to a nearby problem of the same classes, as a start. */
  near?: Found;
  /** Whether the answer only leads to another (default false): free features are then solved to the gap asked for and no further, and never in bins. */
  leads?: boolean;
  /** Whether it only comes before the exact answer (default false): very many columns of nonnegative features are then solved in bins too. */
  early?: boolean;
  /** Is told what the solver does; a closed form tells nothing. */
  trace?: Trace;
}

/**
 * From this tolerance and number of different classes on, nearly equal counts are binned: an exact answer would be thousands of times dearer.
 *
 * @internal
 */
export const looseFrom = 1e-6;
const many = 100;
/** Up to so many different classes with nonnegative features an answer takes about as long in bins: beyond, proving it takes their cube. */
const manyNonnegative = 400;

/** Finds the optimum by the best way there is for a problem: a closed form, the solver, or the solver on bins; all certified the same way. */
export function answer(problem: Problem, clusters: readonly Cluster[], options: AnswerOptions): Found {
  const { near, ...cold } = options;
  if (near) {
    const found = problem.nonnegative ? nonnegative(problem, clusters, options) : free(problem, clusters, options);
    if (found.proof.certified || found.ufmPlus?.certified) return found;
    // A start that led nowhere (none has been seen that did) costs nothing but time.
  }
  return problem.nonnegative ? nonnegative(problem, clusters, cold) : free(problem, clusters, cold);
}

function nonnegative(problem: Problem, clusters: readonly Cluster[], options: AnswerOptions): Found {
  const { tolerance, near, early = false, trace } = options;
  // A bias that costs nothing must be balanced class by class, which bins are not.
  const inBins = early && tolerance >= looseFrom && clusters.length > manyNonnegative && problem.lambdaB > 0;
  const binned = inBins ? solveNonnegativeBinned(problem, tolerance, trace) : null;
  const s = binned ?? solveNonnegative(problem, { tolerance, from: near && nonnegativeNearby(clusters, near), trace });
  const groups = binned?.bins ?? clusters;
  return {
    method: "nonnegative",
    clusters: groups,
    bins: binned?.bins ?? null,
    blocks: s.answer,
    proof: s.certificate,
    ufmPlus: s.certificate.ufmPlus,
    phase: null,
    tau: s.point.slice(groups.length),
    stopped: s.stopped,
    iterations: s.iterations,
  };
}

function free(problem: Problem, clusters: readonly Cluster[], { tolerance, near, leads = false, trace }: AnswerOptions): Found {
  const closed = closedForm(problem, clusters);
  if (closed) {
    const proof = certify(problem, closed.blocks, { tolerance });
    // A closed form that does not prove itself (it has not been seen to) leaves the word to the solver.
    if (proof.certified)
      return { ...closed, clusters, bins: null, proof, ufmPlus: null, tau: null, stopped: null, iterations: 0 };
  }
  const binned = !leads && tolerance >= looseFrom && clusters.length > many ? solveBinned(problem, tolerance, trace) : null;
  const from = (): ReducedPoint | undefined => (near && freeNearby(reduce(problem), near)) ?? undefined;
  const s = binned ?? solve(problem, { tolerance, from: from(), gapOnly: leads, trace });
  const atRest = s.certificate.certified ? null : completeCollapse(problem, clusters, tolerance);
  const { stopped, iterations } = s;
  const method = s.reduced.J < problem.K ? "reduced" : "dense";
  if (atRest) return { ...atRest, tau: null, method, stopped, iterations };
  return {
    method,
    clusters: binned ? binned.bins : clusters,
    bins: binned ? binned.bins : null,
    blocks: s.answer,
    proof: s.certificate,
    ufmPlus: null,
    phase: closed?.phase ?? null,
    coreSingularValues: s.coreSingularValues,
    tau: null,
    stopped,
    iterations,
  };
}

/**
 * Z = 0 with the best bias beside it, where that proves itself: at the end of a solve that did not. Next to the threshold of complete collapse the core is flat to rounding in
 * the direction that dies, and a descent may stop short of 0.
 */
function completeCollapse(
  problem: Problem,
  clusters: readonly Cluster[],
  tolerance: number,
): Omit<Found, "method" | "iterations" | "stopped" | "tau"> | null {
  const { bias, free } = withFixedRidge(problem);
  // Two routes to the threshold differ by rounding; the certificate decides.
  if (problem.lambdaZ < free * (1 - 1e-9)) return null;
  const J = clusters.length;
  const blocks: BlockAnswer = { other: new Float64Array(J * J), own: new Float64Array(J), bias };
  const proof = certify(problem, blocks, { tolerance });
  if (!proof.certified) return null;
  return { clusters, bins: null, blocks, proof, ufmPlus: null, phase: null, coreSingularValues: new Float64Array(J) };
}

type ClosedForm = Pick<Found, "method" | "blocks" | "phase" | "coreSingularValues">;

function closedForm(problem: Problem, clusters: readonly Cluster[]): ClosedForm | null {
  if (squareLossFallsApart(problem)) return squareForm(problem, clusters);
  if (problem.weights || problem.offsets || problem.factors || problem.smoothing > 0) return null;
  const { lambdaZ, lambdaB, K } = problem;
  const { entry } = lossNamed(problem.loss);
  const [A, B] = clusters;
  if (clusters.length === 1) {
    if (!entry) return { method: "balanced", blocks: balancedBlocks(K, balanced(K, A.count, lambdaZ)), phase: null };
    const blocks = balancedEntrywise(entry, { K, n: A.count, lambdaZ, lambdaB });
    const coreSingularValues = Float64Array.of(Math.sqrt(A.count) * Math.abs(blocks.beta));
    return { method: "balanced", blocks, phase: null, coreSingularValues };
  }
  if (entry || clusters.length !== 2 || A.size < 2 || B.size < 2) return null;
  const solution = twoClusters({ kA: A.size, nA: A.count, kB: B.size, nB: B.count, lambdaZ, lambdaB });
  return { method: "two-clusters", blocks: twoClusterBlocks(A.size, B.size, solution), phase: solution.phase };
}

/** The square loss falls apart into its classes where nothing but weights couples them. It brings its residuals, which its own Z knows to rounding only where lambda_Z is small. */
function squareForm(problem: Problem, clusters: readonly Cluster[]): ClosedForm {
  const { own, residuals } = squareLoss(problem);
  const J = clusters.length;
  const of = (values: readonly number[]): Float64Array => Float64Array.from(clusters, ({ classes }) => values[classes[0]]);
  const nothing = new Float64Array(J * J);
  return {
    method: "square-loss",
    blocks: { other: nothing, own: of(own), bias: new Float64Array(J), residuals: { other: nothing, own: of(residuals) } },
    phase: null,
  };
}
