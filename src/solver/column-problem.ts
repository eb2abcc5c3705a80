import { lengthOf, powerOfTwo } from "../math/index.ts";

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

/** Where to begin with a column: the answer to a nearby problem, or its tau alone. */
export type ColumnStart = Pick<ColumnAnswer, "tau"> & Partial<ColumnAnswer>;

/** How the columns of a loss are solved. */
export interface ColumnKind {
  /** `held`: z = 0 whether right or wrong. */
  solve(problem: ColumnProblem, near: ColumnStart, held: boolean): ColumnAnswer;
  /** How y answers a change of c. */
  response(problem: ColumnProblem, answer: ColumnAnswer): Response;
  /** The loss of a column, and |z|. */
  lossOf(problem: ColumnProblem, answer: ColumnAnswer): { value: number; length: number };
}

/** dy = R (dc - sum_e e <e, dc>), <x, y> = sum m R x y. */
export interface Response {
  R: Float64Array;
  out: Float64Array[];
}

/**
 * How y answers a change of c: dy = R (dc - dtau Delta^2 y), R = 1/(1/p + tau Delta^2) with p the slope of the prediction, minus what the directions `along` take up, and where z is not 0 with the
 * force kept at s. Gives R and vectors e, orthonormal in the product sum m R x y: dy = R (dc - sum_e e <e, dc>).
 */
export function responseAlong(
  { copies, factor }: ColumnProblem,
  { y, p, tau }: ColumnAnswer,
  along: readonly Float64Array[],
): Response {
  const R = Float64Array.from(p, (x, i) => (copies[i] > 0 && x > 0 ? 1 / (1 / x + tau * factor[i] ** 2) : 0));
  const inner = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + copies[i] * R[i] * x * b[i], 0);
  const out: Float64Array[] = [];
  const unit = unitOf(y);
  const vectors = [...along, ...(tau > 0 ? [y.map((x, i) => factor[i] ** 2 * (x / unit))] : [])];
  for (const v of vectors) {
    let e = v;
    for (let pass = 0; pass < 2; pass++)
      for (const u of out) {
        const share = inner(e, u);
        e = e.map((x, i) => x - share * u[i]);
      }
    const norm = Math.sqrt(inner(e, e));
    if (norm > 0) out.push(e.map((x) => x / norm));
  }
  return { R, out };
}
