import { format } from "../number-text.ts";
import type { Frame } from "./frame.ts";
import type { Predictions } from "./predictions.ts";
import type { Within } from "./second-pass.ts";

/** What a note on a head that does not belong to the features begins with: it goes before all others. @internal */
export const headWarning = "head: ";

/** Nearest class means that are right for this share of the samples say that features and labels belong together. */
const apart = 0.5;

/**
 * A head that is another network's, or whose rows stand in another order than the labels, in words; null where nothing speaks for it. The class means tell the classes apart (the nearest mean is that of the
 * sample's own class for at least half of the samples), and the head does not: it is right for at most 2/K of them, and for at most half as many as the nearest mean. A head of collapsed
 * minorities, or one that a bias decides, can be as bad, but is right about the classes that it decides for: so of those that it decides for at the class means, it must be wrong about the means of at least half.
 */
export function headOrderNote({ K, present }: Frame, { head, seen }: Within, predictions: Predictions | null): string | null {
  if (!head || !predictions || head.nearestRight === null) return null;
  const accuracy = head.correct.reduce((sum, right) => sum + right, 0) / seen;
  const nearest = head.nearestRight / seen;
  if (!(nearest >= apart && accuracy <= Math.min(2 / K, nearest / 2))) return null;
  const { margin, rival } = predictions;
  // Of equal logits the first is the decision.
  const own = (k: number): boolean => margin[k] > 0 || (margin[k] === 0 && k < rival[k]);
  const decided = new Set(present.map((k) => (own(k) ? k : rival[k])));
  const right = [...decided].filter(own).length;
  if (2 * right > decided.size) return null;
  return `${headWarning}it is right for a share of ${format(accuracy, 3)} of the samples, though the nearest class mean is right for ${format(nearest, 3)}: it seems to be another network's or not trained, or its rows stand in another order than the labels. Z, nc3, nc4, the accuracy and the comparison then say nothing of this network`;
}
