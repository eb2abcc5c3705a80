import { type Problem, withLambdaZ } from "../problem/index.ts";
import { type NonnegativeOptions, type NonnegativeSolution, solveNonnegative } from "./nonnegative.ts";
import type { ReducedPoint } from "./reduced.ts";
import { type Solution, type SolveOptions, solve } from "./solve.ts";

/**
 * Certified solutions along lambda_Z, each started from its neighbour with the next smaller lambda_Z: upwards the rank falls, and a direction
 * that dies is followed to 0 and dropped at no extra cost. (Downwards every new direction would cost a round of its own: seen to need up to
 * twice the products of the way up.)
 *
 * `lambdas`: positive, any order. Returned in their order.
 */
export function path(problem: Problem, lambdas: readonly number[], options: Omit<SolveOptions, "from"> = {}): Solution[] {
  const found = new Array<Solution>(lambdas.length);
  let from: ReducedPoint | undefined;
  for (const i of [...lambdas.keys()].sort((p, q) => lambdas[p] - lambdas[q])) {
    found[i] = solve(withLambdaZ(problem, lambdas[i]), { ...options, from });
    from = found[i].point;
  }
  return found;
}

/**
 * The same for nonnegative features: upwards again, since a class that vanishes is followed to 0. A class that has to come back (possible with
 * remedies) is revived like any dead class that should not be.
 */
export function nonnegativePath(
  problem: Problem,
  lambdas: readonly number[],
  options: Omit<NonnegativeOptions, "from"> = {},
): NonnegativeSolution[] {
  const found = new Array<NonnegativeSolution>(lambdas.length);
  // Without a bias and other couplings the cold start is the closed form: nothing is warmer.
  const separate = problem.lambdaB === Number.POSITIVE_INFINITY;
  let from: Float64Array | undefined;
  for (const i of [...lambdas.keys()].sort((p, q) => lambdas[p] - lambdas[q])) {
    found[i] = solveNonnegative(withLambdaZ(problem, lambdas[i]), { ...options, from });
    if (!separate) from = found[i].point;
  }
  return found;
}
