import {
  answerOfCounts,
  checkTolerance,
  checkTrace,
  documentOfCounts,
  type PredictInput,
  type Question,
  questionOf,
} from "../documents/index.ts";
import { fullRank } from "../loss/index.ts";
import { format } from "../number-text.ts";
import {
  type BatchRange,
  classesOf,
  type Dimension,
  distancesOfPrediction,
  expand,
  type PredictionSummary,
  summaryOf,
} from "../prediction/index.ts";
import { clustersOf, type Problem } from "../problem/index.ts";
import { terminalHeatMap } from "../terminal/index.ts";
import { phaseWords } from "../theory/index.ts";
import { distancesText, statusText } from "../words/index.ts";
import { checkBesideBatch, predictBatch } from "./batch.ts";
import { classLines, offsetsText } from "./class-lines.ts";
import type { Command, CommandInput, Values } from "./command.ts";
import { toJson } from "./json.ts";
import { layerPeeledOption, readLayerPeeled } from "./layer-peeled-options.ts";
import { writeAndPrint } from "./outputs.ts";
import { pictureName, pictureOptions, readPicture } from "./pictures.ts";
import { dimensionOptions, dimensionText, predictInFewDimensions } from "./predict-dimension.ts";
import { predictWithLayerNorm } from "./predict-layer-norm.ts";
import { predictBounded } from "./predict-layer-peeled.ts";
import { predictWithTargets, readTargets, targetsOption } from "./predict-targets.ts";
import {
  asOptions,
  batchSizeOption,
  classOptions,
  criticalLine,
  describeRegularization,
  lossOption,
  lossWords,
  noteWeights,
  readSettings,
  regularizationOptions,
  remedyOptions,
  weightDecayOptions,
} from "./problem-options.ts";
import { progressLine } from "./progress.ts";
import { slowDescent } from "./searched.ts";
import { threadsOption, useThreadsOf } from "./threads.ts";
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
    ...threadsOption,
    save: {
      type: "string",
      writes: true,
      value: "FILE.npz",
      help: "write Z, b, W (K x d), H (class features, K x d) and counts",
    },
    plot: { type: "string", writes: true, value: pictureName, help: "write the heat map of Z" },
    ...pictureOptions,
    width: {
      type: "string",
      value: "d|CM",
      help: "with --ends layer-norm: channels that the layer normalization before the head normalizes (a picture has its usual width then); else with --plot: width of the picture in centimetres",
    },
    batch: {
      type: "string",
      value: "FILE|-",
      help: "JSON lines in (id, counts, lambdaZ, lambdaB, ...), JSON lines out in the same order; of the options --tolerance and --threads alone go with it",
    },
    json: { type: "boolean", help: "print one JSON document (schema nclab.prediction/1)" },
  },
  example: "nclab predict --counts 5x500,5x100 --lambda-z 0.0039 --lambda-b 0.01",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  useThreadsOf(options);
  const tolerance = options.number("tolerance");
  const batch = options.text("batch");
  if (batch !== undefined) {
    checkBesideBatch(Object.keys(predict.options), options);
    return predictBatch(
      batch,
      asOptions(() => (tolerance === undefined ? undefined : checkTolerance(tolerance))),
      print,
    );
  }
  const layerPeeled = readLayerPeeled(options);
  const targets = await readTargets(options);
  const input: PredictInput = {
    ...(await readSettings(options)),
    ...{ tolerance, layerPeeled, targets },
    batchSize: options.number("batch-size"),
    dimension: options.integer("dimension", 1),
    starts: options.integer("starts", 1),
  };
  const question = asOptions(() => questionOf(input));
  if (options.flag("trace")) asOptions(() => checkTrace(question));
  if (question.model === "layer-peeled") return predictBounded(question, options, print);
  if (question.model === "targets") return predictWithTargets(question, options, print);
  if (question.model === "layer-norm") return predictWithLayerNorm(question, options, print);
  return predictFromCounts(question, options);
}

async function predictFromCounts(question: Extract<Question, { model: "counts" }>, options: Values): Promise<number> {
  const { problem, names, tolerance } = question;
  noteWeights(problem);
  const plot = readPicture(options);
  const save = options.text("save");
  checkWhole(problem.K, { save, plot: plot?.file });
  const different = clustersOf(problem).length;
  if (different > verySlow) console.error(`${different} different counts: this takes minutes`);
  else if (different > slow && tolerance < 1e-6)
    console.error(`${different} different counts: the exact answer takes minutes; --tolerance 1e-4 takes a second`);
  const line = problem.K >= slowDescent ? progressLine() : null;
  const trace = options.flag("trace") ? traceTo((text) => console.error(text)) : undefined;
  const progress = (done: number, of: number): void => line?.update(done, of, `descent ${done} of ${of}`);
  const answer = asOptions(() => answerOfCounts(question, { progress, trace }));
  line?.end();
  if (trace && answer.summary.stopped === null) console.error(`${answer.summary.method}: a closed form, nothing to trace`);
  if (!answer.within) return predictInFewDimensions(problem, answer, names, { options, plot }, print);
  const { summary: prediction } = answer;
  await writeAndPrint(
    async () => {
      if (save !== undefined)
        await (await import("./save-prediction.ts")).savePrediction(save, problem, expand(prediction), question.dimension);
      if (plot !== undefined) await (await import("./plot-prediction.ts")).plotPrediction(plot, expand(prediction));
    },
    () => print(options.flag("json") ? toJson(documentOfCounts(answer, names)) : describe(problem, prediction, names, answer)),
  );
  if (prediction.certified) return 0;
  console.error(
    `the asked relative gap of ${tolerance} was not reached: ${format(prediction.relativeGap)} is what is proved; ${prediction.reason}`,
  );
  return 3;
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
    ...criticalLine(p.criticalCount, p.problem),
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
