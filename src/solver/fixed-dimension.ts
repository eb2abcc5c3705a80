/**
 * Features of fewer dimensions than the optimum has rank (theory, section 13): the factored problem with d columns,
 *
 *   min over A, B (K x d), b:  (1/N) sum_k n_k w_k loss_k(z_k + b) + (lambda_Z/2)(|A|^2 + |B|^2) + (lambda_b/2)|b|^2,   Z = A B' D^(-1/2).
 *
 * That is min of the convex problem over Z of rank d or less. It is not convex: classes stand like points on a sphere, and who stands where matters, so classes of equal count are not alike and no clusters
 * stand for them. What is found is the best of descents from different starts: of the truncated decomposition of the convex optimum, of directions that repel each other, and of random factors; where classes
 * differ (in count, weight, offset or factor) it is improved by exchanging them. Deterministic: starts are numbered.
 *
 * @module
 */
import { inputError } from "../errors.ts";
import { lossNamed } from "../loss/index.ts";
import {
  type Evaluated,
  gramOfRows,
  lbfgsNow,
  type Random,
  random,
  times,
  timesTranspose,
  transposeTimes,
} from "../math/index.ts";
import type { Problem } from "../problem/index.ts";
import { classesAlone } from "./classes-alone.ts";
import { searching } from "./constants.ts";
import { improvedByExchanges } from "./exchanges.ts";
import { foundWithin, usualStarts } from "./layer-norm.ts";

/** What the search found, and how. */
export interface FixedDimension {
  /** Feature dimension asked for. */
  d: number;
  /** Value of the problem. */
  objective: number;
  /** Mean predictions, K x K (rows: logits, columns: classes). */
  Z: Float64Array;
  /** K biases, zeros where there is none. */
  b: Float64Array;
  /** Looks at the function of the descent that found it. */
  evaluations: number;
  /** Objectives of all starts, ascending. */
  objectives: number[];
  /** How many starts ended within `foundWithin` of the best; 0 where only an exchange led there. */
  found: number;
  /** Descents from exchanges that were tried. */
  exchanges: number;
  /** Whether no exchange of two classes leads lower; false where the most that are tried came first. */
  exhausted: boolean;
}

/** Where and how long to search. */
export interface FixedDimensionOptions {
  /** Descents, default `usualStarts`. */
  starts?: number;
  /** Head and class features (K x d each) of the convex optimum cut off behind d columns, in the scale lambda_W = lambda_H, and its bias: the first start. */
  truncated?: { W: Float64Array; H: Float64Array; b: ArrayLike<number> };
  /** Told after each descent. */
  progress?: (done: number, of: number) => void;
}

const { looks, gradientShare, gradientShareOfBest, startingLogits, offSaddle, repelling } = searching;

interface Descent {
  x: Float64Array;
  objective: number;
  evaluations: number;
}

/** The best of `starts` descents. Throws InputError for a dimension or number of starts that is no whole number of at least 1, and for nonnegative features. */
export function searchDimension(problem: Problem, d: number, options: FixedDimensionOptions = {}): FixedDimension {
  const { starts = usualStarts, truncated, progress } = options;
  for (const [what, value] of [
    ["dimension", d],
    ["starts", starts],
  ] as const)
    if (!(Number.isSafeInteger(value) && value >= 1)) throw inputError(what, "a whole number of at least 1", value);
  if (problem.nonnegative)
    throw inputError("nonnegative", "features of any sign where dimensions are fewer than the classes need", problem.nonnegative);
  const model = modelOf(problem, d);
  let best: Descent | null = null;
  const objectives: number[] = [];
  for (let start = 0; start < starts; start++) {
    const found = model.descend(startOf(model, truncated, start), { looks, gradientShare });
    objectives.push(found.objective);
    if (best === null || found.objective < best.objective) best = found;
    progress?.(start + 1, starts);
  }
  const exchange = (from: Descent, k: number, l: number): Descent =>
    model.descend(model.exchanged(from.x, k, l), { looks, gradientShare });
  const improved = improvedByExchanges(problem, best as Descent, exchange, progress);
  const limit = improved.best.objective * (1 + foundWithin);
  const end = model.descend(improved.best.x, { looks, gradientShare: gradientShareOfBest.dimension });
  return {
    d,
    objective: end.objective,
    ...model.predictions(end.x),
    evaluations: improved.best.evaluations + end.evaluations,
    objectives: objectives.sort((x, y) => x - y),
    found: objectives.filter((x) => x <= limit).length,
    exchanges: improved.tried,
    exhausted: improved.exhausted,
  };
}

interface Model {
  K: number;
  d: number;
  /** sqrt(n_k). */
  root: Float64Array;
  /** A unit of the variables that stand for b. */
  biasUnit: number;
  /** Where B and b begin, and all variables: [A, B, b / biasUnit]. */
  at: { B: number; b: number; end: number };
  descend(start: Float64Array, to: { looks: number; gradientShare: number }): Descent;
  exchanged(x: Float64Array, k: number, l: number): Float64Array;
  predictions(x: Float64Array): { Z: Float64Array; b: Float64Array };
}

function modelOf(problem: Problem, d: number): Model {
  const { K, N, counts, lambdaZ, lambdaB } = problem;
  const root = Float64Array.from(counts, Math.sqrt);
  const hasBias = Number.isFinite(lambdaB);
  const at = { B: K * d, b: 2 * K * d, end: 2 * K * d + (hasBias ? K : 0) };
  // The loss curves along an entry of A like |B|^2/N, along one of b like 1: in these units about alike.
  const biasUnit = Math.sqrt(startingLogits / Math.sqrt(N * K));
  const loss = classesAlone(problem);
  const features = (x: Float64Array): Float64Array => x.slice(at.B, at.b).map((y, e) => y / root[Math.floor(e / d)]);
  const biases = (x: Float64Array): Float64Array => (hasBias ? x.slice(at.b).map((y) => biasUnit * y) : new Float64Array(K));
  const look = (x: Float64Array): Evaluated => {
    const A = x.subarray(0, at.B);
    const H = features(x);
    const b = biases(x);
    const logits = new Float64Array(K * K);
    timesTranspose(logits, A, H, K, K, d);
    if (hasBias) for (let i = 0; i < K; i++) for (let k = 0; k < K; k++) logits[i * K + k] += b[i];
    const { value: lost, R } = loss(logits);
    const gradient = new Float64Array(at.end);
    times(gradient.subarray(0, at.B), R, H, K, K, d);
    const force = gradient.subarray(at.B, at.b);
    transposeTimes(force, R, A, K, K, d);
    for (let e = 0; e < force.length; e++) force[e] /= root[Math.floor(e / d)];
    let value = lost;
    for (let e = 0; e < at.b; e++) {
      value += (lambdaZ / 2) * x[e] * x[e];
      gradient[e] += lambdaZ * x[e];
    }
    if (hasBias)
      for (let i = 0; i < K; i++) {
        value += (lambdaB / 2) * b[i] * b[i];
        let pull = lambdaB * b[i];
        for (let k = 0; k < K; k++) pull += R[i * K + k];
        gradient[at.b + i] = biasUnit * pull;
      }
    return { value, gradient };
  };
  return {
    K,
    d,
    root,
    biasUnit,
    at,
    descend(start, to) {
      const size = Math.sqrt(start.subarray(0, at.b).reduce((sum, y) => sum + y * y, 0));
      const { x, value, evaluations } = lbfgsNow(look, start, {
        evaluations: to.looks,
        gradient: to.gradientShare * lambdaZ * size,
      });
      return { x, objective: value, evaluations };
    },
    exchanged(from, k, l) {
      const x = from.slice();
      const exchange = (begin: number, each: number, scale: number): void => {
        for (let c = 0; c < each; c++) {
          x[begin + k * each + c] = from[begin + l * each + c] * scale;
          x[begin + l * each + c] = from[begin + k * each + c] / scale;
        }
      };
      exchange(0, d, 1);
      // Features change places; columns of B have the root of the count besides.
      exchange(at.B, d, root[k] / root[l]);
      if (hasBias) exchange(at.b, 1, 1);
      return x;
    },
    predictions(x) {
      const Z = new Float64Array(K * K);
      timesTranspose(Z, x.subarray(0, at.B), features(x), K, K, d);
      const b = biases(x);
      // A constant that no softmax notices, where no penalty has removed it.
      const level = lambdaB === 0 && lossNamed(problem.loss).shiftFree ? b.reduce((sum, y) => sum + y, 0) / K : 0;
      return { Z, b: b.map((y) => y - level) };
    },
  };
}

/** The truncated optimum first, where it is given; then directions that repel each other and random factors in turn. */
function startOf(model: Model, truncated: FixedDimensionOptions["truncated"], start: number): Float64Array {
  const { K, d, root, at, biasUnit } = model;
  const generator = random(start);
  const x = new Float64Array(at.end);
  const mean = Math.sqrt(root.reduce((sum, y) => sum + y, 0) / K);
  if (start === 0 && truncated) {
    for (let e = 0; e < K * d; e++) {
      const n = root[Math.floor(e / d)];
      // Stationary points of a part of the directions are saddles: a little of every direction leads off them.
      x[e] = truncated.W[e] + offSaddle * mean * generator.normal();
      x[at.B + e] = truncated.H[e] * n + (offSaddle / mean) * n * generator.normal();
    }
    for (let i = 0; i < at.end - at.b; i++) x[at.b + i] = truncated.b[i] / biasUnit;
    return x;
  }
  const apart = start % 2 === 1;
  const directions = apart ? repelled(K, d, generator) : null;
  const scale = Math.sqrt(apart ? startingLogits : startingLogits / Math.sqrt(d));
  for (let e = 0; e < K * d; e++) {
    const n = root[Math.floor(e / d)];
    x[e] = scale * mean * (directions ? directions[e] : generator.normal());
    x[at.B + e] = ((scale * n) / mean) * (directions ? directions[e] : generator.normal());
  }
  return x;
}

/** K unit vectors of d numbers, pushed apart by those that are near: steps on sum_{k < l} exp(8 u_k'u_l) from random directions. */
function repelled(K: number, d: number, generator: Random): Float64Array {
  const u = Float64Array.from({ length: K * d }, () => generator.normal());
  const normalize = (): void => {
    for (let k = 0; k < K; k++) {
      const row = u.subarray(k * d, k * d + d);
      const length = Math.sqrt(row.reduce((sum, y) => sum + y * y, 0));
      for (let c = 0; c < d; c++) row[c] = length > 0 ? row[c] / length : 1;
    }
  };
  normalize();
  const near = new Float64Array(K * K);
  const push = new Float64Array(K * d);
  for (let step = 0; step < repelling.steps; step++) {
    gramOfRows(near, u, K, d);
    for (let e = 0; e < K * K; e++) near[e] = e % (K + 1) === 0 ? 0 : Math.exp(repelling.steep * (near[e] - 1));
    times(push, near, u, K, K, d);
    for (let e = 0; e < K * d; e++) u[e] -= repelling.step * push[e];
    normalize();
  }
  return u;
}
