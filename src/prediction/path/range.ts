import { inputError } from "../../errors.ts";
import { checkKeys } from "../../known-keys.ts";
import { type FamilyParameter, familyParameters } from "../../problem/index.ts";

/** The values of a path. */
export interface PathRange {
  /** What varies (problem/family.ts). */
  over: FamilyParameter;
  /** The first value, positive. */
  from: number;
  /** The last, above it. */
  to: number;
  /** How many in all, 2 to 10000; of nB only whole numbers are taken, each once. */
  points: number;
  /** How they stand between (default log). */
  scale?: "log" | "linear";
}

/** Most values of a path. */
export const mostPathPoints = 10_000;

/** Ascending, the ends exactly as given. Throws InputError. */
export function pathValues(range: PathRange): number[] {
  checkKeys(range, { over: true, from: true, to: true, points: true, scale: true }, "range");
  const { over, from, to, points, scale = "log" } = range;
  if (!familyParameters.includes(over)) throw inputError("over", familyParameters.join(", "), over);
  for (const end of [from, to])
    if (!(end > 0 && Number.isFinite(end))) throw inputError(over, "a range between positive finite numbers", end);
  if (!(from < to)) throw inputError(over, "a range FROM:TO with FROM below TO", `${from}:${to}`);
  if (!(Number.isInteger(points) && points >= 2 && points <= mostPathPoints))
    throw inputError(`${over}: points`, `a whole number from 2 to ${mostPathPoints}`, points);
  if (scale !== "log" && scale !== "linear") throw inputError(`${over}: scale`, "log or linear", scale);
  if (over === "imbalance" && from < 1 && to > 1)
    throw inputError(over, "a range above 1 (largest count over least) or one below it (least over largest)", `${from}:${to}`);
  if (over === "nB" && !(Number.isInteger(from) && Number.isInteger(to)))
    throw inputError(over, "a range between whole numbers", `${from}:${to}`);
  const at = (u: number): number => (scale === "log" ? from * (to / from) ** u : from + (to - from) * u);
  const values = Array.from({ length: points }, (_, i) => (i === 0 ? from : i === points - 1 ? to : at(i / (points - 1))));
  return over === "nB" ? [...new Set(values.map(Math.round))] : values;
}
