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
 * Everything is monotone: y_i in nu, the sum of the others in nu, the force in tau. Three nested roots, each by Newton's method inside a bracket; y itself is the unknown, so
 * that a small residual keeps its digits however large tau is, and the own class's is minus the sum of the others.
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
}

/** `near`: tau at a nearby problem, as a start. `held`: z = 0 whether right or wrong. */
export function solveColumn(problem: ColumnProblem, near = 0, held = false): ColumnAnswer {
  const { copies, factor, scale, s } = problem;
  const own = copies.length - 1;
  const answer: ColumnAnswer = { tau: 0, y: new Float64Array(own + 1), p: new Float64Array(own + 1) };
  // nu at tau = 0: log p_i - c_i, the same for every i.
  let nu = atRest(problem, answer);
  const forceOf = (): number =>
    scale *
    lengthOf(
      own + 1,
      (i) => factor[i] * answer.y[i],
      (i) => copies[i],
    );
  const first = forceOf();
  if (held || first <= s) return answer;

  const place = (tau: number): void => {
    nu = atTension(problem, answer, tau, nu);
  };
  // log of (force / s), falling in theta = log tau.
  let theta =
    near > 0 ? Math.log(near) : Math.log((Math.log(first / s) + 1e-3) / (largest(factor) ** 2 * Math.max(s / scale, 1e-300)));
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 200; k++) {
    const tau = Math.exp(theta);
    place(tau);
    const excess = Math.log(forceOf() / s);
    if (excess > 0) low = Math.max(low, theta);
    else high = Math.min(high, theta);
    if (excess === 0 || !(high - low > 1e-15 * Math.max(1, Math.abs(theta)))) break;
    const slope = tau * slopeOf(problem, answer, tau);
    let step = -excess / slope;
    if (!(Math.abs(step) <= 4)) step = Math.sign(excess) * 4;
    let next = theta + step;
    if (!(next > low && next < high))
      next = Number.isFinite(low) && Number.isFinite(high) ? 0.5 * (low + high) : theta + Math.sign(excess) * 4;
    const moved = Math.abs(next - theta);
    theta = next;
    if (moved <= 1e-15 * Math.max(1, Math.abs(theta))) break;
  }
  answer.tau = Math.exp(theta);
  place(answer.tau);
  return answer;
}

/** A power of two near the largest |y_i|; 1 where all are 0. */
const unitOf = (y: Float64Array): number => powerOfTwo(y.reduce((most, x) => Math.max(most, Math.abs(x)), 0)) || 1;

const largest = (x: Float64Array): number => x.reduce((a, b) => Math.max(a, b), 0);

/** p = softmax(c); returns -log sum exp c. */
function atRest({ copies, target, logit }: ColumnProblem, { y, p }: ColumnAnswer): number {
  const own = copies.length - 1;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i <= own; i++) if (copies[i] > 0) top = Math.max(top, logit[i]);
  let sum = 0;
  for (let i = 0; i <= own; i++) {
    p[i] = copies[i] > 0 ? Math.exp(logit[i] - top) : 0;
    sum += copies[i] * p[i];
  }
  let others = 0;
  for (let i = 0; i <= own; i++) {
    p[i] /= sum;
    y[i] = copies[i] > 0 ? p[i] - target[i] : 0;
    if (i < own) others += copies[i] * y[i];
  }
  y[own] = -others;
  return -(top + Math.log(sum));
}

/** y and p at tau, from nu near by; returns nu, the root of log p_own + tau Delta^2 y_own - c_own - nu, which falls with nu. */
function atTension({ copies, factor, target, logit }: ColumnProblem, { y, p }: ColumnAnswer, tau: number, from: number): number {
  const own = copies.length - 1;
  const ownStiff = tau * factor[own] ** 2;
  let nu = from;
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 200; k++) {
    let others = 0;
    let soft = 0;
    for (let i = 0; i < own; i++) {
      if (copies[i] === 0) continue;
      const stiff = tau * factor[i] ** 2;
      y[i] = entry(stiff, target[i], logit[i] + nu, p[i]);
      p[i] = target[i] + y[i];
      others += copies[i] * y[i];
      soft += copies[i] / (1 / p[i] + stiff);
    }
    y[own] = -others;
    p[own] = target[own] - others;
    let next: number;
    if (p[own] > 0) {
      const value = Math.log(p[own]) + ownStiff * y[own] - logit[own] - nu;
      if (value === 0) break;
      if (value > 0) low = nu;
      else high = nu;
      next = nu + value / (1 + (1 / p[own] + ownStiff) * soft);
    } else {
      high = nu;
      next = Number.NaN;
    }
    if (!(next > low && next < high))
      next =
        Number.isFinite(low) && Number.isFinite(high) ? 0.5 * (low + high) : Number.isFinite(low) ? nu + 2 ** k : nu - 2 ** k;
    const moved = Math.abs(next - nu);
    if (moved <= 4e-16 * Math.max(1, Math.abs(nu)) || !Number.isFinite(next)) break;
    nu = next;
  }
  return nu;
}

/** y with log(q + y) + a y = G. `near`: q + y at a nearby place, or 0. */
function entry(a: number, q: number, G: number, near: number): number {
  const excess = G - Math.log(q);
  // Where a step of y counts by its own digits: y > -q/2, the left side log(1 + y/q) + a y concave and rising. Newton's method climbs to the root from its left.
  if (a * q > 1 && excess >= -Math.LN2 - 0.5 * a * q) {
    let y = excess > 0 ? 0 : Math.max(excess / (a + 1 / q), -0.5 * q);
    for (let k = 0; k < 60; k++) {
      const step = (excess - Math.log1p(y / q) - a * y) / (a + 1 / (q + y));
      y += step;
      if (!(Math.abs(step) > 2e-16 * Math.abs(y))) break;
    }
    return y;
  }
  // x = log(q + y): x + a e^x = G + a q, convex and rising.
  const right = G + a * q;
  let x = Math.log(near);
  // From farther away a step might leave what exp can hold.
  if (!(Math.abs(right - x - a * near) < 1)) {
    const L = a > 0 ? Math.log(a) + right : Number.NEGATIVE_INFINITY;
    x = L > 1 ? Math.log(L) - Math.log(a) : right;
  }
  for (let k = 0; k < 60; k++) {
    const e = a * Math.exp(x);
    const step = (right - x - e) / (1 + e);
    x += step;
    if (Math.abs(step) <= 2e-16 * Math.max(1, Math.abs(x))) break;
  }
  return Math.exp(x) - q;
}

/** d log(force) / d tau. */
function slopeOf({ copies, factor }: ColumnProblem, { y, p }: ColumnAnswer, tau: number): number {
  // y in a unit of its own, which drops out: the squares of small residuals would be 0.
  const unit = unitOf(y);
  let soft = 0;
  let pulled = 0;
  let squares = 0;
  let bent = 0;
  for (let i = 0; i < copies.length; i++) {
    if (copies[i] === 0) continue;
    const r = copies[i] / (1 / p[i] + tau * factor[i] ** 2);
    const t = factor[i] ** 2 * (y[i] / unit);
    soft += r;
    pulled += r * t;
    squares += copies[i] * t * (y[i] / unit);
    bent += r * t * t;
  }
  return -(bent - pulled * (pulled / soft)) / squares;
}

/**
 * How y answers a change of c: dy = R (dc + dnu - dtau Delta^2 y), R = 1/(1/p + tau Delta^2), with sum_i dy_i = 0 and, where z is not 0, the force kept at s. Gives R
 * and one or two vectors e with sum m R e^2 = 1 that are orthogonal in that product: dy = R (dc - sum_e e <e, dc>).
 */
export function response(
  { copies, factor }: ColumnProblem,
  { y, p, tau }: ColumnAnswer,
): { R: Float64Array; out: Float64Array[] } {
  const R = Float64Array.from(p, (x, i) => (copies[i] > 0 && x > 0 ? 1 / (1 / x + tau * factor[i] ** 2) : 0));
  const inner = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + copies[i] * R[i] * x * b[i], 0);
  const out: Float64Array[] = [];
  const unit = unitOf(y);
  const vectors = [new Float64Array(p.length).fill(1), ...(tau > 0 ? [y.map((x, i) => factor[i] ** 2 * (x / unit))] : [])];
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
