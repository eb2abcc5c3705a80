import { type PredictionSummary, summarize } from "../prediction/index.ts";
import { problem, type RegularizationInput } from "../problem/index.ts";
import { eachBlock, type Rows } from "../row-store.ts";
import type { Effective } from "./effective.ts";
import { type Frame, meanRowsOf } from "./frame.ts";
import type { Head } from "./head.ts";
import type { Measurement } from "./measurement.ts";
import { type MeasureOptions, mostPredictions } from "./options.ts";

/** A head that has a bias is compared with the model that has one, decayed like W where nothing else was said. */
const decayOfBias = (head: Head, { weightDecay }: MeasureOptions): number | undefined =>
  head.b.some((x) => x !== 0) ? weightDecay : undefined;

/** What the signs of the class means say against the ending that was stated. */
function signNote(means: Rows, nonnegative: boolean, note: (text: string) => void): void {
  let negative = false;
  eachBlock(means, (block) => {
    negative ||= block.some((x) => x < 0);
  });
  if (negative && nonnegative)
    note(
      "features: class means have negative entries, so a ReLU is not what the features come out of: --ends batch-norm predicts features of any sign",
    );
  if (!negative && !nonnegative)
    note(
      "features: no class mean has a negative entry: if the features come out of a ReLU, --ends batch-norm-relu is their prediction",
    );
}

/** The prediction to compare with, at the lambdas that the options ask for; null where they ask for none or there can be none. */
export function predictionFor(
  frame: Frame,
  head: Head,
  effective: Effective | null,
  options: MeasureOptions,
  note: (text: string) => void,
): { summary: PredictionSummary; at: NonNullable<Measurement["comparedAt"]> } | null {
  const from = options.lambdas ? "stated" : options.compareEffective && effective ? "effective" : null;
  if (!from) return null;
  if (frame.present.length < frame.K) {
    note("classes do not occur: the theory needs a sample of each, so there is no comparison");
    return null;
  }
  const lambdas =
    from === "stated"
      ? (options.lambdas as RegularizationInput)
      : { lambdaZ: (effective as Effective).lambdaZ, lambdaB: options.lambdaB ?? decayOfBias(head, options) };
  const input = problem({ ...lambdas, counts: Array.from(frame.counts), nonnegative: options.nonnegative, loss: options.loss });
  // Thousands of classes: six digits, which lets nearly equal counts be solved together.
  const summary = summarize(input, frame.K > mostPredictions ? { tolerance: 1e-6 } : {});
  if (summary.bins !== null) note(`the prediction was solved in ${summary.bins} bins of nearly equal counts`);
  if (!summary.certified) note(`the prediction is certified to a relative gap of ${summary.relativeGap.toExponential(1)} only`);
  const { lambdaZ, lambdaB, nonnegative, loss } = summary.problem;
  if (options.lambdas?.ends !== undefined) signNote(meanRowsOf(frame), nonnegative, note);
  return { summary, at: { lambdaZ, lambdaB, nonnegative, loss, from } };
}
