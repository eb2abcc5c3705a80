import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { startEngine, useThreads } from "../engine/index.ts";
import { InputError, inputError } from "../errors.ts";
import { type Metrics, type RunHooks, type RunResult, resumeRun, startRun } from "../experiments/index.ts";
import { format } from "../number-text.ts";
import { table } from "../terminal/index.ts";
import { Interrupted, type TrainingProgress, type TrainingSettings, unpredicted } from "../training/index.ts";
import { branchesText, classLabel, figureText, mostRows, shotColumns, shotRows, statusText, weakest } from "../words/index.ts";
import type { Command, CommandInput, Values } from "./command.ts";
import { toJson } from "./json.ts";
import { type ProgressLine, progressLine } from "./progress.ts";
import { readRunConfig, runOptions } from "./run-config.ts";
import { stopSignal } from "./stop-signal.ts";

/** `nclab train`: one network, into a run folder. */
export const train: Command = {
  name: "train",
  summary: "Trains a network on an imbalanced subset of real or built-in images and holds it against the prediction.",
  options: {
    ...runOptions,
    threads: {
      type: "string",
      value: "N",
      help: "threads on WebAssembly (default: one a core); the numbers do not depend on it",
    },
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
  const config = resume === undefined ? await readRunConfig(options) : refuseSettings(options);
  let line: ProgressLine | null = null;
  const asked = stopSignal(
    "nclab train: stopping as soon as what is trained can be kept, after this epoch at the latest; once more stops at once",
  );
  const hooks: RunHooks = {
    onProgress(progress) {
      line ??= progressLine({ from: progress.step });
      line.update(progress.step, progress.steps, describeProgress(progress));
    },
    onMetrics: (metrics) => line?.note(describeMetrics(metrics)),
    onWarning: (message) => console.error(message),
    stop: () => asked() !== null,
    stopReading: asked.signal,
  };
  if (config?.settings.normDecay !== undefined) {
    const { network, batch, schedule } = config.settings;
    console.error(`weight decay alone: network ${network}, batches of ${batch}, schedule ${schedule}`);
  }
  if (config) await startEngine(config.settings.device, { threads });
  else useThreads(threads);
  let result: RunResult;
  try {
    result = config ? await startRun(out, config, hooks) : await resumeRun(out, hooks, options.text("data-dir"));
  } catch (error) {
    if (!(error instanceof InputError) && existsSync(join(out, "run.json")))
      console.error(
        `kept: ${out}; \`nclab train --resume ${out}\` continues from its newest checkpoint, or from the start where there is none`,
      );
    if (!(error instanceof Interrupted)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    (line as ProgressLine | null)?.end();
  }
  const { record, final } = result;
  if (options.flag("json")) console.log(toJson({ ...record, folder: out, final }));
  else console.log(describe(out, record, final));
  return 0;
}

/** A resumed run has its settings; another value beside them would be ignored, so it is refused. */
function refuseSettings(options: Values): null {
  for (const name of Object.keys(train.options))
    if (!["resume", "data-dir", "threads", "json"].includes(name) && options.text(name) !== undefined)
      throw inputError(`--${name}`, "no setting beside --resume (run.json has them)", options.text(name));
  return null;
}

function describeProgress({ epoch, epochs, last }: TrainingProgress): string {
  return `epoch ${Math.min(epoch + 1, epochs)}/${epochs}${last ? `  loss ${last.loss.toFixed(4)}` : ""}`;
}

function describeMetrics({ epoch, objective, nc1, comparison }: Metrics): string {
  return `epoch ${epoch}: objective ${objective.toFixed(5)}, NC1 (paper) ${format(nc1.paper, 3)}, error of Z ${share(comparison?.Zerror.frobenius ?? null)}`;
}

/** A layer normalization has many minima; elsewhere nothing that the theory knows of says where training ends. */
function withoutComparison(settings: TrainingSettings, { objective, geometry, layerNorm, counts, classes }: Metrics): string[] {
  const names = classes?.map((c) => c.name) ?? null;
  const figure = (of: Metrics["geometry"]): string => (of ? figureText(of, counts.length, names) : "none, all classes are one");
  if (!layerNorm)
    return [
      `objective          ${objective.toFixed(6)}  (no prediction: ${unpredicted(settings)}; docs/weight-decay.md)`,
      `figure             ${figure(geometry)}`,
    ];
  return [
    `objective          ${objective.toFixed(6)}  (the model's minimum to which descent from it leads ${layerNorm.settled.toFixed(6)}, the best that was found ${layerNorm.best.toFixed(6)})`,
    `error of Z         ${share(layerNorm.Zerror.frobenius)} (Frobenius), beside the minimum to which descent from it leads`,
    `error of b         ${share(layerNorm.berror.frobenius)}`,
    `figure             ${figure(geometry)}`,
    `of the best found  ${figure(layerNorm.bestGeometry)}`,
  ];
}

const share = (x: number | null): string => (x === null ? "-" : `${(100 * x).toFixed(1)}%`);

/** What has become of the classes; runs from before it was measured do not say. */
function becomes({ classes, summary }: Partial<Pick<Metrics, "classes" | "summary">>): string[] {
  if (!classes || !summary) return [];
  const names = classes.map((c) => c.name);
  const many = classes.length > mostRows;
  const rows = (many ? weakest(classes) : classes).map((c) => [
    classLabel(c.class, names),
    c.count,
    c.status,
    c.pOwn,
    c.rival === null ? null : classLabel(c.rival, names),
    c.margin,
  ]);
  return [
    `classes, measured   ${statusText(summary)}`,
    ...(many ? [table(shotColumns, shotRows(classes)), "the weakest:"] : []),
    table(["class", "samples", "becomes", "p_own", "strongest rival", "margin in logits"], rows),
  ];
}

function describe(out: string, { settings, seconds }: RunResult["record"], final: Metrics): string {
  const { comparison, comparedAt, counts, objective, predictedObjective, trainAccuracy, testAccuracy } = final;
  const groups = (merged: number[][]): string => merged.map((classes) => `{${classes.join(" ")}}`).join(" ") || "none";
  const list = (values: (number | null)[]): string => values.map((x) => (x === null ? "-" : x.toFixed(2))).join(" ");
  const images = `${final.N} images, counts ${counts.join(" ")}`;
  return [
    ...(comparison && comparedAt && predictedObjective !== null
      ? [
          `lambda_Z ${comparedAt.lambdaZ}, lambda_b ${comparedAt.lambdaB === Number.POSITIVE_INFINITY ? "inf" : comparedAt.lambdaB}, ${images}`,
          `objective          ${objective.toFixed(6)}  (predicted minimum ${predictedObjective.toFixed(6)})`,
          `error of Z         ${share(comparison.Zerror.frobenius)} (Frobenius), ${share(comparison.Zerror.sup)} (largest entry)`,
          `error of b         ${share(comparison.berror.frobenius)}`,
          `merged, predicted  ${groups(comparison.mergedPredicted)}`,
          `merged, measured   ${groups(comparison.mergedMeasured)}`,
        ]
      : [images, ...withoutComparison(settings, final)]),
    ...(final.branches && final.branches.atMost !== 1 ? [branchesText(final.branches)] : []),
    ...becomes(final),
    `accuracy, train    ${list(trainAccuracy)}`,
    `accuracy, test     ${list(testAccuracy)}`,
    `${seconds.toFixed(1)} s; run folder ${out}`,
  ].join("\n");
}
