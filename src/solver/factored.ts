import { scalesOf, separates, shortfalls } from "../loss/index.ts";
import { type Point, type Precision, times, timesTranspose, transposeTimes } from "../math/index.ts";
import { preconditioner, type Side } from "./preconditioner.ts";
import type { Reduced, ReducedPoint } from "./reduced.ts";

/**
 * The reduced problem as a smooth function: the nuclear norm is replaced by factors (|M|_* = min (|A|^2 + |B|^2)/2 over M = A B') and the
 * in-cluster gaps are minimized out,
 *
 *   N F(A, B, c) = min over alpha of loss(A B', alpha, c) + s sum_j (k_j - 1) sqrt(n_j) alpha_j
 *                  + (s/2)(|A|^2 + |B|^2) + (N lambda_b/2) sum_j k_j c_j^2.
 *
 * It has no spurious local minimum (theory, section 3), so descent reaches the optimum of the convex problem once the rank r suffices;
 * the certificate decides whether it does.
 *
 * x = [A (J x r), B (J x r), c (J, if there is a bias)].
 */
export interface Factored {
  /** The function and its derivatives. `moving`: the factor that is to move beside c, where the other is held; what preconditions is then made for it alone. */
  at(x: Float64Array, moving?: Side): Point;
  pack(point: ReducedPoint): Float64Array;
  unpack(x: Float64Array): ReducedPoint;
}

/** `precision`: of the products in Hessian times vector. */
export function factored(p: Reduced, rank: number, precision: Precision = "double"): Factored {
  const { J, s } = p;
  const r = rank;
  const active = Array.from({ length: J }, (_, j) => j).filter((j) => separates(p, j));
  const shortfall = shortfalls(p);
  const hasBias = Number.isFinite(p.biasRidge);
  const atB = J * r;
  const atC = 2 * J * r;
  const length = atC + (hasBias ? J : 0);
  const scales = scalesOf(p);
  const { rowScale, colScale, mass } = scales;
  const massCol = mass.map((m, j) => m * colScale[j]);

  /** Core logits, with the cluster's mean logit on the diagonal. */
  const logitsOf = (x: Float64Array): Float64Array => {
    const X = new Float64Array(J * J);
    timesTranspose(X, x.subarray(0, atB), x.subarray(atB, atC), J, J, r);
    toLogits(X, biasOf(x));
    return X;
  };

  const biasOf = (x: Float64Array): Float64Array => (hasBias ? x.subarray(atC) : new Float64Array(J));

  const unpack = (x: Float64Array): ReducedPoint => ({
    rank: r,
    A: x.slice(0, atB),
    B: x.slice(atB, atC),
    alpha: p.loss.gaps(p, shortfall, logitsOf(x)).alpha,
    c: biasOf(x).slice(),
  });

  const pack = (point: ReducedPoint): Float64Array => {
    const x = new Float64Array(length);
    x.set(point.A, 0);
    x.set(point.B, atB);
    if (hasBias) x.set(point.c, atC);
    return x;
  };

  /** M -> logits of the core, in place (linear in M and c). */
  const toLogits = (M: Float64Array, c: Float64Array): void => {
    for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) M[i * J + j] = M[i * J + j] * rowScale[i] * colScale[j] + c[i];
  };

  /** Residuals -> gradient with respect to M, in place; that with respect to c goes to `force`, if there is a bias. */
  const toCore = (R: Float64Array, force: Float64Array): void => {
    for (let i = 0; i < J; i++) {
      const row = p.factor[i] * rowScale[i];
      let sum = 0;
      for (let j = 0; j < J; j++) {
        const e = i * J + j;
        sum += mass[j] * R[e];
        R[e] *= row * massCol[j];
      }
      if (hasBias) force[i] = p.factor[i] * sum;
    }
  };

  const at = (x: Float64Array, moving?: Side): Point => {
    const A = x.subarray(0, atB);
    const B = x.subarray(atB, atC);
    const c = biasOf(x);
    const M = logitsOf(x);
    const gaps = p.loss.gaps(p, shortfall, M);
    for (const j of active) M[j * J + j] -= gaps.alpha[j] / p.size[j];
    const loss = p.loss.at(p, M, gaps.alpha);
    const R = loss.residuals();
    const gradient = new Float64Array(length);
    let f = loss.value + s * gaps.norm;
    f += 0.5 * s * squares(x, atC, r);
    const G = R;
    toCore(G, gradient.subarray(atC));
    if (hasBias) {
      for (let i = 0; i < J; i++) {
        f += 0.5 * p.biasRidge * p.size[i] * c[i] * c[i];
        gradient[atC + i] += p.biasRidge * p.size[i] * c[i];
      }
    }
    times(gradient.subarray(0, atB), G, B, J, J, r);
    transposeTimes(gradient.subarray(atB, atC), G, A, J, J, r);
    for (let i = 0; i < atC; i++) gradient[i] += s * x[i];

    const dM = new Float64Array(J * J);
    const bend = loss.curvature(scales);
    const curvature = (v: Float64Array, out: Float64Array): void => {
      const dA = v.subarray(0, atB);
      const dB = v.subarray(atB, atC);
      const dc = biasOf(v);
      // dM transposed: B dA' + dB A'.
      timesTranspose(dM, B, dA, J, J, r, false, precision);
      timesTranspose(dM, dB, A, J, J, r, true, precision);
      bend.times(dM, dc, hasBias ? out.subarray(atC) : null);
      if (hasBias) for (let i = 0; i < J; i++) out[atC + i] += p.biasRidge * p.size[i] * dc[i];
      for (let i = 0; i < atC; i++) out[i] = s * v[i];
      const outA = out.subarray(0, atB);
      const outB = out.subarray(atB, atC);
      transposeTimes(outA, dM, B, J, J, r, true, precision);
      times(outA, G, dB, J, J, r, true, precision);
      times(outB, dM, A, J, J, r, true, precision);
      transposeTimes(outB, G, dA, J, J, r, true, precision);
    };

    let made: Point["precondition"] | undefined;
    return {
      f,
      gradient,
      precondition: (v, out) => {
        made ??= preconditioner(p, { ...scales, rank: r, A, B, hasBias, precision, moving }, bend, G);
        made(v, out);
      },
      curvature,
    };
  };

  return { at, pack, unpack };
}

/** The sum of the first n squares, row by row: added one by one to a large f they would lose more digits than Newton's last steps are about. */
function squares(x: Float64Array, n: number, width: number): number {
  let sum = 0;
  for (let from = 0; from < n; from += width) {
    let row = 0;
    for (let i = from; i < from + width; i++) row += x[i] * x[i];
    sum += row;
  }
  return sum;
}
