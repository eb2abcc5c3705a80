import { InputError, inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import {
  looseFrom,
  mostPathPoints,
  type Path,
  type PathOptions,
  type PathProgress,
  type PathRange,
  pathSteps,
} from "../prediction/index.ts";
import { type FamilyParameter, family, familyParameters, type Problem, type ProblemInput } from "../problem/index.ts";
import { checkTolerance, type ProblemSettings, problemInputOf, settingKeys } from "./settings.ts";
import { checkDifferent } from "./sizes.ts";
import { checkTold } from "./told.ts";

/** The values of a path, as a user writes them: `{ from, to }` (60 points on a log scale), or the text `FROM:TO[:POINTS][:log|:linear]` of the command line. */
export type RangeInput = (Pick<PathRange, "from" | "to" | "scale"> & { points?: number }) | string;

/** What `path` takes: a problem, with a range in exactly one of `lambdaZ`, `weightDecay`, `nB` and `imbalance`. */
export interface PathInput extends Omit<ProblemSettings, "lambdaZ" | "weightDecay"> {
  /** Along lambda_Z; or the one beside another range. */
  lambdaZ?: number | RangeInput;
  /** Along the weight decay, with `ends`; or the one beside another range. */
  weightDecay?: number | RangeInput;
  /** Along the samples of each class of the minority, the classes with the least count. */
  nB?: RangeInput;
  /** Along the imbalance, largest count over least, or its inverse. */
  imbalance?: RangeInput;
  /** Relative duality gap asked for, default 1e-10. */
  tolerance?: number;
}

const keys: Record<keyof PathInput, true> = { ...settingKeys, nB: true, imbalance: true, tolerance: true };

/** Certified predictions along one number, and what happens between them (schema nclab.path/1). */
export interface PathDocument extends Omit<Path, "range"> {
  /** Name and version of this document. */
  schema: "nclab.path/1";
  /** The problem; what varies is null. */
  problem: Pick<
    Problem,
    "counts" | "K" | "ends" | "branches" | "nonnegative" | "weights" | "offsets" | "factors" | "smoothing" | "loss"
  > & {
    classNames: readonly string[] | null;
    lambdaZ: number | null;
    lambdaB: number | null;
    weightDecay: number | null;
  };
  /** What varies. */
  over: FamilyParameter;
  /** The first value. */
  from: number;
  /** The last value. */
  to: number;
  /** How many there are. */
  points: number;
  /** How they stand between. */
  scale: "log" | "linear";
  /** Relative duality gap that was asked for. */
  tolerance: number;
  /** Time of all solves. */
  seconds: number;
}

/** How a range is written as a text. */
export const rangeForm = "FROM:TO[:POINTS][:log|:linear]";
/** Values of a path where nothing else is said. */
const usualPoints = 60;

/** What was asked, checked. */
export interface PathQuestion {
  input: ProblemInput;
  names: string[] | null;
  range: PathRange;
  tolerance: number;
}

/** What varies, and between which values. Throws InputError. */
export function pathRange(given: Pick<PathInput, FamilyParameter>): PathRange {
  for (const name of ["nB", "imbalance"] as const)
    if (given[name] !== undefined && !saysRange(given[name])) throw inputError(name, rangeForm, given[name]);
  const varies = familyParameters.filter((name) => saysRange(given[name]));
  if (varies.length !== 1)
    throw new InputError(
      `path: expected a range ${rangeForm} in exactly one of ${familyParameters.join(", ")}, got ${varies.length === 0 ? "none" : varies.join(" and ")}`,
    );
  return rangeOf(given[varies[0]] as RangeInput, varies[0]);
}

/** The door of `path`. Throws InputError. */
export function pathQuestion(given: PathInput): PathQuestion {
  checkKeys(given, keys, "path");
  const range = pathRange(given);
  const tolerance = checkTolerance(given.tolerance);
  const { nB: _nB, imbalance: _imbalance, tolerance: _tolerance, lambdaZ, weightDecay, ...settings } = given;
  // What varies is no value of the problem.
  const { input, names } = problemInputOf({
    ...settings,
    lambdaZ: range.over === "lambdaZ" ? undefined : (lambdaZ as number | undefined),
    weightDecay: range.over === "weightDecay" ? undefined : (weightDecay as number | undefined),
  });
  checkSize(input, range, tolerance);
  return { input, names, range, tolerance };
}

const saysRange = (value: unknown): boolean =>
  (typeof value === "string" && value.includes(":")) || (typeof value === "object" && value !== null);

function rangeOf(given: RangeInput, over: FamilyParameter): PathRange {
  if (typeof given !== "string") {
    checkKeys(given, { from: true, to: true, points: true, scale: true }, over);
    return { over, from: given.from, to: given.to, points: given.points ?? usualPoints, scale: given.scale };
  }
  const parts = given.split(":");
  const scale = ["log", "linear"].includes(parts[parts.length - 1]) ? (parts.pop() as "log" | "linear") : undefined;
  if (parts.length < 2 || parts.length > 3) throw inputError(over, rangeForm, given);
  const [from, to] = parts.slice(0, 2).map((end, i) => {
    const value = end.trim() === "" ? Number.NaN : Number(end);
    if (!Number.isFinite(value)) throw inputError(`${over}: ${i === 0 ? "FROM" : "TO"}`, "a number", end);
    return value;
  });
  const points = parts[2] ?? String(usualPoints);
  if (!/^\d+$/.test(points) || Number(points) < 2 || Number(points) > mostPathPoints)
    throw inputError(`${over}: POINTS`, `a whole number from 2 to ${mostPathPoints}`, points);
  return { over, from, to, points: Number(points), scale };
}

/** Different classes, exactly and to a loose tolerance. */
const mostExact = 1000;
const mostLoose = 10_000;
/** Singular values in all. */
const mostNumbers = 1e7;

/** Refuses what would take days or more memory than there is. */
function checkSize(input: ProblemInput, { points }: PathRange, tolerance: number): void {
  const K = input.counts.length;
  if (K * points > mostNumbers)
    throw inputError(
      "classes",
      `at most ${Math.floor(mostNumbers / points)} with ${points} values (each row has all singular values)`,
      K,
    );
  const exact = tolerance < looseFrom;
  checkDifferent(
    { weights: null, offsets: null, factors: null, ...input },
    exact ? mostExact : mostLoose,
    exact ? `exactly that takes days; with a tolerance of 1e-4 ${mostLoose}` : "a row takes minutes",
  );
}

/**
 * Certified predictions along lambda_Z, a weight decay, the minority or the imbalance, and the events between: the document that `nclab path --json` prints, to the last digit. Never throws for lack of
 * accuracy: read `certified`. Throws InputError. `progress` is told after each row.
 */
export function pathFrom(given: PathInput, options: { progress?: (done: PathProgress) => void } = {}): PathDocument {
  checkTold(options, { progress: true }, "options of path");
  const question = pathQuestion(given);
  const began = globalThis.performance.now();
  const steps = pathSteps(question.input, question.range, { tolerance: question.tolerance } satisfies PathOptions);
  for (;;) {
    const next = steps.next();
    if (next.done) return pathDocument(next.value, question, (globalThis.performance.now() - began) / 1000);
    options.progress?.(next.value);
  }
}

/** The document of a path. What varies is null in `problem`. */
export function pathDocument(found: Path, { input, names, tolerance }: PathQuestion, seconds: number): PathDocument {
  const { over, from, to, scale = "log" } = found.range;
  const first = family(input, over)(found.rows[0].value);
  const { counts, K, lambdaZ, lambdaB, weightDecay, ends, branches, nonnegative, weights, offsets, factors, smoothing, loss } =
    first;
  const decays = weightDecay !== null;
  const ofCounts = over === "nB" || over === "imbalance";
  return {
    schema: "nclab.path/1",
    problem: {
      ...{ counts: ofCounts ? input.counts : counts, K, classNames: names },
      lambdaZ: found.rows.every((row) => row.lambdaZ === lambdaZ) ? lambdaZ : null,
      lambdaB: found.rows.every((row) => row.lambdaB === lambdaB) ? lambdaB : null,
      weightDecay: decays && over === "weightDecay" ? null : weightDecay,
      ...{ ends, branches, nonnegative, weights, offsets, factors, smoothing, loss },
    },
    ...{ over, from, to, points: found.rows.length, scale, tolerance },
    groups: found.groups,
    rows: found.rows,
    events: found.events,
    corners: found.corners,
    certified: found.certified,
    worstEventGap: found.worstEventGap,
    notes: found.notes,
    seconds,
  };
}
