import { mostPolished } from "../solver/index.ts";
import type { Found } from "./answer.ts";

/** Below this a relative gap is the rounding of the objective itself. */
const float64 = 1e-14;

/** Why an answer is not proved to the tolerance, in a plain sentence; null where it is. */
export function whyNotProved({ proof, ufmPlus, clusters, iterations }: Found, tolerance: number): string | null {
  if (proof.certified) return null;
  if (ufmPlus?.certified)
    return (
      "proved is the model in which every class owns its feature direction; with these counts and this penalty on the bias, " +
      `classes that share directions might do better, by at most ${(100 * proof.relativeGap).toPrecision(2)} % of the objective`
    );
  if (tolerance < float64)
    return `a relative gap of ${tolerance} is below what float64 can tell: the objective itself is rounded to about 1e-15`;
  if (clusters.length > mostPolished)
    return (
      `with ${clusters.length} different classes (more than ${mostPolished}) the last digits come from the factors alone, and after ` +
      `${iterations} steps these no longer gained; the answer is right to the gap that is stated`
    );
  return `after ${iterations} steps rounding left no gain in the objective; the answer is right to the gap that is stated`;
}
