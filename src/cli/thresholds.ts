import { format } from "../number-text.ts";
import { freeEvents, nonnegativeEvents, type StructuralEvent } from "../prediction/index.ts";
import { clustersOf, type Problem, sampleCount, usualTolerance, withLambdaZ } from "../problem/index.ts";
import { table } from "../terminal/index.ts";
import { majorityThresholds, ratioThreshold } from "../theory/index.ts";
import { listClasses } from "../words/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { happening } from "./event-words.ts";
import { toJson } from "./json.ts";
import { layerPeeledOption, readLayerPeeled } from "./layer-peeled-options.ts";
import { pictureName, pictureOptions, readPicture } from "./pictures.ts";
import {
  classOptions,
  lossOption,
  lossWords,
  noteWeights,
  readOptionalLambda,
  regularizationOptions,
  remedyOptions,
  weightDecayOptions,
} from "./problem-options.ts";
import { checkDifferent } from "./problem-size.ts";
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
      value: pictureName,
      help: "write the singular values of Z D^(1/2) along lambda_Z, with the events",
    },
    ...pictureOptions,
    json: { type: "boolean", help: "print one JSON document (schema nclab.thresholds/1)" },
  },
  example: "nclab thresholds --counts 5x500,5x100 --lambda-b 0.02 --lambda-z 0.005",
  run,
};

/** Beyond this many different classes the events take minutes. */
const many = 30;
/** Beyond this many they take days. */
const most = 300;

async function run({ options }: CommandInput): Promise<number> {
  const bounds = readLayerPeeled(options);
  if (bounds !== undefined) return thresholdsBounded(bounds, options);
  const { problem, names, given } = await readOptionalLambda(options);
  noteWeights(problem);
  const plot = readPicture(options);
  const distinct = checkDifferent(problem, most, "the time grows with the fourth power");
  if (distinct > many) console.error(`${distinct} different classes: this takes minutes (the time grows with the fourth power)`);
  const began = performance.now();
  const free = freeEvents(problem);
  const nonnegative = nonnegativeEvents(problem);
  const seconds = (performance.now() - began) / 1000;
  const two = twoClusterThresholds(problem, given);
  if (plot !== undefined) {
    const { plotSingularValues } = await import("./plot-singular-values.ts");
    await plotSingularValues(plot, problem, (problem.nonnegative ? nonnegative : free).events);
  }
  const { counts, K, N, weights, offsets, factors, smoothing, loss, ends, branches } = problem;
  const document = {
    schema: "nclab.thresholds/1",
    problem: {
      counts,
      K,
      N,
      classNames: names,
      lambdaZ: given ? problem.lambdaZ : null,
      // Beside no weight decay the penalty on the bias goes with it, unless there is none, or no bias.
      lambdaB: given || ends === null || [0, Number.POSITIVE_INFINITY].includes(problem.lambdaB) ? problem.lambdaB : null,
      weightDecay: given ? problem.weightDecay : null,
      ends,
      branches,
      weights,
      offsets,
      factors,
      smoothing,
      loss,
    },
    events: withDecay(problem, free.events),
    nonnegative: {
      events: withDecay(problem, nonnegative.events),
      complete: nonnegative.events[nonnegative.events.length - 1].lambdaZ,
      throughout: nonnegative.throughout,
    },
    ratio: two.ratio,
    nA: two.nA,
    notes: two.notes,
    seconds,
  };
  console.log(options.flag("json") ? toJson(document) : describe(problem, names, document));
  const worst = Math.max(free.worstGap, nonnegative.worstGap);
  if (worst <= usualTolerance) return 0;
  console.error(
    `some solutions behind these numbers are proved to a relative gap of ${format(worst, 6)} only, not to ${usualTolerance}`,
  );
  return 3;
}

/** An event as the document has it; where the lambdas come from a weight decay, with the one at which it happens. */
interface ListedEvent extends StructuralEvent {
  weightDecay?: number;
}

function withDecay(problem: Problem, events: readonly StructuralEvent[]): ListedEvent[] {
  return events.map((event) => {
    const { weightDecay } = withLambdaZ(problem, event.lambdaZ);
    return weightDecay === null ? event : { ...event, weightDecay };
  });
}

interface TwoClusterThresholds {
  ratio: number | null;
  nA: { minority: number | null; complete: number | null } | null;
  notes: string[];
}

/** theory/thresholds.ts where it applies; a note says why not, or why a number is missing. */
function twoClusterThresholds(problem: Problem, given: boolean): TwoClusterThresholds {
  const none = (why: string): TwoClusterThresholds => ({
    ratio: null,
    nA: null,
    notes: [`no thresholds in n_A and in the ratio: ${why}`],
  });
  const clusters = clustersOf(problem);
  if (clusters.length !== 2) return none(`they are for two different counts, here are ${clusters.length}`);
  if (problem.weights || problem.offsets || problem.factors || problem.smoothing > 0)
    return none("they are for the plain problem");
  if (problem.loss !== "cross-entropy") return none("complete collapse in n_A is known for cross-entropy alone");
  const [A, B] = clusters;
  if (A.size < 2 || B.size < 2) return none("a class that is alone does not merge");
  if (!given) return none(`they need ${problem.ends === null ? "--lambda-z" : "--weight-decay"}`);
  // Behind a ReLU classes vanish one by one; that depends on the bias too (the events above).
  if (problem.nonnegative) return none("they are for free features, and these are nonnegative");
  if (problem.weightDecay !== null) return ofFractions(problem, A.size, B.size, B.count);
  const at = { kA: A.size, kB: B.size, nB: B.count, lambdaZ: problem.lambdaZ };
  const ratio = ratioThreshold(at);
  const nA = majorityThresholds(at);
  const notes: string[] = [];
  if (ratio === null)
    notes.push("no minority threshold in n_A and in the ratio: the minority is merged at every ratio of 1 and more");
  if (nA.complete === null)
    notes.push(
      "no threshold of complete collapse in n_A: lambda_Z (k_A n_A + k_B n_B) >= sqrt(n_A), hence Z = 0, for every n_A >= n_B",
    );
  return { ratio, nA, notes };
}

/**
 * Under weight decay lambda_Z^2 N does not depend on N: B merges iff n_B/N <= lambda_Z^2 N, that is from the ratio (1/(lambda_Z^2 N) - k_B)/k_A on, and more
 * samples of A only make A's own share larger.
 */
function ofFractions({ lambdaZ, N }: Problem, kA: number, kB: number, nB: number): TwoClusterThresholds {
  const least = lambdaZ * lambdaZ * N;
  const ratio = (1 / least - kB) / kA;
  return {
    ratio: ratio >= 1 ? ratio : null,
    nA: { minority: ratio >= 1 ? ratio * nB : null, complete: null },
    notes: [
      `under weight decay only class fractions count: classes of equal count merge at and below the fraction ${format(least, 6)} of all samples`,
      ...(ratio >= 1
        ? []
        : ["no minority threshold in n_A and in the ratio: the minority is merged at every ratio of 1 and more"]),
    ],
  };
}

interface Document {
  events: ListedEvent[];
  nonnegative: { events: ListedEvent[]; complete: number; throughout: number[] };
  ratio: number | null;
  nA: { minority: number | null; complete: number | null } | null;
  notes: string[];
  seconds: number;
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

function describe(problem: Problem, names: readonly string[] | null, d: Document): string {
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
