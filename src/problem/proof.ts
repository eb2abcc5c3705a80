import { DefectError } from "../errors.ts";
import { toJson } from "../json.ts";
import type { Problem } from "./problem.ts";

/**
 * What is proved of an answer: the minimum of the problem lies between `dual` and `objective`. Every certificate ends here, so that one rule
 * says what counts as proof.
 *
 * The tolerance is relative to the objective, also where that is near 0: it is a sum of terms that are not negative, and both it and its lower
 * bound keep their relative accuracy there (solver/columns.ts). There is no absolute floor below which everything would count as proved.
 */
export interface Proof {
  /** Value of the problem at the answer. */
  objective: number;
  /** Proved lower bound of the minimum. */
  dual: number;
  /** objective - dual. Below 0 by rounding at most. */
  gap: number;
  /** gap / objective, 0 where the gap is below 0; Infinity where the values are not finite. */
  relativeGap: number;
  /** Whether relativeGap is within the tolerance asked for. */
  certified: boolean;
}

/** The relative duality gap that is asked for where nothing else is said. */
export const usualTolerance = 1e-10;

/** Two values, and how far, at most, rounding can have lowered `objective` and raised `dual`, in all. `tolerance`: on the relative gap. */
export interface ProofValues {
  /** Value of the problem at the answer. */
  objective: number;
  /** Lower bound of the minimum. */
  dual: number;
  /** What rounding can have done to both. */
  rounding: number;
  /** From which relative gap on the answer counts as certified. */
  tolerance: number;
}

/**
 * The proof that follows from two values. A lower bound above the objective by more than rounding allows cannot be: it throws DefectError, as no answer, however bad,
 * leads there.
 */
export function prove(problem: Problem, values: ProofValues): Proof {
  return proveOf(() => inWords(problem), values);
}

/** The same for a problem that is no `Problem`: `inWords` describes it, should its proof be impossible. */
export function proveOf(inWords: () => string, { objective, dual, rounding, tolerance }: ProofValues): Proof {
  const gap = objective - dual;
  if (gap < -rounding)
    throw new DefectError(
      `a lower bound above the objective: objective ${objective}, bound ${dual}, rounding at most ${rounding}; the problem: ${inWords()}`,
    );
  const relativeGap = !Number.isFinite(gap) ? Number.POSITIVE_INFINITY : gap <= 0 ? 0 : gap / objective;
  return { objective, dual, gap, relativeGap, certified: relativeGap <= tolerance };
}

/** The problem's values as JSON. */
function inWords(problem: Problem): string {
  const { counts, lambdaZ, lambdaB, nonnegative, weights, offsets, factors, smoothing, loss } = problem;
  return toJson({ counts, lambdaZ, lambdaB, nonnegative, weights, offsets, factors, smoothing, loss });
}
