import type { LossName } from "../../src/loss/index.ts";
import { type Convention, presets as datasets, type FeatureEnding, type ProblemInput, problem } from "../../src/problem/index.ts";
import { lossOption } from "../controls/loss-choice.ts";
import { exact } from "../numbers.ts";
import { mostShown } from "../rules.ts";
import type { State } from "../state.ts";
import { classesOfText, countsOfText, textOfCounts } from "./read-counts.ts";

/** What the second tab asks: classes and regularization as the state has them, as a problem and as a command line. */
const examples = ["5x500,5x100", "step:10:5000:0.1", "step:100:500:0.02"];

export const presets: readonly { text: string; title: string }[] = [
  ...datasets.filter(({ text }) => countsOfText(text).length <= mostShown),
  ...examples.map((text) => ({ text, title: text })),
];
/** A longer list of counts is given to the command line in a file, as are names. */
const longText = 2000;

export const endWords: Record<"lambdas" | FeatureEnding, string> = {
  lambdas: "penalties on head and features (lambdas)",
  "batch-norm": "weight decay, features out of batch normalization",
  "batch-norm-relu": "weight decay, batch normalization and a ReLU",
};

/** What becomes of the head's bias under weight decay. */
export const biasWords: Record<string, string> = {
  decays: "decays with the rest",
  free: "does not decay",
  none: "there is none",
};
/** Its decay; null: as all else. */
const biasDecays: Record<string, number | null> = { decays: null, free: 0, none: Number.POSITIVE_INFINITY };

export const conventionWords: Record<Convention, string> = {
  paper: "paper: 1/2 on each, features summed",
  "no-half": "no-half: without the 1/2",
  mean: "mean: features' mean square",
};

/** The problem that the state says, and the names of its classes; throws InputError. */
export function problemOfState(state: State): { input: ProblemInput; names: string[] | null } {
  const { counts, names } = classesOfText(state.counts);
  if (counts.length > mostShown)
    throw new Error(
      `counts: at most ${mostShown} classes are shown here, got ${counts.length}; the command line has no such limit`,
    );
  const decayed = state.ends !== "lambdas";
  const loss = state.dataLoss as LossName;
  const input: ProblemInput = decayed
    ? {
        counts,
        weightDecay: state.weightDecay,
        ends: state.ends as FeatureEnding,
        branches: state.branches,
        biasWeightDecay: biasDecays[state.decayedBias] ?? undefined,
        loss,
      }
    : {
        counts,
        lambdaZ: state.dataLambdaZ,
        lambdaB: state.dataLambdaB,
        nonnegative: state.dataNonnegative,
        convention: state.convention as Convention,
        loss,
      };
  problem(input);
  return { input, names };
}

export function commandOf(
  command: string,
  state: State,
  { input: { counts }, names }: ReturnType<typeof problemOfState>,
  rest: readonly string[],
): string {
  const tail = /^(exp|step):/.test(state.counts);
  const text = state.counts.startsWith("dataset:") ? state.counts : textOfCounts(counts);
  const inFile = names !== null || text.length > longText;
  const classes = tail ? `--long-tail ${state.counts}` : `--counts ${inFile ? "counts.json" : text}`;
  if (state.ends !== "lambdas")
    return [
      `nclab ${command}`,
      classes,
      `--weight-decay ${state.weightDecay} --ends ${state.ends}`,
      ...(state.branches === 1 ? [] : [`--branches ${state.branches}`]),
      ...(state.decayedBias === "decays" ? [] : [`--bias-weight-decay ${exact(biasDecays[state.decayedBias] as number)}`]),
      ...lossOption(state.dataLoss),
      ...rest,
    ].join(" ");
  return [
    `nclab ${command}`,
    classes,
    `--lambda-z ${state.dataLambdaZ}`,
    ...(state.dataLambdaB === Number.POSITIVE_INFINITY ? [] : [`--lambda-b ${state.dataLambdaB}`]),
    `--convention ${state.convention}`,
    ...(state.dataNonnegative ? ["--nonnegative"] : []),
    ...lossOption(state.dataLoss),
    ...rest,
  ].join(" ");
}

/** What decides the answer. */
export const dataKey = (s: State): string =>
  [
    s.tab,
    s.counts,
    s.ends,
    s.weightDecay,
    s.branches,
    s.decayedBias,
    s.dataLambdaZ,
    s.dataLambdaB,
    s.convention,
    s.dataNonnegative,
    s.dataLoss,
    s.margin,
  ].join("|");
