import type { NewtonStop } from "../math/index.ts";
import { mostPolished } from "../solver/index.ts";
import type { Found } from "./answer.ts";

/** Below this a relative gap is the rounding of the objective itself. */
const float64 = 1e-14;

/** Why Newton's method stopped, as the end of a sentence that begins with its steps. */
const stops: Record<NewtonStop, string> = {
  gradient: "the gradient was within its tolerance",
  rounding: "rounding left no gain in the objective",
  radius: "no step lowered the objective any more, however short",
  limit: "their limit was reached",
};

/** Why an answer is not proved to the tolerance, in a plain sentence; null where it is. */
export function whyNotProved({ proof, ufmPlus, clusters, iterations, stopped }: Found, tolerance: number): string | null {
  if (proof.certified) return null;
  if (ufmPlus?.certified)
    return (
      "proved is the model in which every class owns its feature direction; " +
      `classes that share directions might do better, by at most ${(100 * proof.relativeGap).toPrecision(2)} % of the objective`
    );
  const ended = stopped === null ? "a closed form has no more digits" : `after ${iterations} steps ${stops[stopped]}`;
  if (tolerance < float64)
    return `a relative gap of ${tolerance} is below what float64 can tell: the objective itself is rounded to about 1e-15`;
  if (clusters.length > mostPolished)
    return (
      `with ${clusters.length} different classes (more than ${mostPolished}) the last digits come from the factors alone, and ${ended}; ` +
      "the answer is right to the gap that is stated"
    );
  return `${ended}; the answer is right to the gap that is stated`;
}
