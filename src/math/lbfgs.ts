/**
 * Minimization of a smooth function of many variables by limited-memory BFGS: the two-loop recursion over the last `memory` pairs of steps and changes of the gradient
 * (Nocedal & Wright, Numerical Optimization, algorithm 7.4), with a line search by bisection for the weak Wolfe conditions
 *
 *   f(x + t p) <= f(x) + 1e-4 t p'g(x),   p'g(x + t p) >= 0.9 p'g(x)
 *
 * (Lewis & Overton, Mathematical Programming 141, 2013: it ends for functions with kinks as well). What counts is evaluations, each of them one look at the function
 * and its gradient; the best point seen is returned, so more of them never give less.
 *
 * @module
 */

/** A function at a point. */
export interface Evaluated {
  /** f(x). */
  value: number;
  /** Its gradient, a new array each time. */
  gradient: Float64Array;
}

/** How far to go. */
export interface LbfgsOptions {
  /** Looks at the function, at most. */
  evaluations: number;
  /** Pairs kept (default 20). */
  memory?: number;
  /** Ends where the gradient's Euclidean length is at most this (default 0). */
  gradient?: number;
}

export interface LbfgsResult extends Evaluated {
  /** The best point seen. */
  x: Float64Array;
  /** Looks that were taken; fewer than allowed where no step lowers the function any more. */
  evaluations: number;
}

/** Evaluations of one line search before it gives up; halvings reach 1e-9 of the first step. */
const longestSearch = 30;

/** The method itself: asks for looks at the function by yielding points, and is sent what was seen. */
type Steps<T> = Generator<Float64Array, T, Evaluated>;

/** For a function that has to be waited for. */
export async function lbfgs(
  f: (x: Float64Array) => Promise<Evaluated>,
  start: Float64Array,
  options: LbfgsOptions,
): Promise<LbfgsResult> {
  const steps = minimization(start, options);
  let next = steps.next();
  while (!next.done) next = steps.next(await f(next.value));
  return next.value;
}

/** For a function that answers at once. */
export function lbfgsNow(f: (x: Float64Array) => Evaluated, start: Float64Array, options: LbfgsOptions): LbfgsResult {
  const steps = minimization(start, options);
  let next = steps.next();
  while (!next.done) next = steps.next(f(next.value));
  return next.value;
}

function* minimization(start: Float64Array, { evaluations, memory = 20, gradient: rest = 0 }: LbfgsOptions): Steps<LbfgsResult> {
  let x: Float64Array = start.slice();
  let now = yield x;
  let used = 1;
  let pairs: Pair[] = [];
  while (used < evaluations) {
    const size = Math.sqrt(dot(now.gradient, now.gradient));
    if (!(size > rest)) break;
    const direction = descent(pairs, now.gradient);
    const slope = dot(direction, now.gradient);
    const found = yield* search(
      { x, now, direction, slope, first: pairs.length > 0 ? 1 : 1 / Math.max(1, size) },
      evaluations - used,
    );
    used += found.evaluations;
    const { point } = found;
    if (!point) {
      // Along this direction nothing is gained. Steepest descent is tried once more; where that fails too, rounding is all that is left.
      if (pairs.length === 0) break;
      pairs = [];
      continue;
    }
    const s = point.x.map((v, i) => v - x[i]);
    const y = point.gradient.map((v, i) => v - now.gradient[i]);
    const curvature = dot(s, y);
    // The search ends with positive curvature unless it ran out of evaluations.
    if (curvature > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y))) {
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > memory) pairs.shift();
    }
    x = point.x;
    now = point;
  }
  return { x, value: now.value, gradient: now.gradient, evaluations: used };
}

interface Pair {
  s: Float64Array;
  y: Float64Array;
  /** 1 / s'y. */
  rho: number;
}

/** Minus the inverse Hessian's approximation times the gradient. */
function descent(pairs: readonly Pair[], gradient: Float64Array): Float64Array {
  const q = gradient.map((g) => -g);
  const shares = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i];
    shares[i] = rho * dot(s, q);
    addTo(q, -shares[i], y);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i] *= scale;
  }
  for (const [i, { s, y, rho }] of pairs.entries()) addTo(q, shares[i] - rho * dot(y, q), s);
  return q;
}

interface Point extends Evaluated {
  x: Float64Array;
}

interface Line {
  x: Float64Array;
  now: Evaluated;
  direction: Float64Array;
  /** direction' gradient, negative. */
  slope: number;
  /** The first step tried. */
  first: number;
}

/** A point on the line that meets both conditions; else the best that meets the first; null if none does. */
function* search({ x, now, direction, slope, first }: Line, most: number): Steps<{ point: Point | null; evaluations: number }> {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let t = first;
  let lower: Point | null = null;
  let evaluations = 0;
  while (evaluations < Math.min(most, longestSearch)) {
    const to = x.slice();
    addTo(to, t, direction);
    const point: Point = { x: to, ...(yield to) };
    evaluations++;
    if (!(point.value <= now.value + 1e-4 * t * slope)) high = t;
    else {
      if (!lower || point.value < lower.value) lower = point;
      if (dot(direction, point.gradient) >= 0.9 * slope) return { point, evaluations };
      low = t;
    }
    t = high < Number.POSITIVE_INFINITY ? (low + high) / 2 : 2 * low;
  }
  return { point: lower, evaluations };
}

function addTo(target: Float64Array, factor: number, values: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * values[i];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
