import { lossNames } from "../src/loss/index.ts";
import { remedyKinds } from "../src/prediction/index.ts";
import { conventions, featureEndings, layerNormEnding, leastLambda, mostLambda } from "../src/problem/index.ts";
import type { State } from "./state.ts";
import { networkNames, regularizers } from "./train/networks.ts";

/** What each setting may be, in words where a value is refused: one rule for its field and for the address. */
export type Rule = (value: number) => string | null;

const wholeFrom =
  (least: number, most: number): Rule =>
  (value) =>
    Number.isSafeInteger(value) && value >= least && value <= most
      ? null
      : `a whole number from ${least} to ${most} is expected here`;

const lambdaZ: Rule = (value) =>
  value >= leastLambda && value <= mostLambda
    ? null
    : `a positive number, from ${leastLambda} to ${mostLambda}, is expected here`;
/** Of one of two: what their product may be is the door's own rule. */
const penalty: Rule = (value) => (value > 0 && value < Number.POSITIVE_INFINITY ? null : "a positive number is expected here");
const lambdaB: Rule = (value) =>
  value === 0 || value >= leastLambda ? null : `0, a positive number of at least ${leastLambda}, or inf, is expected here`;

/** Of squared norms, likewise. */
const bound: Rule = penalty;

/** Of a problem that is solved anew with every move of a dial. */
export const mostMoved = 500;
/** A list of more classes than this would make the page slow: they are for the command line. */
export const mostShown = 100_000;
/** Beside what was measured a prediction has Z written out, and is solved to its end on a worker that answers other questions too: for so many classes at most. */
export const mostPredicted = 1000;

const classes = wholeFrom(1, mostMoved);
const samples = wholeFrom(1, 1e12);

/** Settings that are numbers. */
export type Numbers = { [K in keyof State]: State[K] extends number ? K : never }[keyof State];

export const rules: Record<Numbers, Rule> = {
  kA: classes,
  nA: samples,
  kB: classes,
  nB: samples,
  lambdaZ,
  lambdaB,
  EW: bound,
  EH: bound,
  weightDecay: (value) => (value >= 1e-100 && value <= 1e50 ? null : "a positive number is expected here"),
  branches: (value) => (value >= 1 && value <= 1e6 ? null : "a number of at least 1 is expected here"),
  dataLambdaZ: lambdaZ,
  dataLambdaW: penalty,
  dataLambdaH: penalty,
  dataLambdaB: lambdaB,
  boundW: bound,
  boundH: bound,
  margin: (value) => (value > 0 && value < Number.POSITIVE_INFINITY ? null : "a positive number of logits is expected here"),
  epochs: wholeFrom(1, 100_000),
  batch: wholeFrom(2, 100_000),
  seed: wholeFrom(0, Number.MAX_SAFE_INTEGER),
  trainDecay: (value) => (value >= 1e-100 && value <= 1e50 ? null : "a positive number is expected here"),
};

/** How a network is trained, by which optimizer, and what becomes of the head's bias under its weight decay. */
export const trainings = ["decay", "penalties", "norms", "unknown"] as const;
export const optimizers = ["sgd", "adamw"] as const;
export const decayedBiases = ["decays", "free", "none"] as const;
/** Explicit penalties by lambda_Z, or by lambda_W and lambda_H. */
export const penaltyForms = ["product", "each"] as const;

/** Settings that are one of some words. */
export const words: {
  readonly [K in
    | "convention"
    | "backend"
    | "training"
    | "optimizer"
    | "ends"
    | "decayedBias"
    | "loss"
    | "model"
    | "dataLoss"
    | "dataPenalties"
    | "rankScale"
    | "remedy"
    | "network"
    | "regularizer"]: readonly string[];
} = {
  convention: conventions,
  training: trainings,
  optimizer: optimizers,
  ends: [...featureEndings, layerNormEnding, "group-norm", "none"],
  rankScale: ["auto", "linear", "log"],
  remedy: ["auto", ...remedyKinds],
  decayedBias: decayedBiases,
  backend: ["auto", "wasm", "webgpu"],
  network: networkNames,
  regularizer: regularizers,
  loss: lossNames,
  model: ["penalties", "layer-peeled"],
  dataLoss: lossNames,
  dataPenalties: penaltyForms,
};
