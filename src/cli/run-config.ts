import { datasetName } from "../data/index.ts";
import { backends, deviceFor } from "../engine/index.ts";
import { InputError, inputError } from "../errors.ts";
import type { RunConfig } from "../experiments/index.ts";
import { lossNames } from "../loss/index.ts";
import { featureKinds, networkNames } from "../networks/index.ts";
import { regularization } from "../problem/index.ts";
import { decays, schedules, trainingSettings, underWeightDecay } from "../training/index.ts";
import type { Option, Values } from "./command.ts";
import {
  classOptions,
  lossOption,
  parseNumbers,
  readConvention,
  readCounts,
  readWeightDecay,
  regularizationOptions,
  remedyOptions,
  weightDecayOptions,
  withOptions,
} from "./problem-options.ts";

/** The settings of a training as options: those of `nclab train`, and by the same names those of a sweep's points. */
const { nonnegative: _nonnegative, ...lossOptions } = remedyOptions;

export const runOptions: Record<string, Option> = {
  ...classOptions,
  ...regularizationOptions,
  ...weightDecayOptions,
  ...lossOptions,
  loss: lossOption,
  repeats: { type: "string", value: "5x1,5x4", help: "oversampling: how often an epoch sees the images of each class" },
  dataset: { type: "string", value: "fashion-mnist|cifar-10|glyphs", help: "images to train on (default fashion-mnist)" },
  classes: { type: "string", value: "K", help: "only the first K classes of the data set (default all); the counts are then K" },
  "data-dir": { type: "string", value: "DIR", help: "folder that holds the data set (else NCLAB_DATA, else ./data)" },
  network: {
    type: "string",
    value: networkNames.join("|"),
    help: "default mlp: inputs-512-512; mlp-wide: inputs-5120-64; mlp-bn (default under weight decay alone): inputs-512-256, batch normalization before the head; mlp-ln: the same with layer normalization; the others take images of 32 x 32, to which smaller ones are stretched",
  },
  features: { type: "string", value: featureKinds.join("|"), help: "what the last hidden layer ends in (default linear)" },
  epochs: { type: "string", value: "120", help: "epochs; about 400 for a Z within some percent of the prediction" },
  batch: {
    type: "string",
    value: "128",
    help: "images a step (default 128, under weight decay alone 500, or all where there are fewer); the rest of an epoch that fills no batch is left out",
  },
  "micro-batch": {
    type: "string",
    value: "N",
    help: "images at a time, a divisor of the batch, where a whole one does not fit into memory: gradients are averaged, batch normalization sees N images",
  },
  schedule: { type: "string", value: schedules.join("|"), help: `learning rate and regularization (default ${schedules[0]})` },
  peak: {
    type: "string",
    value: "F",
    help: "with --schedule decay-peak: how many times their own the decays are at their height (default 20)",
  },
  warmup: {
    type: "string",
    value: "N",
    help: "epochs over which the learning rate grows to the schedule's, step by step (default 0)",
  },
  "last-layer": {
    type: "string",
    value: "N",
    help: "after the epochs, N full-batch steps on the feature layer and the head alone (default 0)",
  },
  "whole-set": {
    type: "string",
    value: "N",
    help: "under weight decay alone with --decay effective or head (mlp, mlp-wide, cnn: all): after the epochs, before --last-layer, N looks at all samples at once by L-BFGS on all parameters (default 0)",
  },
  "weight-decay": {
    type: "string",
    value: "X",
    help: "weight decay; without lambdas it is all that regularizes, and the prediction is that of docs/weight-decay.md (mlp, mlp-wide, cnn: docs/peeled.md)",
  },
  ends: {
    ...weightDecayOptions.ends,
    help: "under weight decay alone: what the network's features come out of, if you want it checked",
  },
  decay: {
    type: "string",
    value: "body|all|effective|head",
    help: "what decays. Beside lambdas: the hidden layers (body, the default), or the head too (all: adds X to lambda_W and lambda_b). Alone: everything (all, the default), what the minimum depends on (effective: the head, and scale and shift of the last normalization), or the head alone (head: scale and shift are spared, there is no minimum and no prediction)",
  },
  seed: { type: "string", value: "0", help: "decides the subset, the initial values and the batches" },
  backend: {
    type: "string",
    value: backends.join("|"),
    help: "what computes: WebAssembly, WebGPU (in Node with the optional package webgpu), or native code by ONNX Runtime (the optional package onnxruntime-node). Default auto: WebGPU where there is a graphics processor for it, else WebAssembly",
  },
  "evaluate-every": { type: "string", value: "N", help: "epochs between two lines of metrics.jsonl (default 10)" },
  tensorboard: { type: "boolean", help: "write an event file of TensorBoard into the run folder too" },
  "save-features": {
    type: "boolean",
    help: "write features.npz into the run folder at the end: features, labels, head, and what the feature layer takes, for `nclab measure` and its --hidden",
  },
  "checkpoint-every": { type: "string", value: "N", help: "epochs between two checkpoints (default 10)" },
};

/** The run that the options ask for. Errors name the option that they came from. */
export async function readRunConfig(options: Values): Promise<RunConfig> {
  try {
    return await readConfig(options);
  } catch (error) {
    const named = withOptions(error);
    if (!(named instanceof InputError)) throw named;
    const [name, ...rest] = named.message.split(":");
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw option in runOptions ? new InputError(`--${option}:${rest.join(":")}`) : named;
  }
}

async function readConfig(options: Values): Promise<RunConfig> {
  const counts = await readCounts(options);
  const N = counts.reduce((sum, n) => sum + n, 0);
  const choice = <T extends string>(name: string, values: readonly T[]): T => {
    const text = options.text(name) ?? values[0];
    if (!(values as readonly string[]).includes(text)) throw inputError(`--${name}`, values.join(", "), text);
    return text as T;
  };
  const list = (name: string): number[] | null => {
    const text = options.text(name);
    return text === undefined ? null : parseNumbers(text, `--${name}`);
  };
  const repeats = list("repeats");
  const loss = choice("loss", lossNames);
  const seen = counts.reduce((sum, n, k) => sum + n * (repeats?.[k] ?? 1), 0);
  const alone = options.text("weight-decay") !== undefined && !lambdaOptions.some((name) => options.text(name) !== undefined);
  const network = choice("network", alone ? firstOf(networkNames, "mlp-bn") : networkNames);
  const features = choice("features", featureKinds);
  const penalties = alone
    ? underWeightDecay(
        { network, features, decay: choice("decay", decays), N: seen },
        {
          ...readWeightDecay(options, true),
          lambdaB: options.number("lambda-b", true),
          convention: options.text("convention") === undefined ? undefined : readConvention(options),
        },
      )
    : readPenalties(options, N, choice("decay", ["body", "all"]));
  return {
    settings: trainingSettings({
      counts,
      ...penalties,
      network,
      features,
      epochs: options.integer("epochs", 1) ?? 120,
      // Statistics of small batches fluctuate, and it is the whole set's that the prediction knows (docs/weight-decay.md).
      batch: options.number("batch") ?? Math.min(alone ? 500 : 128, N),
      microBatch: options.number("micro-batch") ?? null,
      schedule: choice("schedule", alone ? firstOf(schedules, "decay-ramp") : schedules),
      ...(options.number("peak") === undefined ? {} : { peak: options.number("peak") }),
      ...(options.integer("warmup", 0) === undefined ? {} : { warmup: options.integer("warmup", 0) }),
      ...(options.integer("last-layer", 0) === undefined ? {} : { lastLayer: options.integer("last-layer", 0) }),
      ...(options.integer("whole-set", 0) === undefined ? {} : { wholeSet: options.integer("whole-set", 0) }),
      seed: options.integer("seed", 0) ?? 0,
      device: await deviceFor(choice("backend", backends)),
      remedies: {
        weights: list("weights"),
        offsets: list("offsets"),
        factors: list("factors"),
        smoothing: options.number("smoothing") ?? 0,
        repeats,
        ...(loss === lossNames[0] ? {} : { loss }),
      },
    }),
    dataset: datasetName(options.text("dataset") ?? "fashion-mnist", "--dataset"),
    dataDir: options.text("data-dir") ?? null,
    ...(options.integer("classes", 2) === undefined ? {} : { classes: options.integer("classes", 2) }),
    evaluateEvery: options.integer("evaluate-every", 1) ?? 10,
    checkpointEvery: options.integer("checkpoint-every", 1) ?? 10,
    ...(options.flag("tensorboard") ? { tensorboard: true } : {}),
    ...(options.flag("save-features") ? { saveFeatures: true } : {}),
  };
}

const lambdaOptions = ["lambda-z", "lambda-w", "lambda-h"] as const;

/** The names with one of them first: `choice` takes the first where none is given. */
function firstOf<T>(names: readonly T[], name: T): readonly T[] {
  return [name, ...names.filter((other) => other !== name)];
}

/** Lambdas as given, and the weight decay beside them. */
function readPenalties(options: Values, N: number, decay: "body" | "all") {
  // Beside lambdas the decay is the hidden layers', and whatever says more of it is refused.
  const { weightDecay = 0, ...stray } = readWeightDecay(options, true);
  const lambdaZ = options.number("lambda-z");
  const given = {
    ...stray,
    lambdaZ,
    lambdaW: options.number("lambda-w"),
    lambdaH: options.number("lambda-h"),
    lambdaB: options.number("lambda-b", true),
  };
  const lambdas = regularization({ ...given, convention: readConvention(options) }, N);
  const headDecay = decay === "all" ? weightDecay : 0;
  return {
    lambdaZ: lambdas.lambdaZ,
    // lambda_Z alone leaves the split open: the paper's, 10 to 1/10.
    lambdaW: (lambdaZ === undefined ? lambdas.lambdaW : 10 * lambdas.lambdaZ) + headDecay,
    lambdaH: lambdaZ === undefined ? lambdas.lambdaH : lambdas.lambdaZ / 10,
    lambdaB: lambdas.lambdaB + headDecay,
    weightDecay,
  };
}
