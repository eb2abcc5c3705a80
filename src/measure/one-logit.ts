import { inputError } from "../errors.ts";
import type { Head } from "./head.ts";
import type { MeasureOptions } from "./options.ts";

/**
 * Heads of one logit for two classes: p(1 | h) = sigmoid(w . h + b), trained with binary cross-entropy. A head of two rows under softmax has the same probabilities wherever its rows differ by w, and of all these
 *
 *   W = (-w/2; w/2),   b = (-b/2, b/2)
 *
 * has the least norm, with rows that add up to 0 as at every minimum of the two-row model: |W|^2 = |w|^2 / 2. It is the head that is measured. A decay X on w, (X/2) |w|^2, is one of 2X on W, and that of b is twice as strong on
 * its bias too: what the network minimizes is the model of two classes with lambda_W = 2X and lambda_b = 2X.
 */
export function twoRows({ W, b }: Head): Head {
  return {
    W: Float64Array.from({ length: 2 * W.length }, (_, e) => (e < W.length ? -W[e] : W[e - W.length]) / 2),
    b: Float64Array.of(-b[0] / 2, b[0] / 2),
  };
}

/** What a person should know of it. */
export const oneLogitNote =
  "one logit (a sigmoid): measured as the head of two rows -w/2 and w/2 under softmax, which has the same probabilities, and of all such heads the least norm, |W|^2 = |w|^2 / 2. A weight decay X of w and b is one of 2X of these rows and their bias: it was taken as that. Lambdas that were stated are those of the two rows";

/** What to compare with, for the head of two rows: decays that were stated are of the one logit. Throws InputError for a loss that one logit does not have. */
export function forTwoRows(options: MeasureOptions): MeasureOptions {
  const { weightDecay, lambdas, branches, loss } = options;
  if (loss === "bce")
    throw inputError(
      "loss",
      "cross-entropy for a head of one logit (binary cross-entropy of its sigmoid is the cross-entropy of two classes)",
      loss,
    );
  const twice = (x: number | undefined): number | undefined => (x === undefined ? undefined : 2 * x);
  const decayed =
    lambdas?.weightDecay === undefined
      ? lambdas
      : {
          ...lambdas,
          weightDecay: 2 * lambdas.weightDecay,
          normWeightDecay: lambdas.normWeightDecay ?? lambdas.weightDecay,
          biasWeightDecay: twice(lambdas.biasWeightDecay ?? lambdas.weightDecay),
        };
  return {
    ...options,
    weightDecay: twice(weightDecay),
    lambdas: decayed,
    branches: branches && { ...branches, normToHead: (branches.normToHead ?? 1) / 2 },
  };
}
