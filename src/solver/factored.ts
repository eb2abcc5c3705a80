import type { Point } from "../math/newton-cg.ts";
import { times, timesTranspose, transposeTimes } from "../math/products.ts";
import type { Reduced, ReducedPoint } from "./reduced.ts";
import { separates } from "./reduced.ts";
import { columnLoss, residuals } from "./softmax.ts";

/**
 * The reduced problem as a smooth function: the nuclear norm is replaced by factors (|M|_* = min (|A|^2 + |B|^2)/2 over M = A B'),
 *
 *   N F(A, B, alpha, c) = loss(A B', alpha, c) + (s/2)(|A|^2 + |B|^2) + s sum_j (k_j - 1) sqrt(n_j) alpha_j + (N lambda_b/2) sum_j k_j c_j^2.
 *
 * It has no spurious local minimum (theory, section 3), so descent reaches the optimum of the convex problem once the rank r suffices;
 * the certificate decides whether it does. alpha_j is a variable only where the cluster is known to stay apart.
 *
 * x = [A (J x r), B (J x r), alpha (active clusters), c (J, if there is a bias)].
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
  const hasBias = Number.isFinite(p.biasRidge);
  const atB = J * r;
  const atAlpha = 2 * J * r;
  const atC = atAlpha + active.length;
  const length = atC + (hasBias ? J : 0);
  // Logit of row cluster i in column j is M_ij rowScale_i colScale_j; its derivative carries the column's weight.
  const rowScale = p.size.map((k) => 1 / Math.sqrt(k));
  const colScale = p.count.map((n, j) => 1 / Math.sqrt(n * p.size[j]));
  const mass = p.count.map((n, j) => p.weight[j] * n * p.size[j]);

  const unpack = (x: Float64Array): ReducedPoint => {
    const alpha = new Float64Array(J);
    active.forEach((j, a) => {
      alpha[j] = x[atAlpha + a];
    });
    return { rank: r, A: x.slice(0, atB), B: x.slice(atB, atAlpha), alpha, c: hasBias ? x.slice(atC) : new Float64Array(J) };
  };

  const pack = (point: ReducedPoint): Float64Array => {
    const x = new Float64Array(length);
    x.set(point.A, 0);
    x.set(point.B, atB);
    active.forEach((j, a) => {
      x[atAlpha + a] = point.alpha[j];
    });
    if (hasBias) x.set(point.c, atC);
    return x;
  };

  /** Core logits (linear in M, alpha, c), in place of M. */
  const toLogits = (M: Float64Array, alpha: Float64Array, c: Float64Array): void => {
    for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) M[i * J + j] = M[i * J + j] * rowScale[i] * colScale[j] + c[i];
    for (let j = 0; j < J; j++) M[j * J + j] -= alpha[j] / p.size[j];
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
    const { A, B, alpha, c } = unpack(x);
    const M = new Float64Array(J * J);
    timesTranspose(M, A, B, J, J, r);
    toLogits(M, alpha, c);
    const loss = columnLoss(p, M, alpha);
    const { R, within } = residuals(p, loss);
    const gradient = new Float64Array(length);
    let f = loss.value;
    for (let i = 0; i < atAlpha; i++) f += 0.5 * s * x[i] * x[i];
    active.forEach((j, a) => {
      const k1 = p.size[j] - 1;
      const root = Math.sqrt(p.count[j]);
      f += s * k1 * root * alpha[j];
      gradient[atAlpha + a] = k1 * (s * root - p.weight[j] * p.count[j] * p.factor[j] * within[j]);
    });
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
    transposeTimes(gradient.subarray(atB, atAlpha), G, A, J, J, r);
    for (let i = 0; i < atAlpha; i++) gradient[i] += s * x[i];

    const dM = new Float64Array(J * J);
    const product = new Float64Array(J * Math.max(r, J));
    const curvature = (v: Float64Array, out: Float64Array): void => {
      const dA = v.subarray(0, atB);
      const dB = v.subarray(atB, atAlpha);
      timesTranspose(dM, dA, B, J, J, r);
      timesTranspose(product, A, dB, J, J, r);
      for (let i = 0; i < J * J; i++) dM[i] += product[i];
      const dAlpha = new Float64Array(J);
      active.forEach((j, a) => {
        dAlpha[j] = v[atAlpha + a];
      });
      const dc = hasBias ? v.subarray(atC) : new Float64Array(J);
      toLogits(dM, dAlpha, dc);
      const dWithin = residualChange(dM, dAlpha);
      active.forEach((j, a) => {
        out[atAlpha + a] = -(p.size[j] - 1) * p.weight[j] * p.count[j] * p.factor[j] * dWithin[j];
      });
      if (hasBias) {
        biasForce(dM, out, atC);
        for (let i = 0; i < J; i++) out[atC + i] += p.biasRidge * p.size[i] * dc[i];
      }
      toCore(dM);
      for (let i = 0; i < atAlpha; i++) out[i] = s * v[i];
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

    /** Logit changes -> residual changes, in place; returns the change of `within`. All relative to the own class: no cancellation. */
    const residualChange = (dX: Float64Array, dAlpha: Float64Array): Float64Array => {
      const own = new Float64Array(J);
      const mean = new Float64Array(J);
      const others = new Float64Array(J);
      const dWithin = new Float64Array(J);
      for (let j = 0; j < J; j++) own[j] = p.factor[j] * (dX[j * J + j] + dAlpha[j]);
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
      for (let j = 0; j < J; j++) {
        const same = dX[j * J + j];
        dWithin[j] = (p.size[j] > 1 ? same / (p.size[j] - 1) : 0) + same + others[j];
        dX[j * J + j] = -others[j];
      }
      return dWithin;
    };

    return { f, gradient, diagonal: diagonal(A, B, loss.P, loss.own), curvature };
  };

  /** Diagonal of the Hessian, without the indefinite term of the factorization: always >= s on A and B. */
  const diagonal = (A: Float64Array, B: Float64Array, P: Float64Array, own: Float64Array): Float64Array => {
    const D = new Float64Array(length);
    const h = new Float64Array(J * J);
    const rest = new Float64Array(J);
    for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) if (i !== j) rest[j] += P[i * J + j];
    const bias = new Float64Array(J);
    for (let i = 0; i < J; i++) {
      for (let j = 0; j < J; j++) {
        // Variance of belonging to cluster i; on the diagonal p (1 - p) with 1 - p = rest.
        const q = P[i * J + j];
        const variance = i === j ? rest[j] * (1 - rest[j]) : q * (1 - q);
        const v = mass[j] * p.factor[i] ** 2 * Math.max(variance, 0);
        bias[i] += v;
        h[i * J + j] = v * (rowScale[i] * colScale[j]) ** 2;
      }
    }
    const A2 = A.map((a) => a * a);
    const B2 = B.map((b) => b * b);
    times(D.subarray(0, atB), h, B2, J, J, r);
    transposeTimes(D.subarray(atB, atAlpha), h, A2, J, J, r);
    for (let i = 0; i < atAlpha; i++) D[i] += s;
    active.forEach((j, a) => {
      // Variance of the logit change that alpha_j causes: 0 for the own class, -1 for its cluster, -(1 - 1/k) elsewhere.
      const same = P[j * J + j];
      const away = 1 - 1 / p.size[j];
      const variance = same + away * away * rest[j] - (same + away * rest[j]) ** 2;
      const scale = mass[j] * p.factor[j] ** 2;
      D[atAlpha + a] = scale * Math.max(variance, 1e-12 * (1 - own[j]), 1e-300);
    });
    if (hasBias) for (let i = 0; i < J; i++) D[atC + i] = bias[i] + p.biasRidge * p.size[i];
    return D;
  };

  return { at, pack, unpack };
}
