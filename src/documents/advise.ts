import { inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import {
  type AdviseOptions,
  adviceDocument,
  advise,
  checkBatchSize,
  checkMargin,
  parseKinds,
  type RemedyKind,
  remedyKinds,
} from "../prediction/index.ts";
import { type Problem, type ProblemInput, problem } from "../problem/index.ts";
import { checkTolerance, type ProblemSettings, problemInputOf, settingKeys } from "./settings.ts";
import { checkDifferent } from "./sizes.ts";
import { checkTold } from "./told.ts";

/** What `advise` of nclab takes: a problem, what to reach, and what may be changed. */
export interface AdviseInput extends ProblemSettings {
  /** Logits that every class is to have over every rival (default 1; 0.5 with the square loss), positive and at most 700. */
  margin?: number;
  /** What may be changed (default all): kinds of remedies, as a list or as the text `oversample,weight`. */
  change?: readonly RemedyKind[] | string;
  /** Relative duality gap asked for; default 1e-10, 1e-7 for more than 100 different classes. */
  tolerance?: number;
  /** With a weight decay: images a step. */
  batchSize?: number;
}

const keys: Record<keyof AdviseInput, true> = { ...settingKeys, margin: true, change: true, tolerance: true, batchSize: true };

/** The advice (schema nclab.advice/1), with the names of the classes. */
export type AdviceDocument = ReturnType<typeof adviceDocument>;

/** What was asked, checked. */
export interface AdviseQuestion {
  input: ProblemInput;
  problem: Problem;
  names: string[] | null;
  options: AdviseOptions;
}

/** With more different classes than this the solves behind the advice take days. */
const most = 1000;

/** The door of `advise`. Throws InputError. */
export function adviseQuestion(given: AdviseInput): AdviseQuestion {
  checkKeys(given, keys, "advise");
  const { margin, change, tolerance, batchSize, ...settings } = given;
  const kinds = change === undefined ? undefined : kindsOf(change);
  if (margin !== undefined) checkMargin(margin, "margin");
  if (tolerance !== undefined) checkTolerance(tolerance);
  const { input, names } = problemInputOf(settings);
  const checked = problem(input);
  checkDifferent(checked, most, "several solves, each of the third power");
  if (batchSize !== undefined) checkBatchSize(checked, batchSize);
  return { input, problem: checked, names, options: { margin, change: kinds, tolerance, batchSize } };
}

function kindsOf(change: readonly RemedyKind[] | string): RemedyKind[] {
  if (typeof change !== "string" && !Array.isArray(change))
    throw inputError("change", `any of ${remedyKinds.join(", ")}`, change);
  return parseKinds(typeof change === "string" ? change : change.join(","), "change");
}

/**
 * What becomes of each class, and the least that keeps them all: the document that `nclab advise --json` prints, to the last digit. Throws InputError. `progress` is told what is being looked for.
 */
export function adviseFrom(given: AdviseInput, options: { progress?: (what: string) => void } = {}): AdviceDocument {
  checkTold(options, { progress: true }, "options of advise");
  const { input, names, options: wanted } = adviseQuestion(given);
  return adviceDocument(advise(input, { ...wanted, progress: options.progress }), names);
}
