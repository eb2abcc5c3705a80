import { inputError } from "../errors.ts";
import { fullRank } from "../loss/index.ts";
import { format } from "../number-text.ts";
import {
  type BatchRange,
  batchRange,
  checkBatchSize,
  classesOf,
  type Dimension,
  dimensionOf,
  distancesOfPrediction,
  expand,
  type PredictionSummary,
  predictionDocument,
  summarize,
  summaryOf,
} from "../prediction/index.ts";
import {
  clustersOf,
  endsInLayerNorm,
  layerNormEnding,
  type Problem,
  usualTolerance,
  problem as validated,
} from "../problem/index.ts";
import { terminalHeatMap } from "../terminal/index.ts";
import { phaseWords } from "../theory/index.ts";
import { distancesText, statusText } from "../words/index.ts";
import { predictBatch } from "./batch.ts";
import { classLines, offsetsText } from "./class-lines.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { layerPeeledOption, readLayerPeeled } from "./layer-peeled-options.ts";
import { pictureName, pictureOptions, readPicture } from "./pictures.ts";
import { dimensionOptions, dimensionText, predictInFewDimensions } from "./predict-dimension.ts";
import { predictWithLayerNorm } from "./predict-layer-norm.ts";
import { predictBounded } from "./predict-layer-peeled.ts";
import { checkBesideTargets, predictWithTargets, targetsOption } from "./predict-targets.ts";
import {
  asOptions,
  batchSizeOption,
  classOptions,
  criticalLine,
  describeRegularization,
  lossOption,
  lossWords,
  noteWeights,
  readProblemInput,
  regularizationOptions,
  remedyOptions,
  weightDecayOptions,
} from "./problem-options.ts";
import { traceOption, traceTo } from "./trace-text.ts";
import { checkWhole } from "./whole.ts";

/** `nclab predict`: the geometry at the end of training, proved. */
export const predict: Command = {
  name: "predict",
  summary: "Predicts the last layer at the end of training from class counts and regularization, with a proof.",
  options: {
    ...classOptions,
    ...regularizationOptions,
    ...weightDecayOptions,
    ...remedyOptions,
    "batch-size": batchSizeOption,
    ...layerPeeledOption,
    loss: lossOption,
    ...dimensionOptions,
    targets: targetsOption,
    tolerance: { type: "string", value: "1e-10", help: "relative duality gap asked for" },
    trace: traceOption,
    save: { type: "string", value: "FILE.npz", help: "write Z, b, W (K x d), H (class features, K x d) and counts" },
    plot: { type: "string", value: pictureName, help: "write the heat map of Z" },
    ...pictureOptions,
    width: {
      type: "string",
      value: "d|CM",
      help: "with --ends layer-norm: channels that the layer normalization before the head normalizes (a picture has its usual width then); else with --plot: width of the picture in centimetres",
    },
    batch: {
      type: "string",
      value: "FILE|-",
      help: "JSON lines in (id, counts, lambdaZ, lambdaB, ...), JSON lines out in the same order",
    },
    json: { type: "boolean", help: "print one JSON document (schema nclab.prediction/1)" },
  },
  example: "nclab predict --counts 5x500,5x100 --lambda-z 0.0039 --lambda-b 0.01",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  const tolerance = options.number("tolerance") ?? usualTolerance;
  if (!(tolerance > 0)) throw inputError("--tolerance", "a positive number", tolerance);
  checkTrace(options);
  const bounds = readLayerPeeled(options);
  if (bounds !== undefined) return predictBounded(bounds, { options, tolerance }, print);
  const batch = options.text("batch");
  const targets = options.text("targets");
  if (targets !== undefined) {
    checkBesideTargets(options);
    return predictWithTargets(targets, await readProblemInput(options), { options, tolerance }, print);
  }
  if (batch !== undefined) return predictBatch(batch, tolerance, print);

  const { names, ...input } = await readProblemInput(options);
  const d = options.integer("dimension", 1);
  if (endsInLayerNorm(input)) {
    if (d !== undefined) throw inputError("--dimension", "nothing with --ends layer-norm, whose --width are its channels", d);
    return predictWithLayerNorm(input, names, options, print);
  }
  if (d === undefined && options.text("starts") !== undefined)
    throw inputError(
      "--starts",
      "--ends layer-norm or --dimension beside it: else there is one answer, which is proved",
      options.text("starts"),
    );
  const problem = asOptions(() => validated(input));
  noteWeights(problem);
  const size = options.number("batch-size");
  if (size !== undefined) asOptions(() => checkBatchSize(problem, size));
  const plot = readPicture(options);
  const save = options.text("save");
  checkWhole(problem.K, { save, plot: plot?.file });
  const different = clustersOf(problem).length;
  if (different > verySlow) console.error(`${different} different counts: this takes minutes`);
  else if (different > slow && tolerance < 1e-6)
    console.error(`${different} different counts: the exact answer takes minutes; --tolerance 1e-4 takes a second`);
  const trace = options.flag("trace") ? traceTo((text) => console.error(text)) : undefined;
  const prediction = summarize(problem, { tolerance, trace });
  if (trace && prediction.stopped === null) console.error(`${prediction.method}: a closed form, nothing to trace`);
  const dimension = d === undefined ? null : asOptions(() => dimensionOf(prediction, d));
  if (d !== undefined && dimension?.suffices === false)
    return predictInFewDimensions(problem, prediction, names, { options, d, plot }, print);
  const range = size === undefined ? null : batchRange(problem, size, prediction);
  if (save !== undefined) await (await import("./save-prediction.ts")).savePrediction(save, problem, expand(prediction), d);
  if (plot !== undefined) await (await import("./plot-prediction.ts")).plotPrediction(plot, expand(prediction));
  await print(
    options.flag("json")
      ? toJson(predictionDocument(prediction, names, range, dimension && { asked: dimension.asked, least: dimension.least }))
      : describe(problem, prediction, names, { batch: range, dimension }),
  );
  if (prediction.certified) return 0;
  console.error(
    `the asked relative gap of ${tolerance} was not reached: ${format(prediction.relativeGap)} is what is proved; ${prediction.reason}`,
  );
  return 3;
}

/** Other problems are solved many times over, or by a search. */
function checkTrace(options: CommandInput["options"]): void {
  if (!options.flag("trace")) return;
  for (const other of ["layer-peeled", "targets", "batch"])
    if (options.text(other) !== undefined) throw inputError("--trace", `no --${other} beside it`, options.text(other));
  if (options.text("ends") === layerNormEnding) throw inputError("--trace", `no --ends ${layerNormEnding} beside it`, true);
}

/** From this many different counts on a solve takes a minute and more. */
const slow = 500;
/** From here on also one to a loose tolerance. */
const verySlow = 10_000;

/** More classes than this are not drawn in the terminal. */
const mostDrawn = 100;

/** Waits for a slow reader, so that a long batch does not pile up in memory. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.write(`${text}\n`)) resolve();
    else process.stdout.once("drain", resolve);
  });
}

function describe(
  problem: Problem,
  p: PredictionSummary,
  names: readonly string[] | null,
  { batch, dimension }: { batch: BatchRange | null; dimension: Dimension | null },
): string {
  const classes = classesOf(p);
  const said = summaryOf({ classes, summary: p });
  const lines = [
    `${p.problem.K} classes, ${p.problem.N} samples, ${p.problem.nonnegative ? "nonnegative" : "free"} features${lossWords(p.problem.loss)}`,
    describeRegularization(problem),
    ...(batch ? [batch.note] : []),
    ...criticalLine(p.criticalCount, p.problem.nonnegative),
    "",
    `${statusText(said)}${offsetsText(said, p)}`,
    ...classLines(p, classes, names),
    ...(p.bins === null ? [] : [`nearly equal counts were taken together: ${p.bins} bins`]),
    "",
    ...(p.phase ? [`phase (${p.phase}) ${phaseWords[p.phase]}`] : []),
    ...(dimension ? [dimensionText(dimension)] : []),
    `rank ${p.rank} of ${fullRank(p.problem)}; objective ${p.objective.toPrecision(12)}`,
    `proved to a relative gap of ${format(p.relativeGap)} by ${p.method} in ${format(p.seconds * 1000)} ms`,
    ...(p.reason === null ? [] : [`not proved to the tolerance: ${p.reason}`]),
    ...(p.rank === 0 ? [] : ["", distancesText(distancesOfPrediction(p))]),
  ];
  if (p.problem.K <= mostDrawn)
    lines.push(
      "",
      "mean predictions Z (rows: logits, columns: classes)",
      terminalHeatMap(expand(p).Z, p.clusters, { color: process.stdout.isTTY === true && !process.env.NO_COLOR }),
    );
  return lines.join("\n");
}
