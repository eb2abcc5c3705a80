import { InputError, inputError } from "../../errors.ts";
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

/** What the fluctuation of batch statistics leaves of a prediction (theory, section 9.1; docs/weight-decay.md has the measurements). */
export interface BatchRange {
  /** As given. */
  batchSize: number;
  /** Samples of the smallest class in a batch, on average. */
  smallestClass: number;
  /** What that leaves open, in a sentence. */
  note: string;
}

/** Throws InputError for a batch size that is not a whole number of at least 2. */
export function batchRange(now: Problem, batchSize: number): BatchRange {
  if (!(Number.isSafeInteger(batchSize) && batchSize >= 2))
    throw inputError("batchSize", "a whole number of at least 2", batchSize);
  if (now.weightDecay === null)
    throw new InputError(
      "batchSize: expected a weight decay beside it, got lambdas: only the statistics of a normalization depend on the batch",
    );
  const smallestClass = (Math.min(...now.counts) * Math.min(batchSize, now.N)) / now.N;
  const whole = batchSize >= now.N;
  const note = whole
    ? `batches of ${batchSize} hold all ${now.N} samples: the normalization's statistics are the ones of the theory`
    : `batches of ${batchSize}: the normalization's statistics fluctuate, and Z ends further out than predicted; measured on trained networks the error of Z was 24 % at 125, 5 % at 500, about as 1/B (10 classes). The rarest class has ${percentless(smallestClass)} samples a batch`;
  return { batchSize, smallestClass, note };
}

const percent = (x: number): string => `${Number((100 * x).toPrecision(3))} %`;
const percentless = (x: number): string => String(Number(x.toPrecision(3)));
