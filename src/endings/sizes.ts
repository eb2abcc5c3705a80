/**
 * Whether scale and shift of the last normalizations decay, told from sizes alone.
 *
 * At a minimum under decays lambda_W of the head and lambda_bn of scale and shift, lambda_W |W|^2 = lambda_bn sum (|gamma|^2 + |beta|^2), the sum over all normalizations that the features come out of (theory, sections 9.1,
 * 9.2 and 9.4): making W smaller and the normalizations' output as much larger changes no logit. So their ratio is 1 where one decay is on all, and grows without end where the decay spares scale and shift.
 */
export interface Sizes {
  /** Scale and shift of each normalization; null: it has none. */
  norms: readonly { scale: Float64Array | null; shift: Float64Array | null }[];
  /** |W|_F^2. */
  headSquares: number;
}

/** What the sizes look like. */
export interface DecayLook {
  /** sum (|gamma|^2 + |beta|^2). */
  normSquares: number;
  /** |W|_F^2. */
  headSquares: number;
  /** normSquares / headSquares: 1 at a minimum under one decay of all. */
  ratio: number | null;
  /** decayed: the ratio is from 1/2 to 2; spared: above 10; start: every scale is 1 and every shift 0, as before training; else unclear. */
  looks: "decayed" | "spared" | "start" | "unclear";
}

/** The rule behind `looks`, in words. */
export const decayRule =
  "(|gamma|^2 + |beta|^2) / |W|^2 is 1 at a minimum where one weight decay is on all: from 1/2 to 2 it looks decayed, above 10 spared, between and below unclear (other decays, or not at its end)";

/** Judges by the rule. */
export function decayLook({ norms, headSquares }: Sizes): DecayLook {
  let normSquares = 0;
  let start = true;
  for (const { scale, shift } of norms) {
    for (const value of scale ?? []) {
      normSquares += value * value;
      if (value !== 1) start = false;
    }
    for (const value of shift ?? []) {
      normSquares += value * value;
      if (value !== 0) start = false;
    }
  }
  const ratio = headSquares > 0 ? normSquares / headSquares : null;
  const looks = start
    ? "start"
    : ratio === null
      ? "unclear"
      : ratio >= 0.5 && ratio <= 2
        ? "decayed"
        : ratio > 10
          ? "spared"
          : "unclear";
  return { normSquares, headSquares, ratio, looks };
}
