import { lossOption } from "../controls/loss-choice.ts";
import { textOfCounts } from "../counts-text.ts";
import { exact } from "../numbers.ts";
import type { State } from "../state.ts";
import { penaltyOptions } from "./penalties.ts";
import { type Question, trainingOf } from "./question.ts";

/** A longer list of counts is given to the command line in a file, as are names. */
const longText = 2000;
const biasOptions: Record<string, string[]> = {
  decays: [],
  free: ["--bias-weight-decay 0"],
  none: ["--bias-weight-decay inf"],
};

/** The command line that gives the same answer. */
export function commandOf(command: string, given: State, question: Question, rest: readonly string[]): string {
  const state = trainingOf(given);
  const { input, names } = question;
  const tail = /^(exp|step):/.test(state.counts);
  const text = state.counts.startsWith("dataset:") ? state.counts : textOfCounts(input.counts);
  const inFile = names !== null || text.length > longText;
  const classes = tail ? `--long-tail ${state.counts}` : `--counts ${inFile ? "counts.json" : text}`;
  return [`nclab ${command}`, classes, ...trainingOptions(state), ...rest].join(" ");
}

function trainingOptions(state: State): string[] {
  if (state.training === "norms") return [`--layer-peeled ${state.boundW},${state.boundH}`];
  if (state.training === "decay")
    return [
      `--weight-decay ${state.weightDecay} --ends ${state.ends}`,
      ...(state.branches === 1 ? [] : [`--branches ${state.branches}`]),
      ...biasOptions[state.decayedBias],
      ...lossOption(state.dataLoss),
    ];
  return [
    penaltyOptions(state),
    ...(state.dataLambdaB === Number.POSITIVE_INFINITY ? [] : [`--lambda-b ${exact(state.dataLambdaB)}`]),
    `--convention ${state.convention}`,
    ...(state.dataNonnegative ? ["--nonnegative"] : []),
    ...lossOption(state.dataLoss),
  ];
}
