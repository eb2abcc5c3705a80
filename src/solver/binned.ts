import { type Bin, binnedProblem, binsOf, clustersOf, type Problem } from "../problem/index.ts";
import { certify } from "./certificate.ts";
import { binning } from "./constants.ts";
import { type NonnegativeSolution, solveNonnegative } from "./nonnegative.ts";
import { certifyNonnegative } from "./nonnegative-certificate.ts";
import { type Solution, solve } from "./solve.ts";
import type { Trace } from "./trace.ts";

/**
 * Very many distinct counts, to a stated accuracy: nearly equal counts are binned, the problem of the bins is solved, and its answer, constant
 * on bins, is certified on the true counts (certificate.ts, nonnegative-certificate.ts). The gap falls with the square of the width, so a width that was too coarse
 * tells how fine the next must be. With every count its own bin the answer is the exact one.
 */
export interface BinnedSolution extends Solution {
  /** The bins; `reduced.clusters` are the same without the true counts. */
  bins: readonly Bin[];
}

/**
 * Solves with counts binned into groups and certifies on the true counts; bins are refined until the relative gap is within the tolerance
 * (theory, section 3). `trace` is told what each solve does: of the problem of the bins.
 */
export function solveBinned(problem: Problem, tolerance: number, trace?: Trace): BinnedSolution {
  return refined(problem, tolerance, (binned, bins, asked) => {
    const solution = solve(binned, { tolerance: asked, trace });
    const certificate = certify(problem, solution.answer, { tolerance, clusters: bins });
    const { relativeGap, certified } = certificate;
    return { ...solution, bins, certificate, relativeGap, status: certified ? "certified" : "inaccurate" };
  });
}

/** The same for nonnegative features. */
export interface BinnedNonnegativeSolution extends NonnegativeSolution {
  /** The bins, which `answer` and `point` go by. */
  bins: readonly Bin[];
}

/** The same for nonnegative features: until the relative gap of (UFM+), the model that is solved, is within the tolerance. The bias must cost something, or there be none (lambda_b > 0). */
export function solveNonnegativeBinned(problem: Problem, tolerance: number, trace?: Trace): BinnedNonnegativeSolution {
  const { relativeGap: _, ...found } = refined(problem, tolerance, (binned, bins, asked) => {
    const solution = solveNonnegative(binned, { tolerance: asked, trace });
    const certificate = certifyNonnegative(problem, solution.answer, { tolerance, clusters: bins });
    return { ...solution, bins, certificate, relativeGap: certificate.ufmPlus.relativeGap };
  });
  return found;
}

/** Finer and finer bins until an attempt is proved on the true counts, with the work of all. */
function refined<A extends { relativeGap: number; iterations: number; products: number }>(
  problem: Problem,
  tolerance: number,
  attempt: (binned: Problem, bins: readonly Bin[], tolerance: number) => A,
): A {
  const distinct = clustersOf(problem).length;
  let width = 1 + Math.min(1, Math.sqrt(binning.widthOfGap * tolerance));
  let iterations = 0;
  let products = 0;
  for (;;) {
    const bins = binsOf(problem, width);
    const exact = bins.length === distinct;
    const found = attempt(binnedProblem(problem, bins), bins, exact ? tolerance : binning.share * tolerance);
    iterations += found.iterations;
    products += found.products;
    if (found.relativeGap <= tolerance || exact) return { ...found, iterations, products };
    const { share, least, most } = binning.next;
    width = 1 + (width - 1) * Math.max(least, Math.min(most, share * Math.sqrt(tolerance / found.relativeGap)));
  }
}
