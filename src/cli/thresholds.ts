import { type ListedEvent, type ThresholdsDocument, thresholdsDocument, thresholdsQuestion } from "../documents/index.ts";
import { format } from "../number-text.ts";
import { clustersOf, type Problem, sampleCount, usualTolerance } from "../problem/index.ts";
import { table } from "../terminal/index.ts";
import { happening, listClasses, sharingWords } from "../words/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { layerPeeledOption, readLayerPeeled } from "./layer-peeled-options.ts";
import { writeAndPrint } from "./outputs.ts";
import { pictureName, pictureOptions, readPicture, writePicture } from "./pictures.ts";
import {
  asOptions,
  classOptions,
  lossOption,
  lossWords,
  noteWeights,
  readSettings,
  regularizationOptions,
  remedyOptions,
  weightDecayOptions,
} from "./problem-options.ts";
import { threadsOption, useThreadsOf } from "./threads.ts";
import { thresholdsBounded } from "./thresholds-layer-peeled.ts";

/** `nclab thresholds`: every lambda_Z at which the structure of the optimum changes. */
export const thresholds: Command = {
  name: "thresholds",
  summary:
    "Every lambda_Z at which the structure changes (classes of equal count merge, the rank falls, classes vanish, all collapses), for free and for nonnegative features; for two clusters also the thresholds in n_A and in the ratio, given --lambda-z.",
  options: {
    ...classOptions,
    ...regularizationOptions,
    ...weightDecayOptions,
    "lambda-z": { type: "string", value: "X", help: "two clusters: the lambda_Z of the thresholds in n_A and in the ratio" },
    ...layerPeeledOption,
    weights: remedyOptions.weights,
    offsets: remedyOptions.offsets,
    factors: remedyOptions.factors,
    smoothing: remedyOptions.smoothing,
    loss: lossOption,
    nonnegative: {
      type: "boolean",
      help: "what --plot shows: nonnegative features (the events of both models are always printed)",
    },
    plot: {
      type: "string",
      writes: true,
      value: pictureName,
      help: "write the singular values of Z D^(1/2) along lambda_Z, with the events",
    },
    ...pictureOptions,
    ...threadsOption,
    json: { type: "boolean", help: "print one JSON document (schema nclab.thresholds/1)" },
  },
  example: "nclab thresholds --counts 5x500,5x100 --lambda-b 0.02 --lambda-z 0.005",
  run,
};

/** Beyond this many different classes the events take minutes. */
const many = 30;

async function run({ options }: CommandInput): Promise<number> {
  useThreadsOf(options);
  const layerPeeled = readLayerPeeled(options);
  const settings = { ...(await readSettings(options)), layerPeeled };
  const question = asOptions(() => thresholdsQuestion(settings));
  if (question.model === "layer-peeled") return thresholdsBounded(question, options);
  const { problem, names } = question;
  noteWeights(problem);
  const plot = readPicture(options);
  const distinct = clustersOf(problem).length;
  if (distinct > many) console.error(`${distinct} different classes: this takes minutes (the time grows with the fourth power)`);
  const document = thresholdsDocument(question);
  await writeAndPrint(
    async () => {
      if (plot === undefined) return;
      const { alongEvents } = await import("../pictures/index.ts");
      const { events } = problem.nonnegative ? document.nonnegative : document;
      await writePicture(plot, (style) => alongEvents(problem, events, style));
    },
    () => console.log(options.flag("json") ? toJson(document) : describe(problem, names, document)),
  );
  const { nonnegative, worstGap } = document;
  if (document.certified) return 0;
  if (worstGap <= usualTolerance) {
    // The numbers are right to the last digit of the model that is named; which model that is stands above them.
    console.error(`nonnegative features: ${sharingWords(nonnegative.sharedGap)}`);
    return 0;
  }
  console.error(
    `some solutions behind these numbers are proved to a relative gap of ${format(worstGap, 6)} only, not to ${usualTolerance}`,
  );
  return 3;
}

/** The header's words on the regularization: what stays along lambda_Z. */
function describeBias({ lambdaB, weightDecay, ends, branches }: Problem): string {
  if (weightDecay === null) {
    const bias =
      lambdaB === Number.POSITIVE_INFINITY ? "inf (no bias)" : lambdaB === 0 ? "0 (a bias without penalty)" : format(lambdaB, 6);
    return `lambda_b ${bias}, paper's convention`;
  }
  const share = lambdaB / weightDecay;
  const bias =
    lambdaB === Number.POSITIVE_INFINITY
      ? "no bias"
      : lambdaB === 0
        ? "a bias that does not decay"
        : share === 1
          ? "the bias decays too"
          : `the bias decays with ${format(share, 6)} of it`;
  return `weight decay, features out of ${ends}${branches === 1 ? "" : `, ${branches} branches`}, ${bias}`;
}

function describe(problem: Problem, names: readonly string[] | null, d: ThresholdsDocument): string {
  const { K, N, lambdaB, weightDecay } = problem;
  const decays = weightDecay !== null;
  const stated = problem.ends !== null;
  const rows = (events: readonly ListedEvent[]): string[][] =>
    events.map((e) => [
      ...(e.weightDecay === undefined ? [] : [format(e.weightDecay, 6)]),
      format(e.lambdaZ, 6),
      sampleCount((problem.N * e.lambdaZ) ** 2),
      happening(e, problem, names),
      String(e.rankAfter),
    ]);
  const heads = [...(decays ? ["weight decay"] : []), "λ_Z", "(N λ_Z)²", "what happens", "rank after"];
  return [
    `${K} classes, ${N} samples, ${describeBias(problem)}${lossWords(problem.loss)}`,
    "",
    `free features${stated && !problem.nonnegative ? ": those of --ends" : ""}`,
    table(heads, rows(d.events)),
    "",
    `nonnegative features (they end in a ReLU)${stated && problem.nonnegative ? ": those of --ends" : ""}`,
    ...(d.nonnegative.sharedGap > usualTolerance ? [sharingWords(d.nonnegative.sharedGap)] : []),
    table(heads, rows(d.nonnegative.events)),
    ...(d.nonnegative.throughout.length > 0
      ? [
          `at every ${decays ? "weight decay" : "λ_Z"} predictions are 0 of: ${listClasses(d.nonnegative.throughout, names)} (the bias, which ${lambdaB === 0 ? "costs nothing" : "costs next to nothing"}, predicts them by itself)`,
        ]
      : []),
    ...(d.nA
      ? [
          "",
          problem.weightDecay === null
            ? `free features at lambda_Z = ${format(problem.lambdaZ, 6)}, with k_A, k_B and n_B as given:`
            : `free features at weight decay ${format(problem.weightDecay, 6)}, with k_A, k_B and n_B as given:`,
          `  minority collapse from ratio n_A/n_B = ${d.ratio === null ? "-" : format(d.ratio, 6)}, that is n_A = ${d.nA.minority === null ? "-" : sampleCount(d.nA.minority)}`,
          `  complete collapse from n_A = ${d.nA.complete === null ? "-" : sampleCount(d.nA.complete)}`,
        ]
      : []),
    ...d.notes,
    `${format(d.seconds, 6)} s`,
  ].join("\n");
}
