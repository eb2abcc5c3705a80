import { inputError } from "../../errors.ts";
import { format } from "../../number-text.ts";
import { type RelativeError, relativeErrorOf } from "../compare.ts";
import { restResidual } from "../effective.ts";
import { mostPredictions } from "../options.ts";
import type { Stream } from "../passes.ts";
import { type StageProgress, stage } from "../progress.ts";
import type { Hidden } from "./hidden.ts";
import { type Rest, restOf } from "./rest.ts";
import { type PeeledOptions, type PeeledSolution, solvePeeled } from "./solve.ts";

/** What the last two layers' own problem says of a network (theory, section 9.3), beside what is measured. */
export interface Peeled {
  /** samples: the problem of the samples was solved; class-means: that of their class means, whose value on the samples is `objective`. */
  solved: PeeledSolution["solved"];
  /** Numbers of what the feature layer takes. */
  p: number;
  /** lambda, on W, V and v. */
  weightDecay: number;
  /** lambda_b, on the head's bias. */
  biasWeightDecay: number;
  /** M psi_bar: K x K, rows = logits. */
  Z: number[][];
  /** K numbers. */
  b: number[];
  /** Value of the problem of the samples. */
  objective: number;
  /** Proved lower bound of its minimum. */
  dual: number;
  /** objective - dual. */
  gap: number;
  /** Rank of M. */
  rank: number;
  /** Of the measured Z; null without a head. */
  Zerror: RelativeError | null;
  /** Of the measured b; null without a head. */
  berror: RelativeError | null;
  /** The problem of the class means alone, with its own proof: a lower bound of the other, and what the class means by themselves predict. */
  classMeans: { objective: number; dual: number; gap: number; Zerror: RelativeError | null; berror: RelativeError | null };
  /** How near the network's last two layers are to rest; null without a head. */
  rest: Rest | null;
  /** Times that the file was read. */
  passes: number;
}

/** What was measured: Z (K x K, rows = logits) and b; null without a head. */
export type Measured = { Z: readonly (readonly (number | null)[])[] | null; b: readonly number[] | null };

/**
 * Solves the problem of the last two layers on `hidden` (what the feature layer takes, rows as in `features`) and holds the measured Z and b against it. Throws InputError where there are more
 * than 2000 classes, classes without samples, or options that make no sense. `note` is told what a person should know before the numbers.
 */
export async function peeledOf(
  features: Stream,
  { hidden, n }: { hidden: Stream; n: number },
  measured: Measured,
  options: PeeledOptions & { progress?: StageProgress },
  note: (text: string) => void,
): Promise<Peeled> {
  const { K } = features;
  if (K > mostPredictions) throw inputError("--hidden: classes", `at most ${mostPredictions}, as Z has as many columns`, K);
  const { weightDecay, biasWeightDecay = weightDecay } = options;
  const subject: Hidden = { stream: hidden, n, withOne: biasWeightDecay > 0, progress: stage(options.progress, "hidden values") };
  const found = await solvePeeled(subject, options);
  const rest = features.head ? await restOf(features, subject, features.head, weightDecay) : null;
  const errors = (Z: Float64Array, b: Float64Array): Pick<Peeled, "Zerror" | "berror"> => ({
    Zerror: measured.Z && relativeErrorOf(measured.Z.flat() as number[], Z),
    berror: measured.b && relativeErrorOf(measured.b, b),
  });
  const { classMeans, solved, Z, b, objective, dual, rank, passes } = found;
  if (rest) warn(rest, note);
  if (solved === "class-means" && !options.meansOnly)
    note(
      "peeled: the samples do not fit into the memory that this takes, so their class means were solved; objective and dual are what that proves of the problem of the samples",
    );
  return {
    solved,
    p: hidden.d,
    weightDecay,
    biasWeightDecay,
    Z: Array.from({ length: K }, (_, i) => Array.from(Z.subarray(i * K, i * K + K))),
    b: Array.from(b),
    objective,
    dual,
    gap: objective - dual,
    rank,
    ...errors(Z, b),
    classMeans: {
      objective: classMeans.objective,
      dual: classMeans.dual,
      gap: classMeans.objective - classMeans.dual,
      ...errors(classMeans.Z, classMeans.b),
    },
    rest,
    passes: passes + (rest ? 2 : 0),
  };
}

function warn({ featureLayer, nonnegative }: Rest, note: (text: string) => void): void {
  if (nonnegative)
    note(
      "peeled: no feature is negative; if a ReLU follows the feature layer the problem is another one (its features may have any sign), and Z need not agree",
    );
  if (featureLayer === null)
    note(
      "peeled: the features do not vary, so how near the feature layer is to rest has no measure (`rest.featureLayer` is null)",
    );
  else if (featureLayer > restResidual)
    note(
      `peeled: the feature layer is not at rest under this weight decay (residual ${format(featureLayer, 3)}, above ${restResidual}): train on until it is, or check the decay; until then Z need not agree`,
    );
}
