import { datasetName } from "../data/index.ts";
import { InputError, inputError } from "../errors.ts";
import type { RunConfig } from "../experiments/run.ts";
import { backends, deviceFor } from "../networks/backend.ts";
import { featureKinds, networkNames } from "../networks/network.ts";
import { regularization } from "../problem/index.ts";
import { schedules, trainingSettings } from "../training/index.ts";
import type { Option, Values } from "./command.ts";
import {
  classOptions,
  parseNumbers,
  readConvention,
  readCounts,
  regularizationOptions,
  remedyOptions,
} from "./problem-options.ts";

/** The settings of a training as options: those of `nclab train`, and by the same names those of a sweep's points. */
const { nonnegative: _, ...lossOptions } = remedyOptions;

export const runOptions: Record<string, Option> = {
  ...classOptions,
  ...regularizationOptions,
  ...lossOptions,
  repeats: { type: "string", value: "5x1,5x4", help: "oversampling: how often an epoch sees the images of each class" },
  dataset: { type: "string", value: "fashion-mnist|cifar-10|glyphs", help: "images to train on (default fashion-mnist)" },
  "data-dir": { type: "string", value: "DIR", help: "folder that holds the data set (else NCLAB_DATA, else ./data)" },
  network: {
    type: "string",
    value: networkNames.join("|"),
    help: "default mlp: inputs-512-512; mlp-wide: inputs-5120-64; the others take images of 32 x 32, to which smaller ones are stretched",
  },
  features: { type: "string", value: featureKinds.join("|"), help: "what the last hidden layer ends in (default linear)" },
  epochs: { type: "string", value: "120", help: "epochs; about 400 for a Z within some percent of the prediction" },
  batch: { type: "string", value: "128", help: "images a step; the rest of an epoch that fills no batch is left out" },
  "micro-batch": {
    type: "string",
    value: "N",
    help: "images at a time, a divisor of the batch, where a whole one does not fit into memory: gradients are averaged, batch normalization sees N images",
  },
  schedule: { type: "string", value: schedules.join("|"), help: `learning rate and regularization (default ${schedules[0]})` },
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
  "weight-decay": { type: "string", value: "X", help: "weight decay (default 0; 5e-4 in the paper's sections 4.1 and 4.2)" },
  decay: {
    type: "string",
    value: "body|all",
    help: "what decays: the hidden layers (default), or the head too, as in the paper; that adds X to lambda_W and lambda_b",
  },
  seed: { type: "string", value: "0", help: "decides the subset, the initial values and the batches" },
  backend: {
    type: "string",
    value: backends.join("|"),
    help: "what computes: WebAssembly, or WebGPU (in Node with the optional package webgpu). Default auto: WebGPU where there is a graphics processor for it",
  },
  "evaluate-every": { type: "string", value: "N", help: "epochs between two lines of metrics.jsonl (default 10)" },
  tensorboard: { type: "boolean", help: "write an event file of TensorBoard into the run folder too" },
  "checkpoint-every": { type: "string", value: "N", help: "epochs between two checkpoints (default 10)" },
};

/** The run that the options ask for. Errors name the option that they came from. */
export async function readRunConfig(options: Values): Promise<RunConfig> {
  try {
    return await readConfig(options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [name, ...rest] = error.message.split(":");
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw option in runOptions ? new InputError(`--${option}:${rest.join(":")}`) : error;
  }
}

async function readConfig(options: Values): Promise<RunConfig> {
  const counts = await readCounts(options);
  const N = counts.reduce((sum, n) => sum + n, 0);
  const lambdaZ = options.number("lambda-z");
  const given = { lambdaZ, lambdaW: options.number("lambda-w"), lambdaH: options.number("lambda-h") };
  const lambdas = regularization({ ...given, lambdaB: options.number("lambda-b", true), convention: readConvention(options) }, N);
  // lambda_Z alone leaves the split open: the paper's, 10 to 1/10.
  const split = lambdaZ === undefined ? { lambdaW: lambdas.lambdaW, lambdaH: lambdas.lambdaH } : {};
  const choice = <T extends string>(name: string, values: readonly T[]): T => {
    const text = options.text(name) ?? values[0];
    if (!(values as readonly string[]).includes(text)) throw inputError(`--${name}`, values.join(", "), text);
    return text as T;
  };
  const list = (name: string): number[] | null => {
    const text = options.text(name);
    return text === undefined ? null : parseNumbers(text, `--${name}`);
  };
  const weightDecay = options.number("weight-decay") ?? 0;
  const headDecay = choice("decay", ["body", "all"]) === "all" ? weightDecay : 0;
  const lambdaW = (split.lambdaW ?? 10 * lambdas.lambdaZ) + headDecay;
  return {
    settings: trainingSettings({
      counts,
      lambdaZ: lambdas.lambdaZ,
      lambdaB: lambdas.lambdaB + headDecay,
      ...split,
      lambdaW,
      network: choice("network", networkNames),
      features: choice("features", featureKinds),
      epochs: options.integer("epochs", 1) ?? 120,
      batch: options.integer("batch", 2) ?? 128,
      microBatch: options.integer("micro-batch", 2) ?? null,
      schedule: choice("schedule", schedules),
      ...(options.integer("warmup", 0) === undefined ? {} : { warmup: options.integer("warmup", 0) }),
      ...(options.integer("last-layer", 0) === undefined ? {} : { lastLayer: options.integer("last-layer", 0) }),
      weightDecay,
      seed: options.integer("seed", 0) ?? 0,
      device: await deviceFor(choice("backend", backends)),
      remedies: {
        weights: list("weights"),
        offsets: list("offsets"),
        factors: list("factors"),
        smoothing: options.number("smoothing") ?? 0,
        repeats: list("repeats"),
      },
    }),
    dataset: datasetName(options.text("dataset") ?? "fashion-mnist", "--dataset"),
    dataDir: options.text("data-dir") ?? null,
    evaluateEvery: options.integer("evaluate-every", 1) ?? 10,
    checkpointEvery: options.integer("checkpoint-every", 1) ?? 10,
    ...(options.flag("tensorboard") ? { tensorboard: true } : {}),
  };
}
