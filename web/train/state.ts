import type { TrainingSettings } from "../../src/training/index.ts";
import { separationOf } from "../../src/words/index.ts";
import { byCount } from "../by-count.ts";
import type { EpochMetrics, FromTraining, TrainGoal, TrainQuestion } from "./messages.ts";

/** A training in the page, as a value, and what changes it. */
export interface TrainState {
  phase: "none" | "loading" | "training" | "pausing" | "paused" | "done" | "failed";
  /** What is trained: frozen when it starts. */
  question: TrainQuestion | null;
  /** Where lambda_Z stands; it may be moved while it trains. Of what is no longer trained: where it counted last. */
  lambdaZ: number;
  /** At which lambda_Z it trains now; NaN before it begins. */
  used: number;
  /** Moves of lambda_Z that count: after how many epochs, and to what. */
  moved: readonly { epoch: number; lambdaZ: number }[];
  device: { device: string; threads: number } | null;
  settings: TrainingSettings | null;
  goal: TrainGoal | null;
  /** Why nothing is predicted; null: something is, or it is not known yet. */
  why: string | null;
  epochs: readonly TrainLine[];
  progress: { step: number; steps: number };
  seconds: number | null;
  error: string | null;
  /** Whether all epochs that there are were saved. */
  saved: boolean;
}

/** An evaluated epoch. */
export interface TrainLine {
  metrics: EpochMetrics;
  lambdaZ: number;
  /** Largest distance between the mean predictions of two classes of the least count, measured and predicted; null where there is none. */
  separation: number | null;
  wanted: number | null;
}

export type TrainHappening =
  | { kind: "begun"; question: TrainQuestion }
  | { kind: "refused"; message: string }
  /** Files were dropped that can be read. */
  | { kind: "given" }
  /** Asked for by the visitor. */
  | { kind: "pause" }
  | { kind: "go" }
  | { kind: "step" }
  | { kind: "lambda"; lambdaZ: number }
  | { kind: "saved" }
  | { kind: "reset" }
  | Exclude<FromTraining, { kind: "loaded" }>;

export const untrained: TrainState = {
  phase: "none",
  question: null,
  lambdaZ: Number.NaN,
  used: Number.NaN,
  moved: [],
  device: null,
  settings: null,
  goal: null,
  why: null,
  epochs: [],
  progress: { step: 0, steps: 1 },
  seconds: null,
  error: null,
  saved: true,
};

/** Whether a training goes on, or waits to. */
export const isRunning = ({ phase }: Pick<TrainState, "phase">): boolean =>
  phase === "loading" || phase === "training" || phase === "pausing" || phase === "paused";

/** Whether something would be lost with the page. */
export const wouldBeLost = (state: TrainState): boolean => isRunning(state) || (state.epochs.length > 0 && !state.saved);

export function trained(state: TrainState, happening: TrainHappening): TrainState {
  switch (happening.kind) {
    case "begun":
      return { ...untrained, phase: "loading", question: happening.question, lambdaZ: happening.question.lambdaZ };
    case "refused":
      return { ...state, error: happening.message };
    case "given":
      return { ...state, error: state.phase === "failed" ? state.error : null };
    case "ready": {
      const { device, threads } = happening;
      return { ...state, device: { device, threads }, phase: state.phase === "loading" ? "training" : state.phase };
    }
    case "goal": {
      const { settings, goal, why, lambdaZ } = happening;
      const epoch = state.epochs.at(-1)?.metrics.epoch ?? 0;
      const moved = state.settings && epoch > 0 ? [...state.moved, { epoch, lambdaZ }] : state.moved;
      return { ...state, settings, goal, why, moved, used: lambdaZ };
    }
    case "progress":
      return { ...state, progress: { step: happening.step, steps: happening.steps } };
    case "epoch":
      return { ...state, epochs: [...state.epochs, lineOf(state, happening.metrics)], saved: false, ...ifTraining(state) };
    case "pause":
      return { ...state, phase: "pausing" };
    case "go":
    case "step":
      return { ...state, phase: "training" };
    case "lambda":
      return { ...state, lambdaZ: happening.lambdaZ };
    case "paused":
      return { ...state, phase: "paused" };
    case "done":
      return {
        ...state,
        phase: "done",
        seconds: happening.seconds,
        progress: { ...state.progress, step: state.progress.steps },
        ...atItsEnd(state),
      };
    case "failed":
      // Nothing was trained: the dials are free again.
      return {
        ...state,
        phase: "failed",
        error: happening.message,
        question: state.epochs.length > 0 ? state.question : null,
        ...atItsEnd(state),
      };
    case "saved":
      return { ...state, saved: true };
    case "reset":
      return untrained;
  }
}

/** A move of lambda_Z that came too late to count. */
const atItsEnd = ({ used }: TrainState): Partial<TrainState> => (Number.isNaN(used) ? {} : { lambdaZ: used });

const ifTraining = ({ phase }: TrainState): Partial<TrainState> => (phase === "loading" ? { phase: "training" } : {});

function lineOf({ goal, used, question }: TrainState, metrics: EpochMetrics): TrainLine {
  const minority = goal?.clusters.at(-1)?.classes ?? byCount(question?.counts ?? []).at(-1) ?? [];
  return {
    metrics,
    lambdaZ: used,
    separation: separationOf(metrics.Z, minority),
    wanted: goal && separationOf(goal.Z, minority),
  };
}

/** The distance of Z from the prediction; for layer normalization from the minimum that the network stands at. */
export const errorOf = ({ comparison, layerNorm }: EpochMetrics): number | null =>
  comparison?.Zerror.frobenius ?? layerNorm?.Zerror.frobenius ?? null;

/** The training as a file that tab Runs reads: a run's record with its evaluated epochs in it. The images are not in it. */
export function savedTraining({ question, settings, epochs, moved, phase, error, seconds }: TrainState): object {
  return {
    schema: "nclab.run/1",
    // As in a run's folder: what was not brought to its end says "running".
    status: phase === "done" || phase === "failed" ? phase : "running",
    error: phase === "failed" ? error : null,
    settings,
    dataset: question?.files ? `${question.files.images.name}, ${question.files.labels.name}` : "glyphs",
    evaluateEvery: 1,
    seconds,
    ...(moved.length > 0 ? { moved } : {}),
    metrics: epochs.map(({ metrics }) => metrics),
  };
}
