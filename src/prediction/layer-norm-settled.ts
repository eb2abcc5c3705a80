import { inputError } from "../errors.ts";
import type { LayerNormProblem } from "../problem/index.ts";
import { type LayerNormSolution, settleLayerNorm } from "../solver/index.ts";
import type { ClassGeometry } from "./class-geometry.ts";
import { figureOf } from "./dense-geometry.ts";

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
  return { network, geometry: figureOf(network.Z, network.H, problem.K) };
}
