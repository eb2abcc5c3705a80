import type { Point } from "../math/newton-cg.ts";
import { times, timesTranspose, transposeTimes } from "../math/products.ts";
import { optimalGaps, shortfalls } from "./gaps.ts";
import { preconditioner } from "./preconditioner.ts";
import type { Reduced, ReducedPoint } from "./reduced.ts";
import { separates } from "./reduced.ts";
import { columnLoss, residuals } from "./softmax.ts";

/**
 * The reduced problem as a smooth function: the nuclear norm is replaced by factors (|M|_* = min (|A|^2 + |B|^2)/2 over M = A B') and the
 * in-cluster gaps are minimized out (gaps.ts),
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
  at(x: Float64Array): Point;
  pack(point: ReducedPoint): Float64Array;
  unpack(x: Float64Array): ReducedPoint;
}

export function factored(p: Reduced, rank: number): Factored {
  const { J, s } = p;
  const r = rank;
  const active = Array.from({ length: J }, (_, j) => j).filter((j) => separates(p, j));
  const shortfall = shortfalls(p);
  const hasBias = Number.isFinite(p.biasRidge);
  const atB = J * r;
  const atC = 2 * J * r;
  const length = atC + (hasBias ? J : 0);
  // Logit of row cluster i in column j is M_ij rowScale_i colScale_j; its derivative carries the column's weight.
  const rowScale = p.size.map((k) => 1 / Math.sqrt(k));
  const colScale = p.count.map((n, j) => 1 / Math.sqrt(n * p.size[j]));
  const mass = p.count.map((n, j) => p.weight[j] * n * p.size[j]);

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
    alpha: optimalGaps(p, shortfall, logitsOf(x)).alpha,
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

  /** Residuals -> gradient with respect to M, in place. */
  const toCore = (R: Float64Array): void => {
    for (let i = 0; i < J; i++) {
      const row = p.factor[i] * rowScale[i];
      for (let j = 0; j < J; j++) R[i * J + j] *= row * mass[j] * colScale[j];
    }
  };

  const biasForce = (R: Float64Array, out: Float64Array, offset: number): void => {
    for (let i = 0; i < J; i++) {
      let sum = 0;
      for (let j = 0; j < J; j++) sum += mass[j] * R[i * J + j];
      out[offset + i] = p.factor[i] * sum;
    }
  };

  const at = (x: Float64Array): Point => {
    const A = x.subarray(0, atB);
    const B = x.subarray(atB, atC);
    const c = biasOf(x);
    const M = logitsOf(x);
    const gaps = optimalGaps(p, shortfall, M);
    for (const j of active) M[j * J + j] -= gaps.alpha[j] / p.size[j];
    const loss = columnLoss(p, M, gaps.alpha);
    const { R } = residuals(p, loss);
    const gradient = new Float64Array(length);
    let f = loss.value + s * gaps.norm;
    for (let i = 0; i < atC; i++) f += 0.5 * s * x[i] * x[i];
    if (hasBias) {
      biasForce(R, gradient, atC);
      for (let i = 0; i < J; i++) {
        f += 0.5 * p.biasRidge * p.size[i] * c[i] * c[i];
        gradient[atC + i] += p.biasRidge * p.size[i] * c[i];
      }
    }
    const G = R;
    toCore(G);
    times(gradient.subarray(0, atB), G, B, J, J, r);
    transposeTimes(gradient.subarray(atB, atC), G, A, J, J, r);
    for (let i = 0; i < atC; i++) gradient[i] += s * x[i];

    const dM = new Float64Array(J * J);
    const product = new Float64Array(J * Math.max(r, J));
    const curvature = (v: Float64Array, out: Float64Array): void => {
      const dA = v.subarray(0, atB);
      const dB = v.subarray(atB, atC);
      timesTranspose(dM, dA, B, J, J, r);
      timesTranspose(product, A, dB, J, J, r);
      for (let i = 0; i < J * J; i++) dM[i] += product[i];
      const dc = biasOf(v);
      toLogits(dM, dc);
      residualChange(dM);
      if (hasBias) {
        biasForce(dM, out, atC);
        for (let i = 0; i < J; i++) out[atC + i] += p.biasRidge * p.size[i] * dc[i];
      }
      toCore(dM);
      for (let i = 0; i < atC; i++) out[i] = s * v[i];
      const add = (offset: number): void => {
        for (let i = 0; i < atB; i++) out[offset + i] += product[i];
      };
      times(product, dM, B, J, J, r);
      add(0);
      times(product, G, dB, J, J, r);
      add(0);
      transposeTimes(product, dM, A, J, J, r);
      add(atB);
      transposeTimes(product, G, dA, J, J, r);
      add(atB);
    };

    // How the cluster law's left side answers a unit of alpha_j: same = -Delta, elsewhere -Delta (1 - 1/k), relative to the own class.
    const rest = new Float64Array(J);
    for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) if (i !== j) rest[j] += loss.P[i * J + j];
    const response = active.map((j) => {
      const away = 1 - 1 / p.size[j];
      const same = loss.P[j * J + j];
      const mean = -(same + away * rest[j]);
      const dSame = same * (-1 - mean);
      return {
        j,
        elsewhere: p.factor[j] * (-away - mean),
        law: p.factor[j] * (dSame * (1 + 1 / (p.size[j] - 1)) + rest[j] * (-away - mean)),
      };
    });

    /**
     * Logit changes -> residual changes, in place, with every alpha_j moving so that the cluster law goes on holding. All relative to
     * the own class: no cancellation.
     */
    const residualChange = (dX: Float64Array): void => {
      const own = new Float64Array(J);
      const mean = new Float64Array(J);
      const others = new Float64Array(J);
      for (let j = 0; j < J; j++) own[j] = p.factor[j] * dX[j * J + j];
      for (let i = 0; i < J; i++) {
        for (let j = 0; j < J; j++) {
          const delta = p.factor[i] * dX[i * J + j] - own[j];
          dX[i * J + j] = delta;
          mean[j] += loss.P[i * J + j] * delta;
        }
      }
      for (let i = 0; i < J; i++) {
        for (let j = 0; j < J; j++) {
          const change = loss.P[i * J + j] * (dX[i * J + j] - mean[j]);
          dX[i * J + j] = change;
          if (i !== j) others[j] += change;
        }
      }
      for (const { j, elsewhere, law } of response) {
        const same = dX[j * J + j];
        const dAlpha = -(same * (1 + 1 / (p.size[j] - 1)) + others[j]) / law;
        const factor = dAlpha * elsewhere;
        others[j] = 0;
        for (let i = 0; i < J; i++) {
          if (i === j) continue;
          dX[i * J + j] += factor * loss.P[i * J + j];
          others[j] += dX[i * J + j];
        }
      }
      for (let j = 0; j < J; j++) dX[j * J + j] = -others[j];
    };

    return {
      f,
      gradient,
      precondition: preconditioner(p, { rank: r, A, B, rowScale, colScale, mass, hasBias }, loss.P),
      curvature,
    };
  };

  return { at, pack, unpack };
}
