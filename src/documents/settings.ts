import { inputError } from "../errors.ts";
import { type ProblemInput, problemKeys, usualTolerance } from "../problem/index.ts";
import { type ClassesInput, classesOfInput, classKeys } from "./classes.ts";

/** A number, or "inf", as the documents write infinity. */
export type Extended = number | "inf";

/** The regularization, the remedies and the loss of a problem, as a user writes them; see `ProblemInput`. */
export interface ProblemSettings extends ClassesInput, Omit<ProblemInput, "counts" | "lambdaB" | "biasWeightDecay"> {
  /** Infinity or "inf" (default): no bias; 0: a bias without penalty. */
  lambdaB?: Extended;
  /** On the head's bias (default: as `weightDecay`); 0: the bias does not decay; Infinity or "inf": there is no bias. */
  biasWeightDecay?: Extended;
}

/** What `problemInputOf` reads. */
export const settingKeys: Record<keyof ProblemSettings, true> = { ...classKeys, ...problemKeys };

/** What a problem is made of, not yet checked as a whole, and the names of its classes. Throws InputError for the classes. */
export function problemInputOf(given: ProblemSettings): { input: ProblemInput; names: string[] | null } {
  const { labels: _labels, ignoreLabel: _ignored, longTail: _tail, classNames: _names, ...settings } = given;
  const { counts, names } = classesOfInput(given);
  return {
    input: { ...settings, counts, lambdaB: numberOf(given.lambdaB), biasWeightDecay: numberOf(given.biasWeightDecay) },
    names,
  };
}

/** "inf" is infinity; whatever else is wrong is seen where the problem is checked. */
export const numberOf = (value: Extended | undefined): number | undefined => (value === "inf" ? Number.POSITIVE_INFINITY : value);

/** A relative duality gap. */
export function checkTolerance(tolerance: number = usualTolerance): number {
  if (!(typeof tolerance === "number" && tolerance > 0)) throw inputError("tolerance", "a positive number", tolerance);
  return tolerance;
}

/** A whole number from 1 on, where it was given. */
export function checkWhole(value: number | undefined, what: string): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
    throw inputError(what, "a whole number of at least 1", value);
}
