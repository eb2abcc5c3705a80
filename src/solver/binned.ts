import { type Bin, binnedProblem, binsOf, clustersOf, type Problem } from "../problem/index.ts";
import { certify } from "./certificate.ts";
import { binning } from "./constants.ts";
import { type Solution, solve } from "./solve.ts";
import type { Trace } from "./trace.ts";

/**
 * Very many distinct counts, to a stated accuracy: nearly equal counts are binned, the problem of the bins is solved, and its answer, constant
 * on bins, is certified on the true counts (certificate.ts). The gap falls with the square of the width, so a width that was too coarse
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
  const distinct = clustersOf(problem).length;
  let width = 1 + Math.min(1, Math.sqrt(binning.widthOfGap * tolerance));
  let iterations = 0;
  let products = 0;
  for (;;) {
    const bins = binsOf(problem, width);
    const exact = bins.length === distinct;
    const solution = solve(binnedProblem(problem, bins), { tolerance: exact ? tolerance : binning.share * tolerance, trace });
    iterations += solution.iterations;
    products += solution.products;
    const certificate = certify(problem, solution.answer, { tolerance, clusters: bins });
    const { relativeGap, certified } = certificate;
    const status = certified ? "certified" : "inaccurate";
    if (certified || exact) return { ...solution, bins, certificate, relativeGap, status, iterations, products };
    const { share, least, most } = binning.next;
    width = 1 + (width - 1) * Math.max(least, Math.min(most, share * Math.sqrt(tolerance / relativeGap)));
  }
}
