/**
 * Trust-region Newton method with truncated conjugate gradients (Steihaug 1983), for smooth functions, convex or not.
 *
 *   min f(x);  at each point  min g's + s'Hs/2  subject to  |s|_D <= radius,  D positive definite
 *
 * D scales the trust region and preconditions CG. Iteration (here), model (`Point`, the caller's) and stopping test
 * (`decrement`: sqrt(g' D^-1 g), an estimate of how far f can still fall) are separate.
 *
 * @module
 */

/** A function at a point, as the method sees it. */
export interface Point {
  /** Value of the function. */
  f: number;
  /** Its gradient. */
  gradient: Float64Array;
  /** out = D^-1 v for a symmetric positive definite D close to the Hessian: scales the trust region and preconditions CG. */
  precondition(v: Float64Array, out: Float64Array): void;
  /** out = H v. */
  curvature(v: Float64Array, out: Float64Array): void;
}

/** When to stop, and how much to spend. */
export interface NewtonOptions {
  /** Stop once sqrt(g' D^-1 g) <= tolerance sqrt(|f|): relative, since f falls by about half the square of the left side. */
  tolerance: number;
  /** Limit of Newton steps (default 200). */
  maxIterations?: number;
  /** Limit of CG steps for one Newton step. */
  maxInner?: number;
  /** Is told where each step begins, and where the last one led. */
  trace?: (row: NewtonRow) => void;
}

/** Where a Newton step begins. */
export interface NewtonRow {
  /** Steps before it. */
  iteration: number;
  /** Value of the function. */
  f: number;
  /** sqrt(g' D^-1 g). */
  decrement: number;
  /** Of the trust region. */
  radius: number;
  /** Hessian-vector products so far. */
  products: number;
}

/**
 * Why Newton's method stopped: the gradient is within its tolerance; rounding leaves no decrease; no step lowers the function, however short the trust region (or strong the damping) makes it; the limit of
 * steps came first.
 */
export type NewtonStop = "gradient" | "rounding" | "radius" | "limit";

/** Where the iteration ended, and why. */
export interface NewtonResult {
  /** The last accepted point. */
  x: Float64Array;
  /** The function there. */
  point: Point;
  /** Newton steps. */
  iterations: number;
  /** Hessian-vector products, the unit of work. */
  products: number;
  /** converged: the test held; stalled: no further progress in float64; limit: maxIterations. */
  status: "converged" | "stalled" | "limit";
  /** The same more closely: which test ended it. */
  stopped: NewtonStop;
}

/** Minimizes from `start`. Never throws: read `status`. `at` evaluates the function at a point. */
export function minimize(at: (x: Float64Array) => Point, start: Float64Array, options: NewtonOptions): NewtonResult {
  const { tolerance, maxIterations = 200, maxInner = 2000, trace } = options;
  let x = start;
  let point = at(x);
  let size = decrement(point);
  let radius = Math.max(1e-3, 10 * size);
  let best = size;
  let sinceBest = 0;
  let products = 0;
  /** A step that is already computed, in place of one that was refused. */
  let held: Step | null = null;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    trace?.({ iteration, f: point.f, decrement: size, radius, products });
    if (size <= tolerance * Math.sqrt(Math.abs(point.f)))
      return { x, point, iterations: iteration, products, status: "converged", stopped: "gradient" };
    // Far away the next point deserves the work more than this one's digits; no step needs more of them than the answer does; and below 1e-3
    // they cost more CG than the next step would, and along (nearly) flat directions of H they are noise.
    const relative = size / Math.sqrt(Math.abs(point.f));
    const forcing = Math.min(0.5, Math.max(1e-3, (0.3 * tolerance) / relative, Math.min(0.2, relative ** 0.5)));
    // Still far away, a step many times longer than the decrement follows directions that seem flat only here.
    if (relative > 1e-3) radius = Math.min(radius, 10 * size);
    const step: Step = held ?? truncatedCG(point, radius, forcing, maxInner);
    products += held ? 0 : step.products;
    held = null;
    const trial = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) trial[i] = x[i] + step.s[i];
    const next = at(trial);
    // Below the rounding error of f its differences say nothing: there a smaller gradient decides.
    const noise = 16 * Number.EPSILON * Math.abs(point.f);
    const actual = point.f - next.f;
    const lost = step.predicted <= noise;
    // A point that f refuses is not asked for its decrement: what preconditions may be dear.
    let nextSize = lost ? decrement(next) : Number.NaN;
    const ratio = lost ? (nextSize < size ? 1 : -1) : (actual + noise) / (step.predicted + noise);
    if (ratio < 0.25 || !Number.isFinite(next.f)) radius = 0.25 * Math.min(radius, step.length);
    else if (ratio > 0.75 && step.length > 0.9 * radius) radius *= 2.5;
    if (ratio > 1e-4 && Number.isFinite(next.f)) {
      if (!lost) nextSize = decrement(next);
      x = trial;
      point = next;
      size = nextSize;
    } else held = step.shorter;
    if (size < 0.5 * best) {
      best = size;
      sinceBest = 0;
    } else sinceBest++;
    const exhausted = step.predicted <= noise && sinceBest >= 3;
    if (exhausted || radius < 1e-16) {
      trace?.({ iteration: iteration + 1, f: point.f, decrement: size, radius, products });
      // A short step predicts little: what the whole gradient has to give says which of the two it was.
      const stopped = 0.5 * size * size <= noise ? "rounding" : "radius";
      return { x, point, iterations: iteration + 1, products, status: "stalled", stopped };
    }
  }
  trace?.({ iteration: maxIterations, f: point.f, decrement: size, radius, products });
  return { x, point, iterations: maxIterations, products, status: "limit", stopped: "limit" };
}

/** sqrt(g' D^-1 g): f can fall by about half its square. */
export function decrement(point: Point): number {
  const scaled = new Float64Array(point.gradient.length);
  point.precondition(point.gradient, scaled);
  let sum = 0;
  for (let i = 0; i < scaled.length; i++) sum += point.gradient[i] * scaled[i];
  return Math.sqrt(sum);
}

interface Step {
  s: Float64Array;
  /** Decrease of the quadratic model. */
  predicted: number;
  /** |s|_D. */
  length: number;
  products: number;
  /** For a step to the boundary, what a quarter of the radius would have given, should the step be refused. */
  shorter: Step | null;
}

/** The path of CG does not depend on the radius, only where it ends: two refusals in a row cost no product. */
const quarters = [1 / 16, 1 / 4];

function truncatedCG(point: Point, radius: number, forcing: number, maxInner: number): Step {
  const g = point.gradient;
  const n = g.length;
  const s = new Float64Array(n);
  const r = new Float64Array(n);
  const d = new Float64Array(n);
  const Hd = new Float64Array(n);
  let rho = 0;
  for (let i = 0; i < n; i++) r[i] = -g[i];
  point.precondition(r, d);
  for (let i = 0; i < n; i++) rho += r[i] * d[i];
  const y = new Float64Array(n);
  const target = forcing * forcing * rho;
  // D-inner products of s and d, by recurrence.
  let ss = 0;
  let sd = 0;
  let dd = rho;
  let predicted = 0;
  let products = 0;
  let shorter: Step | null = null;
  let crossed = 0;
  let hit = false;
  while (products < maxInner) {
    point.curvature(d, Hd);
    products++;
    let dHd = 0;
    for (let i = 0; i < n; i++) dHd += d[i] * Hd[i];
    const alpha = rho / dHd;
    const atBoundary = dHd <= 1e-14 * dd || ss + 2 * alpha * sd + alpha * alpha * dd >= radius * radius;
    const t = atBoundary ? (-sd + Math.sqrt(Math.max(0, sd * sd + dd * (radius * radius - ss)))) / dd : alpha;
    const end = ss + 2 * t * sd + t * t * dd;
    while (crossed < 2 && end >= (radius * quarters[crossed]) ** 2) {
      const length = radius * quarters[crossed];
      const u = (-sd + Math.sqrt(Math.max(0, sd * sd + dd * (length * length - ss)))) / dd;
      const part: Step = { s: s.slice(), predicted: predicted + u * rho - 0.5 * u * u * dHd, length, products: 0, shorter };
      for (let i = 0; i < n; i++) part.s[i] += u * d[i];
      shorter = part;
      crossed++;
    }
    for (let i = 0; i < n; i++) {
      s[i] += t * d[i];
      r[i] -= t * Hd[i];
    }
    predicted += t * rho - 0.5 * t * t * dHd;
    ss = end;
    if (atBoundary) {
      hit = true;
      break;
    }
    point.precondition(r, y);
    let next = 0;
    for (let i = 0; i < n; i++) next += r[i] * y[i];
    if (next <= target) break;
    const beta = next / rho;
    rho = next;
    for (let i = 0; i < n; i++) d[i] = y[i] + beta * d[i];
    sd = beta * (sd + t * dd);
    dd = rho + beta * beta * dd;
  }
  return { s, predicted, length: Math.sqrt(Math.max(0, ss)), products, shorter: hit ? shorter : null };
}

/** D^-1 for a positive diagonal. */
export function byDiagonal(D: Float64Array): Point["precondition"] {
  return (v, out) => {
    for (let i = 0; i < D.length; i++) out[i] = v[i] / D[i];
  };
}
