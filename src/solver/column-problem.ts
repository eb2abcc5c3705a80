import { lengthOf, powerOfTwo } from "../math/length.ts";

/**
 * One column of (UFM+) for a given bias, solved exactly. With the logits' constant part c = Delta b + iota, the targets q and the scale g = w sqrt(n),
 *
 *   min over z:  w n CE(Delta z + c, q) + s sqrt(n) |z|
 *
 * has z = 0 iff g |Delta o (p - q)| <= s at p = softmax(c), and otherwise z = -tau Delta o y with y = p - q, where tau > 0 is the one at which g |Delta o y| = s:
 *
 *   log(q_i + y_i) + tau Delta_i^2 y_i = c_i + nu   for every i,     sum_i y_i = 0.
 *
 * Newton's method on nu and tau at once finds them in a few steps (nonnegative-newton.ts); where it does not, three nested roots do (nonnegative-roots.ts). In both y itself is
 * the unknown, so that a small residual keeps its digits however large tau is, and the own class's is minus the sum of the others.
 *
 * Entries that are alike are held once with their number m_i; the own class is the last.
 */
export interface ColumnProblem {
  /** How many rows an entry stands for; 0: there is none. The last, the own class, is 1. */
  copies: Float64Array;
  /** Delta_i. */
  factor: Float64Array;
  /** q_i. */
  target: Float64Array;
  /** c_i. */
  logit: Float64Array;
  /** w sqrt(n). */
  scale: number;
  s: number;
}

export interface ColumnAnswer {
  /** 0: z = 0. */
  tau: number;
  /** p - q. */
  y: Float64Array;
  /** p. */
  p: Float64Array;
  /** nu. */
  nu: number;
}

/** scale |Delta o y|. */
export function forceOf({ copies, factor, scale }: ColumnProblem, { y }: Pick<ColumnAnswer, "y">): number {
  return (
    scale *
    lengthOf(
      y.length,
      (i) => factor[i] * y[i],
      (i) => copies[i],
    )
  );
}

/** A power of two near the largest |y_i|; 1 where all are 0. */
export const unitOf = (y: Float64Array): number => powerOfTwo(y.reduce((most, x) => Math.max(most, Math.abs(x)), 0)) || 1;

/** About the tau that brings a force at rest down to s, where it is little above it. */
export function gentleTau({ factor, scale, s }: ColumnProblem, atRest: number): number {
  const largest = factor.reduce((a, b) => Math.max(a, b), 0);
  return (Math.log(atRest / s) + 1e-3) / (largest ** 2 * Math.max(s / scale, 1e-300));
}
