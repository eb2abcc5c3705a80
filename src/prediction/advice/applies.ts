import type { Problem, ProblemInput } from "../../problem/index.ts";
import type { PredictionSummary } from "../predict.ts";

/** Whether the theory covers a training, and why, in one sentence. */
export interface Applies {
  /** Whether it does. */
  ok: boolean;
  /** Why, to stand behind "covered by the theory:". */
  because: string;
}

/** Judges the training that an input describes by how its regularization was given, and by what was proved of the solution. */
export function appliesTo(input: ProblemInput, now: Problem, summary: PredictionSummary): Applies {
  if (now.nonnegative && !summary.certified)
    return {
      ok: false,
      because: `with this imbalance and so weak a penalty on the bias, classes that share feature directions may do better than the solution here, by at most ${percent(summary.relativeGap)} of the objective: what is said is proved only for features of a direction of their own`,
    };
  if (now.weightDecay !== null)
    return {
      ok: true,
      because: `features that come out of batch normalization${now.nonnegative ? " and a ReLU" : ""}, decayed by SGD like the head: on statistics of the whole training set weight decay alone minimizes this model; short training and small batches end beside it`,
    };
  return {
    ok: true,
    because:
      input.lambdaZ === undefined
        ? "head and features are penalized explicitly, as lambda_W and lambda_H say; a network wide enough minimizes this model"
        : "if head and features are penalized as lambda_Z says; it says nothing of a network without a feature penalty (weight decay alone: --weight-decay with --ends)",
  };
}

const percent = (x: number): string => `${Number((100 * x).toPrecision(3))} %`;
