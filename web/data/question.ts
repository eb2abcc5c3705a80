import type { PredictInput } from "../../src/documents/index.ts";
import { inputError } from "../../src/errors.ts";
import type { LossName } from "../../src/loss/index.ts";
import {
  type Convention,
  clustersOf,
  type FeatureEnding,
  layerPeeledProblem,
  type NormBounds,
  type ProblemInput,
  problem,
} from "../../src/problem/index.ts";
import { mostShown } from "../rules.ts";
import { defaults, type State } from "../state.ts";
import { penaltyInput } from "./penalties.ts";
import { classesOfText } from "./read-counts.ts";

/** What the second tab asks: classes and training as the state has them, checked by the door of the commands. */
export interface Question {
  /** All that decides the answer; equal keys are one question. */
  key: string;
  /** All that decides the answer but the margin, which only the advice asks for. */
  answerKey: string;
  /** The data set alone. */
  counts: string;
  /** What `predict` takes. */
  input: PredictInput & { counts: number[] };
  /** The same where penalties or weight decay regularize, for what is known of these alone; null where norms are bounded. */
  penalized: ProblemInput | null;
  names: string[] | null;
  margin: number;
  /** How many different counts there are: what a solve costs goes by them. */
  different: number;
  /** lambda_Z of the paper's convention; null where norms are bounded. */
  lambdaZ: number | null;
}

/** What becomes of the head's bias under weight decay: its decay; undefined: as all else. */
const biasDecays: Record<string, number | undefined> = { decays: undefined, free: 0, none: Number.POSITIVE_INFINITY };

/** The training that is asked about: while it is not known, the most usual one. */
export function trainingOf(state: State): State {
  if (state.training !== "unknown") return state;
  const { optimizer, ends, weightDecay, branches, decayedBias, dataLoss } = defaults;
  return { ...state, training: "decay", optimizer, ends, weightDecay, branches, decayedBias, dataLoss };
}

/** The bounds of a training that has them instead of penalties. */
const boundsOf = ({ training, boundW: EW, boundH: EH }: State): NormBounds | null => (training === "norms" ? { EW, EH } : null);

/** Settings of the problem of any other training. */
function settingsOf(state: State): Omit<ProblemInput, "counts"> {
  const loss = state.dataLoss as LossName;
  if (state.training === "decay")
    return {
      weightDecay: state.weightDecay,
      ends: state.ends as FeatureEnding,
      branches: state.branches,
      biasWeightDecay: biasDecays[state.decayedBias],
      optimizer: state.optimizer === "sgd" ? undefined : state.optimizer,
      loss,
    };
  return {
    ...penaltyInput(state),
    lambdaB: state.dataLambdaB,
    nonnegative: state.dataNonnegative,
    convention: state.convention as Convention,
    loss,
  };
}

/** The question that the state says; throws InputError. */
export function questionOfState(given: State): Question {
  const { counts, names } = classesOfText(given.counts);
  if (counts.length > mostShown)
    throw inputError("counts", `at most ${mostShown} classes on a page; the command line takes more`, counts.length);
  const state = trainingOf(given);
  const layerPeeled = boundsOf(state);
  const settings = layerPeeled ? { layerPeeled } : settingsOf(state);
  const answerKey = [state.counts, JSON.stringify(settings, infinite)].join("|");
  const base = { key: `${answerKey}|${state.margin}`, answerKey, counts: state.counts, names, margin: state.margin };
  const input = { counts, ...settings };
  if (layerPeeled) {
    layerPeeledProblem({ counts, ...layerPeeled });
    return { ...base, input, penalized: null, different: new Set(counts).size, lambdaZ: null };
  }
  // Endings that another model answers are refused here, with the reason and the command for them.
  const checked = problem(input);
  return { ...base, input, penalized: input, different: clustersOf(checked).length, lambdaZ: checked.lambdaZ };
}

/** JSON has no infinity, and null is another value. */
const infinite = (_: string, value: unknown): unknown => (value === Number.POSITIVE_INFINITY ? "inf" : value);
