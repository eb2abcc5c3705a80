/**
 * Gradient descent on the factored problem itself (paper, eq. (2.1), one feature a class), from a random start:
 *
 *   (P0)  min over W (d x K), H (d x K), b:
 *         (1/N) sum_k n_k CE(W'h_k + b, k) + (lambda_W/2)|W|_F^2 + (lambda_H/2) sum_k n_k |h_k|^2 + (lambda_b/2)|b|^2,   h >= 0 if nonnegative
 *
 * Not a way to solve it: a way to see what descent does to it. With free features every local minimum is global (theory, section 3). With
 * nonnegative ones z_k = 0 is a trap: once h_k = 0, its coordinate l grows only where w_l (e_k - p_k) > 0 for the row w_l of W. Where the living
 * classes have taken all coordinates, every row points away from class k, and that is a local minimum (all traps seen are of this kind); a
 * coordinate that nobody uses would leave a way out. Fewer coordinates and smaller starts end in more traps (examples/traps.mjs counts them).
 *
 * Steps along the projection arc, with the length of Barzilai and Borwein, halved until f falls by the Armijo rule: f never rises.
 *
 * @module
 */
import { random, transpose } from "../math/index.ts";
import type { Problem } from "../problem/index.ts";
import { descending } from "./constants.ts";

/** Where a descent begins, and how far it goes. */
export interface DescentOptions {
  /** Of the random start. */
  seed: number;
  /** Feature dimension, default 2 K. */
  d?: number;
  /** Standard deviation of the entries of sqrt(lambda_W) W and sqrt(lambda_H) sqrt(n_k) h_k at the start (h: absolute values if nonnegative); default 0.1. */
  scale?: number;
  /** Stop once the projected gradient is below this times its first value (default 1e-9). */
  tolerance?: number;
  /** Limit of gradient steps (default 100000). */
  maxSteps?: number;
}

/** Where descent ended. */
export interface Descent {
  /** Value of (P0). */
  objective: number;
  /** Classes with z_k = 0: |z_k| below 1e-6 of the largest logit, or of 1. */
  dead: number[];
  /** Mean predictions (rows: logits, columns: classes). */
  Z: number[][];
  /** Bias, K numbers. */
  b: number[];
  /** Head w_k, K x d: a row a class. */
  W: Float64Array;
  /** Class features h_k, K x d: a row a class. */
  H: Float64Array;
  /** Feature dimension. */
  d: number;
  /** Gradient steps taken. */
  steps: number;
  /** limit: maxSteps came first. */
  status: "converged" | "limit";
}

/** Descends from a random start. Throws RangeError for remedies: the demonstration is of the plain problem. */
export function descend(problem: Problem, options: DescentOptions): Descent {
  const { K, N, counts, lambdaW, lambdaH, lambdaB, nonnegative } = problem;
  if (problem.weights || problem.offsets || problem.factors || problem.smoothing > 0 || problem.loss !== "cross-entropy")
    throw new RangeError("descend: expected a problem of cross-entropy without weights, offsets, factors and smoothing");
  const { seed, d = 2 * K, scale = descending.scale, tolerance = descending.tolerance, maxSteps = descending.steps } = options;
  const root = counts.map((n) => Math.sqrt(n));
  const atX = d * K;
  const atB = 2 * d * K;
  const hasBias = Number.isFinite(lambdaB);
  const length = atB + (hasBias ? K : 0);
  // Variables: sqrt(lambda_W) W, sqrt(lambda_H) sqrt(n) H, sqrt(lambda_b) b, all penalized by 1/2. One step length then fits all. A bias without penalty is itself the
  // variable; its gradients sum to 0, so that it stays the least of all that are as good.
  const product = 1 / Math.sqrt(lambdaW) / Math.sqrt(lambdaH);
  const penalized = lambdaB > 0 ? length : atB;
  const biasUnit = !hasBias ? 0 : lambdaB > 0 ? 1 / Math.sqrt(lambdaB) : 1;
  const generator = random(seed);
  const x = new Float64Array(length);
  for (let i = 0; i < atB; i++) x[i] = scale * generator.normal();
  const project = (v: Float64Array): void => {
    if (nonnegative) for (let i = atX; i < atB; i++) if (v[i] < 0) v[i] = 0;
  };
  if (nonnegative) for (let i = atX; i < atB; i++) x[i] = Math.abs(x[i]);

  /** Column k of Z, then of the residual p - e. */
  const logits = (v: Float64Array, k: number, z: Float64Array): void => {
    z.fill(0);
    for (let l = 0; l < d; l++) {
      const h = (v[atX + l * K + k] * product) / root[k];
      if (h !== 0) for (let i = 0; i < K; i++) z[i] += v[l * K + i] * h;
    }
  };
  const z = new Float64Array(K);
  const evaluate = (v: Float64Array, gradient: Float64Array | null): number => {
    let f = 0;
    for (let i = 0; i < penalized; i++) f += 0.5 * v[i] * v[i];
    gradient?.set(v);
    gradient?.fill(0, penalized);
    for (let k = 0; k < K; k++) {
      logits(v, k, z);
      let top = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < K; i++) {
        if (hasBias) z[i] += v[atB + i] * biasUnit;
        top = Math.max(top, z[i]);
      }
      let sum = 0;
      for (let i = 0; i < K; i++) sum += Math.exp(z[i] - top);
      f += (counts[k] / N) * (Math.log(sum) + top - z[k]);
      if (!gradient) continue;
      let others = 0;
      for (let i = 0; i < K; i++) {
        z[i] = Math.exp(z[i] - top) / sum;
        if (i !== k) others += z[i];
      }
      z[k] = -others;
      const step = (root[k] / N) * product;
      for (let l = 0; l < d; l++) {
        let along = 0;
        const h = v[atX + l * K + k] * step;
        for (let i = 0; i < K; i++) {
          along += z[i] * v[l * K + i];
          gradient[l * K + i] += z[i] * h;
        }
        gradient[atX + l * K + k] += along * step;
      }
      if (hasBias) for (let i = 0; i < K; i++) gradient[atB + i] += (counts[k] / N) * z[i] * biasUnit;
    }
    return f;
  };
  /** Length of the gradient without the part that points out of h >= 0. */
  const size = (v: Float64Array, g: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < length; i++) if (!(nonnegative && i >= atX && i < atB && v[i] === 0 && g[i] > 0)) sum += g[i] * g[i];
    return Math.sqrt(sum);
  };

  let at = x;
  let g = new Float64Array(length);
  let f = evaluate(at, g);
  const target = tolerance * size(at, g);
  let step: number = descending.firstStep;
  let steps = 0;
  let status: Descent["status"] = "limit";
  for (; steps < maxSteps; steps++) {
    if (size(at, g) <= target) {
      status = "converged";
      break;
    }
    let next = at;
    let value = f;
    let moved = 0;
    for (let tries = 0; tries < descending.halvings; tries++, step *= 0.5) {
      next = at.slice();
      for (let i = 0; i < length; i++) next[i] -= step * g[i];
      project(next);
      value = evaluate(next, null);
      moved = 0;
      for (let i = 0; i < length; i++) moved += g[i] * (at[i] - next[i]);
      if (value <= f - descending.share * moved + 4 * Number.EPSILON * Math.abs(f)) break;
    }
    const gradient = new Float64Array(length);
    value = evaluate(next, gradient);
    let ss = 0;
    let sy = 0;
    for (let i = 0; i < length; i++) {
      const s = next[i] - at[i];
      ss += s * s;
      sy += s * (gradient[i] - g[i]);
    }
    if (ss === 0) break;
    step = Math.min(descending.longest, sy > 0 ? ss / sy : 2 * step);
    at = next;
    g = gradient;
    f = value;
  }
  return { ...result(at), objective: f, d, steps, status };

  // The variables lie coordinate by coordinate (d x K), so that one coordinate of all classes runs along memory.
  function rows(data: Float64Array): Float64Array {
    return transpose({ rows: d, cols: K, data }).data;
  }

  function result(v: Float64Array): Pick<Descent, "dead" | "Z" | "b" | "W" | "H"> {
    const Z = Array.from({ length: K }, () => new Array<number>(K).fill(0));
    let largest = 1;
    const norms = counts.map((_, k) => {
      logits(v, k, z);
      for (let i = 0; i < K; i++) {
        Z[i][k] = z[i];
        largest = Math.max(largest, Math.abs(z[i]));
      }
      return Math.hypot(...z);
    });
    return {
      dead: norms.flatMap((norm, k) => (norm <= descending.dead * largest ? [k] : [])),
      Z,
      b: Array.from({ length: K }, (_, k) => (hasBias ? v[atB + k] * biasUnit : 0)),
      W: rows(v.slice(0, atX).map((w) => w / Math.sqrt(lambdaW))),
      H: rows(v.slice(atX, atB).map((h, e) => h / Math.sqrt(lambdaH) / root[e % K])),
    };
  }
}
