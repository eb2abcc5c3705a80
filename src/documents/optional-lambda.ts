import { inputError } from "../errors.ts";
import { type Problem, problem, saysWeightDecay } from "../problem/index.ts";
import { numberOf, type ProblemSettings, problemInputOf } from "./settings.ts";

/**
 * The problem with or without a lambda_Z (or weight decay): thresholds and limits need none, only what stays beside it. `given`: whether there was one; where not, that of the problem is a
 * stand-in. Throws InputError.
 */
export function optionalLambda(settings: ProblemSettings): { problem: Problem; names: string[] | null; given: boolean } {
  const given = (["lambdaZ", "lambdaW", "lambdaH", "weightDecay"] as const).some((name) => settings[name] !== undefined);
  for (const name of ["normWeightDecay", "biasWeightDecay"] as const) {
    const value = numberOf(settings[name]);
    if (settings.weightDecay === undefined && value !== undefined && value !== 0 && value !== Number.POSITIVE_INFINITY)
      throw inputError(name, "weightDecay beside it (along the decay only their ratio counts)", value);
  }
  const { input, names } = problemInputOf(settings);
  const standIn = saysWeightDecay(input) ? "weightDecay" : "lambdaZ";
  return { problem: problem(given ? input : { ...input, [standIn]: 1 }), names, given };
}
