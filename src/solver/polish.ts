import { gramOfColumns, type Matrix, matrix, type NewtonStop, symmetricEigen, times } from "../math/index.ts";
import type { BlockAnswer } from "./columns.ts";
import { damping, lineSearch, noiseUnits, polishing, rankShares } from "./constants.ts";
import {
  evaluate,
  type FixedRank,
  type Frame,
  factorsOf,
  fixedRank,
  frameOf,
  gradient,
  gradientBeyond,
  hessian,
  moved,
  type Place,
} from "./fixed-rank.ts";
import { fixedRankPreconditioner } from "./fixed-rank-preconditioner.ts";
import { directions, type Reduced, type ReducedPoint } from "./reduced.ts";
import { tangentResiduals } from "./tangent-residuals.ts";
import type { Trace } from "./trace.ts";

/**
 * The second phase: Newton's method on the core itself among the matrices of one rank (fixed-rank.ts), to the last digits, and the rank decided by the optimality conditions
 * instead of by how small a singular value has become:
 *
 *   a direction whose singular value Newton's step would send through 0 goes;   a pair (u, v) of G beyond U, V with u'Gv > s comes.
 *
 * Each is undone by the other where it was wrong.
 */
export interface Polished {
  point: ReducedPoint;
  /** Singular values of the core, descending. */
  singularValues: Float64Array;
  iterations: number;
  products: number;
  /** Of a loss that is a sum over the logits: what the conditions of optimality make of its residuals there. */
  residuals?: BlockAnswer["residuals"];
  /** Why Newton's method stopped at the rank that was kept. */
  stopped: NewtonStop;
}

const { stages, doubts, forcing, firm: firmness } = polishing;

/** From the best of the points given. `trace`: its counts are of this call alone. */
export function polish(p: Reduced, from: readonly ReducedPoint[], trace?: Trace): Polished {
  const frame = frameOf(p);
  const starts = from.map((x) => evaluate(frame, fixedRank(frame, x.A, x.B, x.rank, x.c)));
  let place = starts.reduce((best, x) => (x.f < best.f ? x : best));
  let iterations = 0;
  let products = 0;
  const lost = new Map<number, number>();
  let stage = 0;
  let stopped: NewtonStop = "limit";
  const told = (row: NewtonLook): void =>
    trace?.({
      stage: "core",
      iteration: iterations + row.iteration,
      objective: row.place.f / p.N,
      decrement: row.decrement,
      relativeGap: null,
      rank: row.place.rank,
      radius: null,
      damping: row.damping,
      products: products + row.products,
    });
  for (let round = 0; round < polishing.rounds(p.J); round++) {
    const found = newton(frame, place, stages[stage].decrement, (lost.get(place.rank) ?? 0) < doubts, told);
    iterations += found.iterations;
    products += found.products;
    place = found.place;
    const gone = found.gone.length > 0 ? found.gone : dead(place, p.s);
    if (gone.length > 0) {
      lost.set(place.rank, (lost.get(place.rank) ?? 0) + 1);
      place = evaluate(frame, without(frame, place, gone));
      continue;
    }
    const next = enlarged(frame, place, stages[stage].beyond);
    if (next) place = next;
    else if (++stage === stages.length) {
      stopped = found.stopped;
      break;
    }
  }
  const { A, B } = factorsOf(p.J, place);
  return {
    point: { rank: place.rank, A, B, alpha: place.alpha, c: place.bias },
    singularValues: place.S,
    iterations,
    products,
    residuals: p.loss.entry ? tangentResiduals(frame, place) : undefined,
    stopped,
  };
}

/** Singular values that are 0 but for rounding. */
function dead({ S }: Place, s: number): number[] {
  const floor = rankShares.zero * Math.max(S[0] ?? 0, s);
  return Array.from(S.keys()).filter((l) => S[l] <= floor);
}

/** By how much of s the gradient beyond the directions that the point has exceeds s: above 0 one is missing. */
export function missing(p: Reduced, { A, B, rank, c }: ReducedPoint): number {
  if (directions(p) <= rank) return -1;
  const frame = frameOf(p);
  const { values } = outside(frame, evaluate(frame, fixedRank(frame, A, B, rank, c)));
  return Math.sqrt(Math.max(0, values[values.length - 1])) / p.s - 1;
}

/** G beyond U and V (J x (d-rank), a row for each column of the core), and the eigenvalues and eigenvectors of its Gram matrix. */
function outside(frame: Frame, place: Place): { perp: Float64Array; values: Float64Array; vectors: Matrix } {
  const { J } = frame.p;
  const q = frame.d - place.rank;
  const perp = gradientBeyond(frame, place);
  const gram = matrix(q, q);
  gramOfColumns(gram.data, perp, J, q);
  return { perp, ...symmetricEigen(gram) };
}

interface Newton {
  place: Place;
  /** Directions that a step would send through 0. */
  gone: number[];
  iterations: number;
  products: number;
  stopped: NewtonStop;
}

/** Where a step begins. */
interface NewtonLook {
  place: Place;
  iteration: number;
  decrement: number;
  damping: number;
  products: number;
}

/**
 * Newton's method with conjugate gradients, until the relative decrement is `enough` or no longer falls. Far away, where a saturated softmax has no curvature to speak of, steps are damped:
 * mu/2 sum_j mass_j |change of the logits of column j|^2 is added (Levenberg and Marquardt; from mu = 1/2 on the sum bounds the loss from above).
 */
function newton(frame: Frame, start: Place, enough: number, mayDoubt: boolean, told: (row: NewtonLook) => void): Newton {
  let place = start;
  let g = gradient(frame, place);
  let products = 0;
  let mu = 0;
  let firm = 0;
  let best = Number.POSITIVE_INFINITY;
  for (let iteration = 0; ; iteration++) {
    const done = (stopped: NewtonStop, gone: number[] = []): Newton => ({
      place,
      gone,
      iterations: iteration,
      products,
      stopped,
    });
    if (g.length === 0) return done("gradient");
    if (iteration === polishing.steps) return done("limit");
    const precondition = fixedRankPreconditioner(frame, place, mu);
    const size = norm(g, precondition) / Math.sqrt(Math.abs(place.f));
    const improved = size < 0.5 * best;
    best = Math.min(best, size);
    told({ place, iteration, decrement: size, damping: mu, products });
    if (size === 0 || size < enough) return done("gradient");
    if (size < polishing.atRounding && !improved && mu === 0) return done("rounding");
    const step = conjugateGradients(
      hessian(frame, place, mu, firm),
      precondition,
      g,
      Math.min(forcing.most, Math.max(forcing.least, size)),
    );
    products += step.products;
    // Below the rounding error of f a smaller gradient decides.
    const noise = noiseUnits * Number.EPSILON * Math.abs(place.f);
    const after = turned(place, step.v);
    const gone = after.flatMap((sigma, l) => (sigma <= 0 ? [l] : []));
    if (gone.length > 0 && evaluate(frame, without(frame, place, gone)).f <= place.f + (mayDoubt ? noise : -noise))
      return done("gradient", gone);
    // No singular value may pass through 0 on the way.
    const room = after.reduce(
      (t, sigma, l) => (sigma <= 0 ? Math.min(t, (polishing.room * place.S[l]) / (place.S[l] - sigma)) : t),
      1,
    );
    let next: Place | null = null;
    let t = room;
    for (let trials = 0; trials < lineSearch.trials && !next; trials++) {
      const trial = evaluate(frame, moved(frame, place, step.v, t));
      const expected = t * (1 - t / 2) * step.slope;
      if (expected > noise ? place.f - trial.f >= lineSearch.share * expected - noise : place.f - trial.f >= -noise) next = trial;
      else t *= lineSearch.shorter;
    }
    if (!next) {
      if (step.slope <= noise) return done("rounding");
      if (mu > damping.most) return done("radius");
      if (!frame.ell && firm < 1) {
        firm = Math.min(1, Math.max(firmness.more * firm, firmness.first));
        continue;
      }
      mu = Math.max(damping.more * mu, damping.first);
      continue;
    }
    const nextG = gradient(frame, next);
    // At the end of the digits a step only counts if it lowers the gradient.
    if (step.slope <= noise && norm(nextG, precondition) > polishing.gradientFalls * norm(g, precondition))
      return done("rounding");
    if (t === 1) mu = mu < damping.none ? 0 : damping.less * mu;
    if (t === 1) firm = firm < firmness.none ? 0 : firmness.less * firm;
    else if (t < polishing.short * room) mu = Math.max(damping.cut.more * mu, damping.cut.least);
    place = next;
    g = nextG;
  }
}

const norm = (g: Float64Array, precondition: (v: Float64Array, out: Float64Array) => void): number => {
  const scaled = new Float64Array(g.length);
  precondition(g, scaled);
  let sum = 0;
  for (let i = 0; i < g.length; i++) sum += g[i] * scaled[i];
  return Math.sqrt(Math.max(0, sum));
};

/** Singular values after a full step, to first order: sigma_l + u_l' dM v_l. */
function turned(place: Place, v: Float64Array): number[] {
  const { rank: r, S, V } = place;
  const J = V.length / Math.max(1, r);
  return Array.from({ length: r }, (_, l) => {
    let sum = S[l];
    for (let j = 0; j < J; j++) sum += v[j * r + l] * V[j * r + l];
    return sum;
  });
}

interface Step {
  v: Float64Array;
  /** -g'v: twice what the quadratic model falls by. */
  slope: number;
  products: number;
}

function conjugateGradients(
  H: (v: Float64Array, out: Float64Array) => void,
  precondition: (v: Float64Array, out: Float64Array) => void,
  g: Float64Array,
  forcing: number,
): Step {
  const n = g.length;
  const v = new Float64Array(n);
  const r = g.map((x) => -x);
  const z = new Float64Array(n);
  precondition(r, z);
  const d = z.slice();
  const Hd = new Float64Array(n);
  let rho = dot(r, z);
  const target = forcing * forcing * rho;
  let products = 0;
  while (products < polishing.cgSteps && rho > target) {
    H(d, Hd);
    products++;
    const bent = dot(d, Hd);
    if (!(bent > 0)) {
      // The function is convex among all cores; among those of one rank it bends down only where a direction is missing.
      if (products === 1) v.set(d);
      break;
    }
    const alpha = rho / bent;
    for (let i = 0; i < n; i++) {
      v[i] += alpha * d[i];
      r[i] -= alpha * Hd[i];
    }
    precondition(r, z);
    const next = dot(r, z);
    const beta = next / rho;
    rho = next;
    for (let i = 0; i < n; i++) d[i] = z[i] + beta * d[i];
  }
  return { v, slope: -dot(g, v), products };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The point without some of its directions. */
function without(frame: Frame, place: Place, gone: readonly number[]): FixedRank {
  const { J } = frame.p;
  const { A, B } = factorsOf(J, place);
  const stay = Array.from({ length: place.rank }, (_, l) => l).filter((l) => !gone.includes(l));
  const part = (F: Float64Array): Float64Array => {
    const out = new Float64Array(J * stay.length);
    for (let i = 0; i < J; i++)
      stay.forEach((from, l) => {
        out[i * stay.length + l] = F[i * place.rank + from];
      });
    return out;
  };
  return fixedRank(frame, part(A), part(B), stay.length, place.bias);
}

/**
 * The point with singular pairs of G beyond U and V whose value exceeds s by a share of `beyond`, those in the upper half of that excess (the others may
 * not outlive them), each with Newton's length or, where the objective would rise, a share of it; null where there is none.
 */
function enlarged(frame: Frame, place: Place, beyond: number): Place | null {
  const { p, d } = frame;
  const { J, s } = p;
  const { rank: r, E } = place;
  const q = d - r;
  if (q === 0) return null;
  const { perp, values, vectors } = outside(frame, place);
  const most = Math.sqrt(Math.max(0, values[q - 1]));
  const fresh: { u: Float64Array; v: Float64Array; length: number }[] = [];
  if (!(most > s * (1 + beyond))) return null;
  const change = new Float64Array(J * J);
  const bar = Math.max(s * (1 + beyond), 0.5 * (s + most));
  for (let l = q - 1; l >= 0 && values[l] >= bar * bar; l--) {
    const g = Math.sqrt(values[l]);
    const a = vectors.data.subarray(l * q, l * q + q);
    const u = new Float64Array(J);
    for (let i = 0; i < J; i++) for (let b = 0; b < q; b++) u[i] -= E[i * d + r + b] * a[b];
    const v = new Float64Array(J);
    times(v, perp, a, J, q, 1);
    for (let j = 0; j < J; j++) v[j] /= g;
    for (let j = 0; j < J; j++) for (let i = 0; i < J; i++) change[j * J + i] = u[i] * v[j];
    place.curvature.times(change, new Float64Array(J), null);
    let bent = 0;
    for (let j = 0; j < J; j++) for (let i = 0; i < J; i++) bent += change[j * J + i] * u[i] * v[j];
    fresh.push({ u, v, length: Math.min(g * Math.log1p(p.K), (g - s) / Math.max(bent, 0)) });
  }
  if (fresh.length === 0) return null;
  const rank = r + fresh.length;
  const { A, B } = factorsOf(J, place);
  const widen = (F: Float64Array, share: number, of: (x: (typeof fresh)[number]) => Float64Array): Float64Array => {
    const wide = new Float64Array(J * rank);
    for (let i = 0; i < J; i++) {
      for (let l = 0; l < r; l++) wide[i * rank + l] = F[i * r + l];
      fresh.forEach((x, l) => {
        wide[i * rank + r + l] = of(x)[i] * Math.sqrt(share * x.length);
      });
    }
    return wide;
  };
  for (let share = 1; ; share *= 0.1) {
    const next = fixedRank(
      frame,
      widen(A, share, (x) => x.u),
      widen(B, share, (x) => x.v),
      rank,
      place.bias,
    );
    const found = evaluate(frame, next);
    if (found.f <= place.f + noiseUnits * Number.EPSILON * Math.abs(place.f) || share < polishing.leastShare) return found;
  }
}
