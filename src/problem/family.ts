import { inputError } from "../errors.ts";
import { maximum, minimum } from "../extremes.ts";
import { made } from "./made.ts";
import { type Problem, type ProblemInput, problem } from "./problem.ts";
import { regularization } from "./regularization.ts";

/**
 * Problems that differ in one number:
 *
 *   lambdaZ      as given, in the convention of the input
 *   weightDecay  X of a weight decay alone; decays of their own for normalization or bias stay what they are
 *   nB           samples of each class of the minority, the classes with the least count; the others stay
 *   imbalance    largest count over least, or its inverse: n_k = n_max (n_k/n_max)^p, so that every class keeps its place between the largest and the least count on a log
 *                scale. A long tail exp:K:n:F is one for every F, two clusters stay two
 *
 * Counts on the way need not be whole: the model knows them as weights. What the input says of the regularization is read anew for each N.
 */
export const familyParameters = ["lambdaZ", "weightDecay", "nB", "imbalance"] as const;
/** One of `familyParameters`. */
export type FamilyParameter = (typeof familyParameters)[number];

/** The problem at a value of the parameter that varies. Throws InputError where there is none. */
export type Family = (value: number) => Problem;

/**
 * The problems of `input` along one parameter. For lambdaZ and weightDecay the input's own value does not count and may be missing; for the other two it is a
 * problem of its own. Throws InputError.
 */
export function family(input: ProblemInput, parameter: FamilyParameter): Family {
  if (parameter === "lambdaZ" || parameter === "weightDecay") return (value) => problem({ ...input, [parameter]: value });
  const given = problem(input);
  const countsAt = parameter === "nB" ? alongMinority(given) : alongImbalance(given);
  return (value) => withCounts(given, input, countsAt(value));
}

/** The same problem with other counts, which need not be whole numbers. */
function withCounts(given: Problem, input: ProblemInput, counts: readonly number[]): Problem {
  const N = counts.reduce((sum, n) => sum + n, 0);
  return made({ ...given, counts, N, ...regularization(input, N) });
}

function alongMinority({ counts }: Problem): (value: number) => number[] {
  const least = minimum(counts);
  const next = minimum(counts.filter((n) => n > least));
  if (next === Number.POSITIVE_INFINITY) throw inputError("nB", "classes of at least two different counts", `all of ${least}`);
  return (value) => {
    if (!(value > 0 && value <= next))
      throw inputError("nB", `a positive number of at most ${next}, the next larger count`, value);
    return counts.map((n) => (n === least ? value : n));
  };
}

function alongImbalance({ counts }: Problem): (value: number) => number[] {
  const [least, most] = [minimum(counts), maximum(counts)];
  if (least === most) throw inputError("imbalance", "classes of at least two different counts", `all of ${least}`);
  return (value) => {
    const ratio = value < 1 ? 1 / value : value;
    if (!(value > 0 && ratio <= most * (1 + 1e-12)))
      throw inputError(
        "imbalance",
        `a number from 1 to ${most}, or the inverse of one (with ${most} samples in the largest class the least has one then)`,
        value,
      );
    const power = Math.log(ratio) / Math.log(most / least);
    return counts.map((n) => (n === most ? most : most * (n / most) ** power));
  };
}
