import { inputError } from "../errors.ts";
import { mostExpanded } from "../prediction/document.ts";
import { clustersOf } from "../problem/index.ts";
import { table, terminalHeatMap } from "../report/terminal.ts";
import { type EtfRate, etfRate, type ZeroLimit, zeroLimit } from "../theory/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { classOptions, listClasses, readClasses } from "./problem-options.ts";

/** `nclab limits`: what the prediction tends to, and how slowly. */
export const limits: Command = {
  name: "limits",
  summary:
    "What Z tends to as lambda_Z -> 0 (for any counts), and, for two clusters, as the samples grow at a fixed ratio: closed forms with their logarithmic rates.",
  options: {
    ...classOptions,
    "weight-decay": { type: "string", value: "X", help: "refused: the limits are those of every weight decay as it goes to 0" },
    json: { type: "boolean", help: "print one JSON document (schema nclab.limits/1)" },
  },
  example: "nclab limits --counts 5x500,5x100",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  if (options.text("weight-decay") !== undefined)
    throw inputError(
      "--weight-decay",
      "none here: with no ReLU the limit lambda_Z -> 0 is that of weight decay -> 0 as well, lambda_Z = X/sqrt(J N); at a decay of its own `nclab predict --weight-decay X --ends batch-norm` has the answer",
      options.text("weight-decay"),
    );
  const { counts, names } = await readClasses(options);
  // Its answer is a matrix of K x K.
  if (counts.length > mostExpanded) throw inputError("classes", `at most ${mostExpanded}`, counts.length);
  const zero = zeroLimit(counts);
  const samples = manySamples(counts);
  const N = counts.reduce((a, b) => a + b, 0);
  const problem = { counts, K: counts.length, N, classNames: names };
  console.log(
    options.flag("json")
      ? toJson({ schema: "nclab.limits/1", problem, zeroRegularization: zero, manySamples: samples.rate, notes: samples.notes })
      : describe(counts, names, zero, samples),
  );
  return 0;
}

interface ManySamples {
  rate: EtfRate | null;
  notes: string[];
}

/** theory/limits.ts where it applies; a note says why not. */
function manySamples(counts: readonly number[]): ManySamples {
  const clusters = clustersOf({ counts, weights: null, offsets: null, factors: null });
  if (clusters.length !== 2)
    return { rate: null, notes: [`no limit of many samples: its closed form is for two clusters, here are ${clusters.length}`] };
  const [A, B] = clusters;
  if (A.size < 2 || B.size < 2)
    return { rate: null, notes: ["no limit of many samples: its closed form needs two classes or more in each cluster"] };
  return { rate: etfRate(A.size, B.size, A.count / B.count), notes: [] };
}

function describe(
  counts: readonly number[],
  names: readonly string[] | null,
  zero: ZeroLimit,
  { rate, notes }: ManySamples,
): string {
  const short = (x: number): string => String(Number(x.toPrecision(5)));
  const clusters = clustersOf({ counts, weights: null, offsets: null, factors: null });
  const margins = clusters.slice(0, 8).map(({ classes, count }) => {
    const k = classes[0];
    const own = zero.offset[k][k];
    const to = clusters.slice(0, 8).map((other) => {
      const j = other.classes.find((x) => x !== k);
      return j === undefined ? "-" : short(own - zero.offset[j][k]);
    });
    return [listClasses(classes, names), String(count), ...to, short(zero.bias[k])];
  });
  const heads = [
    "classes",
    "samples each",
    ...clusters.slice(0, 8).map((c) => `over ${listClasses(c.classes, names)}`),
    "b λ_b/λ_Z",
  ];
  return [
    `${counts.length} classes, ${counts.reduce((a, b) => a + b, 0)} samples`,
    "",
    "λ_Z -> 0, λ_b fixed or inf: Z = log(1/s) (I - J/K) + E + O(1/log(1/s)) with s = N λ_Z",
    "margins z_kk - z_jk = log(1/s) + the constant in the table; the last column is the limit of the bias",
    table(heads, margins),
    ...(clusters.length > 8 ? [`(the first 8 of ${clusters.length} different classes; --json has all)`] : []),
    "",
    "E (rows: logits, columns: classes)",
    terminalHeatMap(zero.offset, clusters, { color: process.stdout.isTTY === true && !process.env.NO_COLOR }),
    "",
    ...(rate
      ? [
          "N -> inf at this ratio n_A/n_B and a fixed s = N λ_Z: Z tends to a multiple of K I - J like 1/log N",
          `(b/c - 1) log N -> ${short(rate.bOverC)},  (a/c - 1) log N -> ${short(rate.aOverC)},  (d/b - 1) log N -> ${short(rate.dOverB)}`,
        ]
      : notes),
  ].join("\n");
}
