import { inputError } from "../errors.ts";
import { format } from "../number-text.ts";
import type { Problem } from "../problem/index.ts";
import { listClasses } from "../report/class-table.ts";
import { table, terminalHeatMap } from "../report/terminal.ts";
import { type SquareLossSolution, squareLoss } from "../theory/index.ts";
import { toJson } from "./json.ts";
import { asOptions, describeRegularization } from "./problem-options.ts";

/**
 * `nclab predict --loss square`: the closed form of theory/square-loss.ts. The document (schema nclab.square-prediction/1) has the fields of
 * nclab.prediction/1 that make sense for it, under the same names.
 */
export function predictSquare(problem: Problem, names: readonly string[] | null, json: boolean): string {
  const solution = asOptions(() => squareLoss(problem), problem.weightDecay === null ? "--lambda-b" : "--bias-weight-decay");
  return json ? toJson(squareDocument(problem, names, solution)) : describe(problem, names, solution);
}

export const losses = ["cross-entropy", "square"] as const;

export function checkLoss(text: string | undefined): (typeof losses)[number] {
  const loss = text ?? losses[0];
  if (!(losses as readonly string[]).includes(loss)) throw inputError("--loss", losses.join(" or "), loss);
  return loss as (typeof losses)[number];
}

function squareDocument(
  problem: Problem,
  classNames: readonly string[] | null,
  { own, vanished, thresholds, ...proof }: SquareLossSolution,
): object {
  const { counts, K, N, lambdaZ, lambdaW, lambdaH, lambdaB, weightDecay, ends, branches, nonnegative, weights } = problem;
  const Z = own.map((z, i) => own.map((_, k) => (i === k ? z : 0)));
  const singularValues = own.map((z, k) => z * Math.sqrt(counts[k])).sort((x, y) => y - x);
  return {
    schema: "nclab.square-prediction/1",
    classNames,
    problem: {
      ...{ loss: "square", counts, K, N, lambdaZ, lambdaW, lambdaH, lambdaB, weightDecay, ends, branches },
      ...{ nonnegative, weights },
    },
    method: "square-loss",
    ...proof,
    rank: singularValues.filter((x) => x > 0).length,
    singularValues,
    Z,
    b: own.map(() => 0),
    vanished,
    /** lambda_Z at which each class vanishes. */
    thresholds,
    criticalCount: (N * lambdaZ) ** 2,
  };
}

function describe(
  problem: Problem,
  names: readonly string[] | null,
  { own, objective, relativeGap, vanished, thresholds }: SquareLossSolution,
): string {
  // One row for all classes that are alike.
  const groups = new Map<string, number[]>();
  own.forEach((_, k) => {
    const key = `${problem.counts[k]}|${problem.weights?.[k] ?? 1}`;
    groups.set(key, [...(groups.get(key) ?? []), k]);
  });
  const rows = [...groups.values()].map((classes) => {
    const k = classes[0];
    const state = vanished.includes(k) ? "vanished: predictions are 0" : "own";
    return [listClasses(classes, names), String(problem.counts[k]), state, format(own[k], 6), format(thresholds[k], 6)];
  });
  const clusters = [...groups.values()].map((classes) => ({ classes }));
  return [
    `${problem.K} classes, ${problem.N} samples, square loss, ${problem.nonnegative ? "nonnegative" : "free"} features (the answer is the same for both)`,
    describeRegularization(problem),
    "",
    table(["classes", "samples each", "becomes", "z_kk", "vanish at lambda_Z"], rows),
    "",
    `objective ${objective.toPrecision(12)}, proved to a relative gap of ${format(relativeGap, 6)} by the closed form`,
    "",
    "mean predictions Z (rows: logits, columns: classes)",
    terminalHeatMap(
      own.map((z, i) => own.map((_, k) => (i === k ? z : 0))),
      clusters,
      { color: process.stdout.isTTY === true && !process.env.NO_COLOR },
    ),
  ].join("\n");
}
