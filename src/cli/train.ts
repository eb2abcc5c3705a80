import { availableParallelism } from "node:os";
import { datasetName } from "../data/index.ts";
import { InputError, inputError } from "../errors.ts";
import { type Metrics, type RunConfig, type RunHooks, type RunResult, resumeRun, startRun } from "../experiments/run.ts";
import { backends, deviceFor, startBackend, useThreads } from "../networks/backend.ts";
import { featureKinds, networkNames } from "../networks/network.ts";
import { regularization } from "../problem/index.ts";
import { type Progress, schedules, trainingSettings } from "../training/index.ts";
import type { Command, CommandInput, Values } from "./command.ts";
import { toJson } from "./json.ts";
import { classOptions, readConvention, readCounts, regularizationOptions } from "./problem-options.ts";
import { type ProgressLine, progressLine } from "./progress.ts";

/** `nclab train`: one network, into a run folder. */
export const train: Command = {
  name: "train",
  summary: "Trains a network on an imbalanced subset of real or built-in images and holds it against the prediction.",
  options: {
    ...classOptions,
    ...regularizationOptions,
    dataset: { type: "string", value: "fashion-mnist|cifar-10|glyphs", help: "images to train on (default fashion-mnist)" },
    "data-dir": { type: "string", value: "DIR", help: "folder that holds the data set (else NCLAB_DATA, else ./data)" },
    network: {
      type: "string",
      value: networkNames.join("|"),
      help: "default mlp: inputs-512-512; the others take images of 32 x 32, to which smaller ones are stretched",
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
      help: "what computes: WebAssembly, or WebGPU (in Node with the optional package webgpu). Default auto: WebGPU where there is one",
    },
    threads: {
      type: "string",
      value: "N",
      help: "threads on WebAssembly (default: one a core); the numbers do not depend on it",
    },
    "evaluate-every": { type: "string", value: "N", help: "epochs between two lines of metrics.jsonl (default 10)" },
    "checkpoint-every": { type: "string", value: "N", help: "epochs between two checkpoints (default 10)" },
    out: { type: "string", value: "DIR", help: "the run folder, not there yet or empty" },
    resume: {
      type: "string",
      value: "DIR",
      help: "continue the run in DIR to the numbers of the unbroken run; takes no other setting",
    },
    json: { type: "boolean", help: "print one JSON document: the run and its final numbers" },
  },
  example: "nclab train --counts 5x500,5x100 --lambda-z 0.0027 --lambda-b 0.02 --dataset glyphs --epochs 60 --out runs/first",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  const resume = options.text("resume");
  const out = resume ?? options.text("out");
  if (out === undefined) throw new InputError("nclab train: expected --out DIR (a new run folder) or --resume DIR, got neither");
  const threads = options.integer("threads", 1) ?? availableParallelism();
  const config = resume === undefined ? await namingOptions(readConfig(options)) : refuseSettings(options);
  let line: ProgressLine | null = null;
  const hooks: RunHooks = {
    onProgress(progress) {
      line ??= progressLine({ from: progress.step });
      line.update(progress.step, progress.steps, describeProgress(progress));
    },
    onMetrics: (metrics) => line?.note(describeMetrics(metrics)),
  };
  if (config) await startBackend(config.settings.device, { threads });
  else useThreads(threads);
  let result: RunResult;
  try {
    result = config ? await startRun(out, config, hooks) : await resumeRun(out, hooks, options.text("data-dir"));
  } catch (error) {
    if (!(error instanceof InputError))
      console.error(`kept: ${out}; \`nclab train --resume ${out}\` continues from its newest checkpoint`);
    throw error;
  } finally {
    (line as ProgressLine | null)?.end();
  }
  const { record, final } = result;
  if (options.flag("json")) console.log(toJson({ ...record, folder: out, final }));
  else console.log(describe(out, record.seconds, final));
  return 0;
}

async function readConfig(options: Values): Promise<RunConfig> {
  const counts = readCounts(options);
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
      weightDecay,
      seed: options.integer("seed", 0) ?? 0,
      device: await deviceFor(choice("backend", backends)),
    }),
    dataset: datasetName(options.text("dataset") ?? "fashion-mnist", "--dataset"),
    dataDir: options.text("data-dir") ?? null,
    evaluateEvery: options.integer("evaluate-every", 1) ?? 10,
    checkpointEvery: options.integer("checkpoint-every", 1) ?? 10,
  };
}

/** Errors about a setting name the option that it came from. */
async function namingOptions(config: Promise<RunConfig>): Promise<RunConfig> {
  try {
    return await config;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [name, ...rest] = error.message.split(":");
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw option in train.options ? new InputError(`--${option}:${rest.join(":")}`) : error;
  }
}

/** A resumed run has its settings; another value beside them would be ignored, so it is refused. */
function refuseSettings(options: Values): null {
  for (const name of Object.keys(train.options))
    if (!["resume", "data-dir", "threads", "json"].includes(name) && options.text(name) !== undefined)
      throw inputError(`--${name}`, "no setting beside --resume (run.json has them)", options.text(name));
  return null;
}

function describeProgress({ epoch, epochs, last }: Progress): string {
  return `epoch ${Math.min(epoch + 1, epochs)}/${epochs}${last ? `  loss ${last.loss.toFixed(4)}` : ""}`;
}

function describeMetrics({ epoch, objective, nc1, comparison }: Metrics): string {
  const value = (x: number | null): string => (x === null ? "-" : x.toPrecision(3));
  return `epoch ${epoch}: objective ${objective.toFixed(5)}, NC1 (paper) ${value(nc1.paper)}, error of Z ${share(comparison.Zerror.frobenius)}`;
}

const share = (x: number | null): string => (x === null ? "-" : `${(100 * x).toFixed(1)}%`);

function describe(out: string, seconds: number, final: Metrics): string {
  const { comparison, comparedAt, counts, objective, predictedObjective, trainAccuracy, testAccuracy } = final;
  const groups = (merged: number[][]): string => merged.map((classes) => `{${classes.join(" ")}}`).join(" ") || "none";
  const list = (values: (number | null)[]): string => values.map((x) => (x === null ? "-" : x.toFixed(2))).join(" ");
  return [
    `lambda_Z ${comparedAt?.lambdaZ}, lambda_b ${comparedAt?.lambdaB}, ${final.N} images, counts ${counts.join(" ")}`,
    `objective          ${objective.toFixed(6)}  (predicted minimum ${predictedObjective.toFixed(6)})`,
    `error of Z         ${share(comparison.Zerror.frobenius)} (Frobenius), ${share(comparison.Zerror.sup)} (largest entry)`,
    `error of b         ${share(comparison.berror.frobenius)}`,
    `merged, predicted  ${groups(comparison.mergedPredicted)}`,
    `merged, measured   ${groups(comparison.mergedMeasured)}`,
    `accuracy, train    ${list(trainAccuracy)}`,
    `accuracy, test     ${list(testAccuracy)}`,
    `${seconds.toFixed(1)} s; run folder ${out}`,
  ].join("\n");
}
