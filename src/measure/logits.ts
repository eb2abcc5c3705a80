/** How far from 1 probabilities of half precision may add up to. */
const nearOne = 5e-3;

/**
 * Logits in place of features are a common mistake: d = K, and the largest entry of a row is that of its label. Class means of a collapsed network can
 * look like that too (nonnegative features with a direction for each class), but logits have negative entries. Probabilities have none, and every row of them adds up to 1.
 */
export interface LogitEvidence {
  /** Samples seen. */
  seen: number;
  /** Samples whose largest feature has the number of their label. */
  right: number;
  /** Whether any feature is negative. */
  negative: boolean;
  /** Whether the features of any sample do not add up to 1. */
  unequal: boolean;
}

/** The evidence before the first block. */
export const noEvidence = (): LogitEvidence => ({ seen: 0, right: 0, negative: false, unequal: false });

/** Adds rows of `d` features to the evidence. */
export function addLogitEvidence(
  evidence: LogitEvidence,
  { n, features, labels }: { n: number; features: ArrayLike<number>; labels: ArrayLike<number> },
  d: number,
): void {
  for (let i = 0; i < n; i++) {
    let best = 0;
    let sum = 0;
    for (let j = 0; j < d; j++) {
      if (features[i * d + j] > features[i * d + best]) best = j;
      if (features[i * d + j] < 0) evidence.negative = true;
      sum += features[i * d + j];
    }
    if (!(Math.abs(sum - 1) <= nearOne)) evidence.unequal = true;
    if (best === labels[i]) evidence.right++;
  }
  evidence.seen += n;
}

/** In words, where the features look like probabilities, or like logits, of `d` classes: right more often than half way from chance to always. Null where they do not. */
export function logitsNote({ seen, right, negative, unequal }: LogitEvidence, d: number): string | null {
  if (seen > 0 && !negative && !unequal)
    return `look like probabilities, not features: there are ${d} a sample, as many as classes, none is negative, and those of every one of ${seen} samples add up to 1`;
  const share = right / seen;
  if (!negative || !(share >= (1 + 1 / d) / 2)) return null;
  return `look like logits, not features: there are ${d} a sample, as many as classes, and the largest is that of the label in ${Math.round(100 * share)} % of ${seen} samples`;
}
