import { inputError } from "../errors.ts";
import { expand, type PredictionSummary, summarize } from "../prediction/index.ts";
import { clustersOf, type Problem, usualTolerance } from "../problem/index.ts";
import { sampleCount } from "../problem/sample-count.ts";
import { table, terminalHeatMap } from "../report/terminal.ts";
import { predictBatch } from "./batch.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { checkLoss, predictSquare } from "./predict-square.ts";
import { mostExpanded, predictionDocument } from "./prediction-document.ts";
import {
  classOptions,
  describeRegularization,
  listClasses,
  readNamedProblem,
  regularizationOptions,
  remedyOptions,
  weightDecayOptions,
} from "./problem-options.ts";

/** `nclab predict`: the geometry at the end of training, proved. */
export const predict: Command = {
  name: "predict",
  summary: "Predicts the last layer at the end of training from class counts and regularization, with a proof.",
  options: {
    ...classOptions,
    ...regularizationOptions,
    ...weightDecayOptions,
    ...remedyOptions,
    loss: {
      type: "string",
      value: "cross-entropy|square",
      help: "default cross-entropy; square: closed form, no bias (schema nclab.square-prediction/1)",
    },
    tolerance: { type: "string", value: "1e-10", help: "relative duality gap asked for" },
    save: { type: "string", value: "FILE.npz", help: "write Z, b, W (K x d), H (class features, K x d) and counts" },
    plot: { type: "string", value: "FILE.svg|.png", help: "write the heat map of Z" },
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
  const loss = checkLoss(options.text("loss"));
  const batch = options.text("batch");
  if (loss === "square")
    for (const name of ["batch", "save", "plot", "tolerance"])
      if (options.text(name) !== undefined) throw inputError(`--${name}`, "nothing with --loss square", options.text(name));
  if (batch !== undefined) return predictBatch(batch, tolerance, print);

  const { problem, names } = await readNamedProblem(options);
  if (loss === "square") {
    await print(predictSquare(problem, names, options.flag("json")));
    return 0;
  }
  const plot = options.text("plot");
  if (plot !== undefined) (await import("./plot-prediction.ts")).checkPictureName(plot);
  const save = options.text("save");
  for (const [name, value] of [
    ["save", save],
    ["plot", plot],
  ])
    if (value !== undefined && problem.K > mostExpanded)
      throw inputError(`--${name}`, `at most ${mostExpanded} classes`, problem.K);
  const different = clustersOf(problem).length;
  if (different > verySlow) console.error(`${different} different counts: this takes minutes`);
  else if (different > slow && tolerance < 1e-6)
    console.error(`${different} different counts: the exact answer takes minutes; --tolerance 1e-4 takes a second`);
  const prediction = summarize(problem, { tolerance });
  if (save !== undefined) await (await import("./save-prediction.ts")).savePrediction(save, problem, expand(prediction));
  if (plot !== undefined) await (await import("./plot-prediction.ts")).plotPrediction(plot, expand(prediction));
  await print(options.flag("json") ? toJson(predictionDocument(prediction, names)) : describe(problem, prediction, names));
  if (prediction.certified) return 0;
  console.error(`the asked relative gap of ${tolerance} was not reached: ${short(prediction.relativeGap)} is what is proved`);
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

const short = (x: number): string => (x === 0 ? "0" : Math.abs(x) < 1e-3 ? x.toExponential(2) : String(Number(x.toPrecision(4))));

const phases = {
  a: "(a) all classes apart",
  b: "(b) the minority is one vector",
  c: "(c) the minority's predictions are 0",
  d: "(d) complete collapse",
};

function describe(problem: Problem, p: PredictionSummary, names: readonly string[] | null): string {
  const rows = p.clusters.map((cluster, j) => [
    listClasses(cluster.classes, names),
    short(cluster.count),
    state(p, j),
    cluster.margin === null ? "-" : short(cluster.margin),
    short(norm(p, j)),
    short(p.b[cluster.classes[0]]),
  ]);
  const heads = ["classes", p.bins === null ? "samples each" : "samples (mean)", "state", "margin", "|z|", "bias"];
  const lines = [
    `${p.problem.K} classes, ${p.problem.N} samples, ${p.problem.nonnegative ? "nonnegative" : "free"} features`,
    describeRegularization(problem),
    `critical count (N lambda_Z)^2 = ${sampleCount(p.criticalCount)}${p.problem.nonnegative ? "" : ": classes of equal count at or below it merge"}`,
    "",
    table(heads, rows.length > 48 ? [...rows.slice(0, 24), heads.map(() => "…"), ...rows.slice(-16)] : rows),
    ...(rows.length > 48 ? [`${rows.length - 40} of ${rows.length} lines left out; --json has them all`] : []),
    ...(p.bins === null ? [] : [`nearly equal counts were taken together: ${p.bins} bins`]),
    "",
    ...(p.phase ? [`phase ${phases[p.phase]}`] : []),
    `rank ${p.rank} of ${p.problem.K - 1}; objective ${p.objective.toPrecision(12)}`,
    `proved to a relative gap of ${short(p.relativeGap)} by ${p.method} in ${short(p.seconds * 1000)} ms`,
    ...(p.reason === null ? [] : [`not proved to the tolerance: ${p.reason}`]),
  ];
  if (p.problem.K <= mostDrawn)
    lines.push(
      "",
      "mean predictions Z (rows: logits, columns: classes)",
      terminalHeatMap(expand(p).Z, p.clusters, { color: process.stdout.isTTY === true && !process.env.NO_COLOR }),
    );
  return lines.join("\n");
}

/** |z_k| for a class of cluster j. */
function norm({ clusters, blocks: { other, own } }: PredictionSummary, j: number): number {
  let squares = own[j] ** 2 - other[j][j] ** 2;
  clusters.forEach((cluster, i) => {
    squares += cluster.size * other[i][j] ** 2;
  });
  return Math.sqrt(Math.max(0, squares));
}

function state(p: PredictionSummary, j: number): string {
  const { classes, size, merged } = p.clusters[j];
  if (p.vanished.includes(classes[0])) return "vanished: predictions are 0";
  if (size === 1) return "one class";
  return merged ? "merged: one vector" : "apart";
}
