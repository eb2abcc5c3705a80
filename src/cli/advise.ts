import { adviseQuestion } from "../documents/index.ts";
import { minimum } from "../extremes.ts";
import { format, quantity } from "../number-text.ts";
import { type Advice, adviceDocument, advise as adviseOn, nothingNeeded, remedyKinds } from "../prediction/index.ts";
import { table } from "../terminal/index.ts";
import {
  equalizingLine,
  nothingNeededText,
  remedySetting,
  shotColumns,
  shotRows,
  statusText,
  torchLines,
  weakestMargin,
} from "../words/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import {
  asOptions,
  batchSizeOption,
  classOptions,
  criticalLine,
  describeRegularization,
  lossOption,
  noteWeights,
  readSettings,
  regularizationOptions,
  remedyOptions,
  weightDecayOptions,
} from "./problem-options.ts";
import { threadsOption, useThreadsOf } from "./threads.ts";

/** `nclab advise`: the least change that gives every class its own. */
export const advise: Command = {
  name: "advise",
  summary:
    "Will rare classes be lost, and what is the least change (logit offsets, class weights, oversampling, regularization, label smoothing) with which every class is classified right by a margin, what it costs, and when there is none.",
  options: {
    ...classOptions,
    ...regularizationOptions,
    ...weightDecayOptions,
    ...remedyOptions,
    loss: lossOption,
    margin: {
      type: "string",
      value: "1",
      help: "logits that every class is to have over every rival, positive and at most 700 (default 1; 0.5 with the square loss)",
    },
    change: { type: "string", value: remedyKinds.join(","), help: "what may be changed (default: all)" },
    tolerance: {
      type: "string",
      value: "1e-10",
      help: "relative duality gap asked for (1e-7 for more than 100 different classes)",
    },
    "batch-size": batchSizeOption,
    ...threadsOption,
    json: { type: "boolean", help: "print one JSON document (schema nclab.advice/1)" },
  },
  example: "nclab advise --counts 5x500,5x100 --weight-decay 0.2 --ends batch-norm-relu",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  useThreadsOf(options);
  const given = {
    ...(await readSettings(options)),
    change: options.text("change"),
    margin: options.number("margin"),
    tolerance: options.number("tolerance"),
    batchSize: options.number("batch-size"),
  };
  const { input, problem, names, options: wanted } = asOptions(() => adviseQuestion(given));
  noteWeights(problem);
  const progress = (what: string): void => {
    if (process.stderr.isTTY || problem.K > 100) console.error(`nclab advise: ${what}`);
  };
  const advice = adviseOn(input, { ...wanted, progress });
  console.log(
    options.flag("json") ? toJson(adviceDocument(advice, names)) : describe(advice, names, describeRegularization(problem)),
  );
  const unproved = [
    ...(advice.certified ? [] : ["the problem as it is"]),
    ...advice.remedies.filter((r) => !r.certified).map((r) => r.kind),
  ];
  if (unproved.length === 0) return 0;
  console.error(`not proved to the relative gap asked for: the solution of ${unproved.join(", ")}`);
  return 3;
}

function describe(advice: Advice, names: readonly string[] | null, regularization: string): string {
  const { problem: p, applies, classes, margin, criticalCount, remedies, notes, summary } = advice;
  const equalizing = equalizingLine(summary.offsets);
  return [
    `${applies.ok ? "Covered by the theory" : "Not quite covered by the theory"}: ${applies.because}.`,
    "",
    `${p.K} classes, ${p.N} samples, ${p.nonnegative ? "nonnegative" : "free"} features`,
    regularization,
    ...criticalLine(criticalCount, p),
    "",
    `as things are: ${statusText(summary)}; the weakest class has a margin of ${quantity(format(minimum(advice.margins)), "logit")}`,
    table(shotColumns, shotRows(classes)),
    "",
    ...(nothingNeeded(advice)
      ? [nothingNeededText(advice)]
      : [
          `to give every class a margin of ${quantity(format(margin), "logit")} over every rival:`,
          table(
            ["remedy", "", "set to", "smallest margin in logits", "extra samples", "train again"],
            remedies.map((r) => [
              r.kind,
              r.verdict,
              r.reaches ? remedySetting(r, names) : "-",
              weakestMargin(r.resultingMargins),
              String(r.extraSamples),
              r.reaches ? (r.retrain ? "yes" : "no") : "-",
            ]),
          ),
          "",
          ...remedies.map((r) => `${r.kind}: ${r.reason}`),
        ]),
    ...remedies.flatMap((r) => torchLines(r).flatMap(({ when, line }) => ["", `${r.kind}, ${when}`, `  ${line}`])),
    ...(summary.own === p.K && equalizing !== null && remedies.some((r) => r.kind === "offset")
      ? ["", "in PyTorch, after training, what equalizes the margins:", `  ${equalizing}`]
      : []),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");
}
