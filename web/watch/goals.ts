import type { ClassesOfPrediction, Prediction } from "../../src/prediction/index.ts";
import type { Series } from "../../src/watch/index.ts";
import { mostPredicted } from "../rules.ts";
import type { Solver } from "../solver/client.ts";

/** Where a training ends by the theory, or in words why that is not known. */
export type Goal = { prediction: Prediction & ClassesOfPrediction } | { why: string };

/**
 * The predictions of watched trainings, each problem solved once. `of` gives what is known now (null: not yet), and asks the solver for what is not; `known` is called when an answer has come.
 */
export function goalsOf(solver: Pick<Solver, "ask">, known: () => void): { of(series: Series): Goal | null } {
  const found = new Map<string, Goal | null>();
  return {
    of({ problem, counts }) {
      if (!problem) return { why: "nothing says which lambdas or which weight decay it is trained with" };
      if (counts.length > mostPredicted) return { why: `of more than ${mostPredicted} classes nclab predict tells it` };
      const key = JSON.stringify(problem, (_, x) => (x === Number.POSITIVE_INFINITY ? "inf" : x));
      const before = found.get(key);
      if (before !== undefined) return before;
      found.set(key, null);
      solver
        .ask("predict", problem)
        .then(
          (prediction) => found.set(key, { prediction }),
          (wrong: Error) => found.set(key, { why: wrong.message }),
        )
        .then(known);
      return null;
    },
  };
}
