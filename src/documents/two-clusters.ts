import { format } from "../number-text.ts";
import { clustersOf, type Problem } from "../problem/index.ts";
import { majorityThresholds, ratioThreshold } from "../theory/index.ts";

/** The thresholds of two clusters in n_A and in the ratio n_A/n_B, given lambda_Z. */
export interface TwoClusterThresholds {
  /** The minority is one vector from here on; null where there is no such threshold, or where it is not known. */
  ratio: number | null;
  /** The same in n_A, and from where on all collapses; null where these numbers are not known. */
  nA: { minority: number | null; complete: number | null } | null;
  /** Why a number is missing. */
  notes: string[];
}

/** theory/thresholds.ts where it applies; a note says why not, or why a number is missing. `given`: whether the problem's lambdas were. */
export function twoClusterThresholds(problem: Problem, given: boolean): TwoClusterThresholds {
  const none = (why: string): TwoClusterThresholds => ({
    ratio: null,
    nA: null,
    notes: [`no thresholds in n_A and in the ratio: ${why}`],
  });
  const clusters = clustersOf(problem);
  if (clusters.length !== 2) return none(`they are for two different counts, here are ${clusters.length}`);
  if (problem.weights || problem.offsets || problem.factors || problem.smoothing > 0)
    return none("they are for the plain problem");
  if (problem.loss !== "cross-entropy") return none("complete collapse in n_A is known for cross-entropy alone");
  const [A, B] = clusters;
  if (A.size < 2 || B.size < 2) return none("a class that is alone does not merge");
  if (!given) return none(`they need ${problem.ends === null ? "--lambda-z (lambdaZ)" : "--weight-decay (weightDecay)"}`);
  // Behind a ReLU classes vanish one by one; that depends on the bias too (the events above).
  if (problem.nonnegative) return none("they are for free features, and these are nonnegative");
  if (problem.weightDecay !== null) return ofFractions(problem, A.size, B.size, B.count);
  const at = { kA: A.size, kB: B.size, nB: B.count, lambdaZ: problem.lambdaZ };
  const ratio = ratioThreshold(at);
  const nA = majorityThresholds(at);
  const notes: string[] = [];
  if (ratio === null)
    notes.push("no minority threshold in n_A and in the ratio: the minority is merged at every ratio of 1 and more");
  if (nA.complete === null)
    notes.push(
      "no threshold of complete collapse in n_A: lambda_Z (k_A n_A + k_B n_B) >= sqrt(n_A), hence Z = 0, for every n_A >= n_B",
    );
  return { ratio, nA, notes };
}

/**
 * Under weight decay lambda_Z^2 N does not depend on N: B merges iff n_B/N <= lambda_Z^2 N, that is from the ratio (1/(lambda_Z^2 N) - k_B)/k_A on, and more
 * samples of A only make A's own share larger.
 */
function ofFractions({ lambdaZ, N }: Problem, kA: number, kB: number, nB: number): TwoClusterThresholds {
  const least = lambdaZ * lambdaZ * N;
  const ratio = (1 / least - kB) / kA;
  return {
    ratio: ratio >= 1 ? ratio : null,
    nA: { minority: ratio >= 1 ? ratio * nB : null, complete: null },
    notes: [
      `under weight decay only class fractions count: classes of equal count merge at and below the fraction ${format(least, 6)} of all samples`,
      ...(ratio >= 1
        ? []
        : ["no minority threshold in n_A and in the ratio: the minority is merged at every ratio of 1 and more"]),
    ],
  };
}
