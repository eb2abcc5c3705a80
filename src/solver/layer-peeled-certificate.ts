import { clustersOf, type Problem, type Proof, proveOf, usualTolerance } from "../problem/index.ts";
import { columnOf } from "./answer-column.ts";
import { nuclearNorm, objectiveOf, residualNorm } from "./certificate.ts";
import type { BlockAnswer } from "./columns.ts";
import { dualValue } from "./dual.ts";

/** What is proved of an answer to a problem with |Z S|_* <= tau, and where it stands against its constraint. */
export interface ConstrainedProof extends Proof {
  /** The answer's |Z S|_*, at most. */
  norm: number;
  /** What Z was multiplied by to meet the constraint, 1 where it does; `objective` is of that. */
  shrink: number;
}

/**
 * The proof for norms that are bounded (theory, section 10):
 *
 *   min over Z:  sum_k v_k CE(z_k, k)   with |Z S|_* <= tau.
 *
 * For any softmax probabilities P the value is at least sum_k v_k Entropy(p_k) - tau |(P - I) V S^-1|_2, as CE(z_k, k) >= Entropy(p_k) + (p_k - e_k)' z_k for every z_k and
 * <(P - I) V S^-1, Z S> >= -|.|_2 tau. `problem` carries v and S (problem/metric.ts); its lambda_Z plays no part. Z is shrunk to meet the constraint before its loss is taken. Rounding as in
 * certificate.ts and dual.ts. Throws DefectError where the bound is above the loss.
 */
export function certifyConstrained(
  problem: Problem,
  answer: BlockAnswer,
  tau: number,
  tolerance: number = usualTolerance,
): ConstrainedProof {
  const clusters = clustersOf(problem);
  const nuclear = nuclearNorm(clusters, answer);
  const norm = nuclear.norm + nuclear.doubt;
  const shrink = norm > tau ? (tau / norm) * (1 - 4 * Number.EPSILON) : 1;
  const feasible: BlockAnswer = {
    other: answer.other.map((z) => z * shrink),
    own: answer.own.map((z) => z * shrink),
    bias: answer.bias,
  };
  const columns = clusters.map((_, j) => columnOf(problem, clusters, feasible, j));
  const { value: objective, rounding } = objectiveOf({ ...problem, lambdaZ: 0 }, clusters, columns, feasible);
  const { atMost } = residualNorm(clusters, columns);
  const entropy = dualValue(
    problem,
    clusters,
    (j) => columns[j],
    () => 1,
  );
  const dual = entropy - ((tau * atMost) / problem.N) * (1 + 8 * Number.EPSILON);
  const inWords = (): string => JSON.stringify({ counts: problem.counts, weights: problem.weights, tau });
  return { ...proveOf(inWords, { objective, dual, rounding, tolerance }), norm, shrink };
}
