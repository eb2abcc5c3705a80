import { inputError } from "../errors.ts";
import { type Advice, advise as adviseOn, parseKinds, type Remedy, remedyKinds } from "../prediction/index.ts";
import { problem } from "../problem/index.ts";
import { sampleCount } from "../problem/sample-count.ts";
import { table } from "../report/terminal.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import {
  asOptions,
  classOptions,
  describeRegularization,
  listClasses,
  readProblemInput,
  regularizationOptions,
  remedyOptions,
} from "./problem-options.ts";
import { checkDifferent } from "./problem-size.ts";

/** `nclab advise`: the least change that keeps the classes of every cluster apart. */
export const advise: Command = {
  name: "advise",
  summary:
    "The least change (oversampling, class weights, regularization, label smoothing, offsets) that keeps every cluster of classes apart by a margin, what it costs, and when there is none.",
  options: {
    ...classOptions,
    ...regularizationOptions,
    ...remedyOptions,
    margin: { type: "string", value: "0.1", help: "p_own - p_other to keep between classes of equal count, in [0, 1)" },
    change: { type: "string", value: remedyKinds.join(","), help: "what may be changed (default: all)" },
    json: { type: "boolean", help: "print one JSON document (schema nclab.advice/1)" },
  },
  example: "nclab advise --counts 5x500,5x100 --lambda-z 0.0036 --lambda-b 0.02 --convention paper --margin 0.1",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  const change = options.text("change");
  const { names, ...input } = await readProblemInput(options);
  const stated = { ...input, convention: options.text("convention") === undefined ? undefined : input.convention };
  const kinds = change === undefined ? undefined : parseKinds(change, "--change");
  const margin = options.number("margin");
  if (margin !== undefined && !(margin >= 0 && margin < 1)) throw inputError("--margin", "a number in [0, 1)", margin);
  const different = checkDifferent(
    asOptions(() => problem(input)),
    most,
    "several solves, each of the third power",
  );
  if (different > slow) console.error(`${different} different classes: this takes minutes`);
  const advice = asOptions(() => adviseOn(stated, { margin, change: kinds }));
  console.log(options.flag("json") ? toJson(advice) : describe(advice, names, describeRegularization(problem(input))));
  const unproved = advice.remedies.filter((r) => !r.certified);
  if (unproved.length === 0) return 0;
  console.error(`not proved to a relative gap of 1e-10: the solution with ${unproved.map((r) => r.kind).join(", ")}`);
  return 3;
}

/** Different classes from which on the solves behind the advice take minutes, and days. */
const slow = 60;
const most = 1000;

function describe(advice: Advice, names: readonly string[] | null, regularization: string): string {
  const { problem: p, merged, margin, criticalCount, remedies, notes } = advice;
  const groups = merged.length === 0 ? "none" : merged.map((g) => `{${listClasses(g, names)}}`).join("  ");
  return [
    `${p.K} classes, ${p.N} samples, ${p.nonnegative ? "nonnegative" : "free"} features`,
    regularization,
    `critical count ${sampleCount(criticalCount)}; merged now: ${groups}`,
    "",
    `to keep a margin of ${margin} between classes of equal count:`,
    table(
      ["remedy", "", "set to", "smallest margin", "extra samples"],
      remedies.map((r) => [r.kind, r.feasible ? "works" : "cannot", setting(r), smallest(r), String(r.extraSamples)]),
    ),
    "",
    ...remedies.map((r) => `${r.kind}: ${r.reason}`),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");
}

/** `0-4: 1, 5-9: 1.35`. */
function setting({ perClass }: Remedy): string {
  const values = [...new Set(perClass)];
  if (values.length === 1) return short(values[0]);
  if (values.length > 4) return `${short(Math.min(...values))} to ${short(Math.max(...values))}`;
  return values.map((v) => `${short(v)} (${listClasses(perClass.flatMap((x, k) => (x === v ? [k] : [])))})`).join(", ");
}

function smallest({ resultingMargins }: Remedy): string {
  const margins = resultingMargins.filter((m) => m !== null);
  return margins.length === 0 ? "-" : short(Math.min(...margins));
}

const short = (x: number): string => String(Number(x.toPrecision(5)));
