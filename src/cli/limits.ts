import { inputError } from "../errors.ts";
import { format } from "../number-text.ts";
import { mostExpanded } from "../prediction/index.ts";
import { clustersOf, type Problem } from "../problem/index.ts";
import { table, terminalHeatMap } from "../terminal/index.ts";
import { type EtfRate, etfRate, type ZeroLimit, zeroLimit } from "../theory/index.ts";
import { listClasses } from "../words/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { asOptions, classOptions, readOptionalLambda, weightDecayOptions } from "./problem-options.ts";

/** `nclab limits`: what the prediction tends to, and how slowly. */
export const limits: Command = {
  name: "limits",
  summary:
    "What Z tends to as lambda_Z (or weight decay, with --ends) -> 0, for any counts, and, for two clusters, as the samples grow at a fixed ratio: closed forms with their logarithmic rates.",
  options: {
    ...classOptions,
    "lambda-b": { type: "string", value: "X|inf", help: "0: a bias without penalty, which grows; all others lead to one limit" },
    ...weightDecayOptions,
    "weight-decay": {
      type: "string",
      value: "X",
      help: "with --ends: the decay that goes to 0; beside decays of their own for normalization or bias, whose ratios to it stay",
    },
    nonnegative: { type: "boolean", help: "features are nonnegative (they end in a ReLU)" },
    json: { type: "boolean", help: "print one JSON document (schema nclab.limits/1)" },
  },
  example: "nclab limits --counts 5x500,5x100",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  const { problem, names } = await readOptionalLambda(options);
  const { counts, K, N, nonnegative, ends, branches } = problem;
  // Its answer is a matrix of K x K.
  if (K > mostExpanded) throw inputError("classes", `at most ${mostExpanded}`, K);
  const ratio = biasRatio(problem);
  const zero = asOptions(() => zeroLimit(counts, { ratio, nonnegative }), ends === null ? "--lambda-b" : "--bias-weight-decay");
  const samples = manySamples(problem, ratio);
  const said = { counts, K, N, classNames: names, nonnegative, ends, branches, lambdaRatio: ratio };
  console.log(
    options.flag("json")
      ? toJson({
          schema: "nclab.limits/1",
          problem: said,
          zeroRegularization: zero,
          manySamples: samples.rate,
          notes: samples.notes,
        })
      : describe(problem, names, zero, samples),
  );
  return 0;
}

/** lim lambda_Z/lambda_b: 0 for a penalty on the bias that stays, infinity for none. */
function biasRatio({ lambdaZ, lambdaB, weightDecay }: Problem): number {
  if (lambdaB === 0) return Number.POSITIVE_INFINITY;
  return weightDecay === null ? 0 : lambdaZ / lambdaB;
}

interface ManySamples {
  rate: EtfRate | null;
  notes: string[];
}

/** theory/limits.ts where it applies; a note says why not. */
function manySamples(problem: Problem, ratio: number): ManySamples {
  if (problem.nonnegative) return { rate: null, notes: ["no limit of many samples: its closed form is for free features"] };
  if (problem.lambdaB === 0)
    return { rate: null, notes: ["no limit of many samples: without a penalty on the bias b/c = n_A/n_B at every N"] };
  const clusters = clustersOf(problem);
  if (clusters.length !== 2)
    return {
      rate: null,
      notes: [`no limit of many samples: its closed form is for two different counts, here are ${clusters.length}`],
    };
  const [A, B] = clusters;
  if (A.size < 2 || B.size < 2)
    return { rate: null, notes: ["no limit of many samples: its closed form needs two classes or more of each count"] };
  return { rate: etfRate(A.size, B.size, A.count / B.count, ratio * Math.sqrt(problem.N)), notes: [] };
}

function describe(problem: Problem, names: readonly string[] | null, zero: ZeroLimit, { rate, notes }: ManySamples): string {
  const { K, N, nonnegative } = problem;
  const clusters = clustersOf(problem);
  const shown = clusters.slice(0, 8);
  const free = problem.lambdaB === 0;
  // What the softmax sees: Z and the bias together.
  const logit = (j: number, k: number): number => zero.offset[j][k] + zero.biasOffset[j];
  const margins = shown.map(({ classes, count }) => {
    const k = classes[0];
    const to = shown.map((other) => {
      const j = other.classes.find((x) => x !== k);
      return j === undefined ? "-" : format(logit(k, k) - logit(j, k), 5);
    });
    const bias = free
      ? [format(zero.biasDirection[k], 5), format(zero.biasOffset[k], 5)]
      : [format(problem.weightDecay === null ? (zero.bias as number[])[k] : zero.biasOffset[k], 5)];
    return [listClasses(classes, names), String(count), ...to, ...bias];
  });
  const heads = ["classes", "samples each", ...shown.map((c) => `over ${listClasses(c.classes, names)}`), ...biasHeads(problem)];
  return [
    `${K} classes, ${N} samples${nonnegative ? ", nonnegative features" : ""}`,
    "",
    ...premise(problem),
    table(heads, margins),
    ...(clusters.length > 8 ? [`(the first 8 of ${clusters.length} different classes; --json has all)`] : []),
    "",
    `${free ? "what is left of Z, Z - log(1/s) (I - J/K)(I - n 1'/N)" : "E, what is left of Z"} (rows: logits, columns: classes)`,
    terminalHeatMap(zero.offset, clusters, { color: process.stdout.isTTY === true && !process.env.NO_COLOR }),
    "",
    ...(rate
      ? [
          "N -> inf at this ratio n_A/n_B and a fixed s = N λ_Z: Z tends to a multiple of K I - J like 1/log N",
          `(b/c - 1) log N -> ${format(rate.bOverC, 5)},  (a/c - 1) log N -> ${format(rate.aOverC, 5)},  (d/b - 1) log N -> ${format(rate.dOverB, 5)}`,
        ]
      : notes),
  ].join("\n");
}

/** Heads of the columns on the bias. */
function biasHeads({ lambdaB, weightDecay }: Problem): string[] {
  if (lambdaB === 0) return ["b: log(1/s) x", "b: plus"];
  return [weightDecay === null ? "b λ_b/λ_Z" : "b"];
}

/** What goes to 0, and what Z tends to then. */
function premise({ lambdaB, weightDecay, ends, branches }: Problem): string[] {
  const what =
    weightDecay === null
      ? `λ_Z -> 0, ${lambdaB === 0 ? "λ_b = 0" : "λ_b fixed or inf"}`
      : `weight decay X -> 0, features out of ${ends}`;
  const s =
    weightDecay === null
      ? "s = N λ_Z"
      : `s = N λ_Z = X sqrt(N${branches === 1 ? "" : `/${branches}`}) where one decay X is for all`;
  if (lambdaB === 0)
    return [
      `${what}: Z + b 1' = log(1/s) (I - J/K) + E + O(1/log(1/s)) with ${s}`,
      "the bias costs nothing and grows too: b = (Z + b 1') n/N, so that the mean of Z over all samples is 0",
      "margins, bias included, = log(1/s) + the constant in the table; the last columns are the bias",
    ];
  return [
    `${what}: Z = log(1/s) (I - J/K) + E + O(1/log(1/s)) with ${s}`,
    `margins${weightDecay === null ? " z_kk - z_jk" : ", bias included,"} = log(1/s) + the constant in the table; the last column is the limit of the bias`,
  ];
}
