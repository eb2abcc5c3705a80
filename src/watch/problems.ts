import { InputError, inputError } from "../errors.ts";
import { isObject } from "../json.ts";
import { checkCounts, type ProblemInput } from "../problem/index.ts";

/** The problem whose solution a training goes to, by what its files say. Nothing is taken on trust: what is not of its form is an InputError with its place, `where`. */

/** Of a run of `nclab train`, by the settings in its run.json: the counts that it is trained with, and the problem; null where nothing that the theory predicts from penalizes the features. */
export function problemOfRun(
  settings: unknown,
  where: string,
): { counts: number[]; problem: ProblemInput | null; remedies: Partial<ProblemInput> } {
  if (!isObject(settings)) throw inputError(where, "an object", settings);
  const given = checkCounts(settings.counts, `${where}.counts`);
  const remedies = (settings.remedies ?? {}) as { repeats?: readonly number[] | null };
  const { repeats, ...loss } = remedies as typeof remedies & Partial<ProblemInput>;
  const counts = given.map((n, k) => n * (repeats?.[k] ?? 1));
  const [lambdaW, lambdaH, lambdaB] = ["lambdaW", "lambdaH", "lambdaB"].map((name) =>
    numberIn(settings[name], `${where}.${name}`),
  );
  return {
    counts,
    remedies: loss,
    problem: lambdaH === 0 ? null : { counts, lambdaW, lambdaH, lambdaB, nonnegative: settings.features === "relu", ...loss },
  };
}

/** Of a measurement, by what it was compared with; null where it was not. */
export function problemCompared(document: Record<string, unknown>, counts: number[], where: string): ProblemInput | null {
  const { comparedAt: at } = document;
  if (at === undefined || at === null) return null;
  if (!isObject(at)) throw inputError(`${where}: comparedAt`, "an object", at);
  return {
    counts,
    lambdaZ: numberIn(at.lambdaZ, `${where}: comparedAt.lambdaZ`),
    lambdaB: numberIn(at.lambdaB, `${where}: comparedAt.lambdaB`),
    nonnegative: at.nonnegative === true,
    ...(at.loss === undefined ? {} : { loss: at.loss as ProblemInput["loss"] }),
  };
}

/** A number of a document; infinity is written "inf". */
export function numberIn(value: unknown, what: string): number {
  if (value === "inf" || value === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (typeof value !== "number" || !Number.isFinite(value)) throw inputError(what, "a number", value);
  return value;
}

/** A text as JSON. Throws InputError naming its place. */
export function jsonIn(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${where}: expected JSON, got ${(error as Error).message}`);
  }
}
