/**
 * What becomes of a class (theory, section 11): one rule for what is predicted and what is measured. u_k = z_k + b are the logits at the mean of
 * class k, the margin is its own logit minus the largest other.
 *
 *   merged    it cannot be told from a class of equal count. Predicted: the two share one vector, by the law of section 3, exactly. Measured, where
 *             nothing is exact: their vectors are nearer than `sameLimit`, and its margin is not larger than such a distance can make it.
 *   own       its margin is positive.
 *   faded     its margin is not, and its vector is nearer than `sameLimit` to another class's.
 *   outvoted  its margin is not, but its vector is its own.
 *
 * So a cluster just above its threshold is `own` (or `faded`, where the majority outvotes it) in a prediction and `merged` in a measurement: no trained
 * network shows the difference.
 */
export type ClassStatus = (typeof classStatuses)[number];
/** What can become of a class, in the order of every list, table and picture: from what is its own to what is lost for good. */
export const classStatuses = ["own", "outvoted", "faded", "merged"] as const;

/** Two mean predictions nearer than this share of the largest distance between any two are one for a measurement. */
export const sameShare = 0.05;
/** A mean prediction shorter than this share of the longest is 0 for a measurement. */
export const shortShare = 0.05;
/** A distance in logits that changes no probability by more than 1 %: at complete collapse all are this near, and all are one, and 0. */
export const leastLogit = 0.01;
/** Margins up to this share of the largest logit (or of 1, the scale of logits) are what rounding leaves of 0. */
export const roundedShare = 1e-9;

/** How near two mean predictions must be to count as one, where `largest` is the largest distance between any two. */
export const sameLimit = (largest: number, share: number = sameShare): number => Math.max(share * largest, leastLogit);

/** How short a mean prediction must be to count as 0. */
export const shortLimit = (longest: number): number => Math.max(shortShare * longest, leastLogit);

/** What `statusOf` judges. */
export interface Standing {
  /** Own logit minus the largest other. */
  margin: number;
  /** |z_k - z_l|, l the nearest other class. */
  distance: number;
  /** `sameLimit` of all classes. */
  limit: number;
  /** Largest |logit| of any class. */
  largestLogit: number;
  /** Whether it is one vector with a class of equal count: a boolean where that is known exactly, else the distance to the nearest of them. */
  twin: boolean | number;
}

/** What becomes of a class that stands so: the rule above. */
export function statusOf({ margin, distance, limit, largestLogit, twin }: Standing): ClassStatus {
  // u_kk - u_lk and u_ll - u_kl add up to at most sqrt(2) |z_k - z_l|: a larger margin has another cause, such as a bias.
  const merged = typeof twin === "boolean" ? twin : twin <= limit && margin <= Math.SQRT2 * limit;
  if (merged) return "merged";
  if (margin > roundedShare * Math.max(1, largestLogit)) return "own";
  return distance <= limit ? "faded" : "outvoted";
}
