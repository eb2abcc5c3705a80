import { byDiagonal, type Point } from "../math/newton-cg.ts";
import type { BlockAnswer } from "./columns.ts";
import type { Reduced } from "./reduced.ts";
import { columnLoss } from "./softmax.ts";

export interface SeparableModel {
  /** Number of variables. */
  length: number;
  at(x: Float64Array): Point;
  start(): Float64Array;
  revive(x: Float64Array): Float64Array | null;
  /** The same point with classes that are on their way to 0, rightly, put there. */
  settle(x: Float64Array): Float64Array;
  toBlocks(x: Float64Array): BlockAnswer;
}

/** (UFM+) in the variables (Y, h, c), with its start and the check of dead classes. */
export function separable(p: Reduced, held?: number): SeparableModel {
  const { J, K, s, size, smoothing } = p;
  const width = J + 1;
  const atH = J * width;
  const atC = atH + J;
  const hasBias = Number.isFinite(p.biasRidge);
  const length = atC + (hasBias ? J : 0);
  const mass = p.count.map((n, j) => p.weight[j] * n * size[j]);
  /** How many rows entry i of column j stands for. */
  const copies = (i: number, j: number): number => (i === J ? 1 : i === j ? size[j] - 1 : size[i]);
  /** Logit a unit of y h: 1 / sqrt(n_j copies); 0 where there is no such row. */
  const scale = new Float64Array(J * width);
  for (let j = 0; j < J; j++) {
    for (let i = 0; i <= J; i++) {
      const m = copies(i, j);
      scale[j * width + i] = m > 0 ? 1 / Math.sqrt(p.count[j] * m) : 0;
    }
  }
  const factorOf = (i: number, j: number): number => p.factor[i === J ? j : i];

  /** Probability of each entry of each column (J x (J + 1), entry totals), and the loss. */
  const probabilities = (x: Float64Array): { value: number; P: Float64Array } => {
    const core = new Float64Array(J * J);
    const alpha = new Float64Array(J);
    for (let j = 0; j < J; j++) {
      const h = x[atH + j];
      const z = (i: number): number => x[j * width + i] * h * scale[j * width + i] + (hasBias ? x[atC + (i === J ? j : i)] : 0);
      for (let i = 0; i < J; i++) core[i * J + j] = z(i);
      if (size[j] === 1) core[j * J + j] = z(J);
      else alpha[j] = z(J) - core[j * J + j];
    }
    const loss = columnLoss(p, core, alpha);
    const P = new Float64Array(J * width);
    for (let j = 0; j < J; j++) {
      for (let i = 0; i < J; i++) P[j * width + i] = loss.P[i * J + j];
      P[j * width + J] = loss.own[j];
    }
    return { value: loss.value, P };
  };

  /** Residual p - q of every entry (totals over its rows), own class as minus the sum of the others. */
  const residualsOf = (P: Float64Array): Float64Array => {
    const R = new Float64Array(J * width);
    for (let j = 0; j < J; j++) {
      let others = 0;
      for (let i = 0; i < J; i++) {
        R[j * width + i] = P[j * width + i] - (copies(i, j) * smoothing) / K;
        others += R[j * width + i];
      }
      R[j * width + J] = -others;
    }
    return R;
  };

  const toBiasForce = (R: Float64Array, out: Float64Array): void => {
    for (let j = 0; j < J; j++) {
      for (let i = 0; i <= J; i++) out[atC + (i === J ? j : i)] += mass[j] * factorOf(i, j) * R[j * width + i];
    }
  };

  const at = (x: Float64Array): Point => {
    const { value, P } = probabilities(x);
    const R = residualsOf(P);
    const gradient = new Float64Array(length);
    const diagonal = new Float64Array(length);
    // Gradient with respect to the product y h, per entry.
    const F = new Float64Array(J * width);
    let f = value;
    for (let j = 0; j < J; j++) {
      const h = x[atH + j];
      const ridge = size[j] * s;
      let gh = ridge * h;
      let first = 0;
      let second = 0;
      f += 0.5 * ridge * h * h;
      for (let i = 0; i <= J; i++) {
        const e = j * width + i;
        const y = x[e];
        const step = factorOf(i, j) * scale[e];
        F[e] = mass[j] * step * R[e];
        gradient[e] = F[e] * h + ridge * y;
        gh += F[e] * y;
        f += 0.5 * ridge * y * y;
        const variance = P[e] * (1 - P[e]);
        diagonal[e] = ridge + mass[j] * (step * h) ** 2 * variance;
        first += P[e] * step * y;
        second += P[e] * (step * y) ** 2;
        if (hasBias) diagonal[atC + (i === J ? j : i)] += mass[j] * factorOf(i, j) ** 2 * variance;
      }
      gradient[atH + j] = gh;
      diagonal[atH + j] = ridge + mass[j] * Math.max(0, second - first * first);
    }
    if (hasBias) {
      toBiasForce(R, gradient);
      for (let i = 0; i < J; i++) {
        const c = x[atC + i];
        f += 0.5 * p.biasRidge * size[i] * c * c;
        gradient[atC + i] += p.biasRidge * size[i] * c;
        diagonal[atC + i] += p.biasRidge * size[i];
      }
    }

    const dR = new Float64Array(J * width);
    const curvature = (v: Float64Array, out: Float64Array): void => {
      for (let j = 0; j < J; j++) {
        const h = x[atH + j];
        const dh = v[atH + j];
        let mean = 0;
        const logit = (i: number): number => {
          const e = j * width + i;
          return factorOf(i, j) * ((v[e] * h + x[e] * dh) * scale[e] + (hasBias ? v[atC + (i === J ? j : i)] : 0));
        };
        const own = logit(J);
        for (let i = 0; i < J; i++) {
          const e = j * width + i;
          dR[e] = logit(i) - own;
          mean += P[e] * dR[e];
        }
        let others = 0;
        for (let i = 0; i < J; i++) {
          const e = j * width + i;
          dR[e] = P[e] * (dR[e] - mean);
          others += dR[e];
        }
        dR[j * width + J] = -others;
        const ridge = size[j] * s;
        let outH = ridge * dh;
        for (let i = 0; i <= J; i++) {
          const e = j * width + i;
          const dF = mass[j] * factorOf(i, j) * scale[e] * dR[e];
          out[e] = dF * h + F[e] * dh + ridge * v[e];
          outH += dF * x[e] + F[e] * v[e];
        }
        out[atH + j] = outH;
      }
      if (hasBias) {
        out.fill(0, atC);
        toBiasForce(dR, out);
        for (let i = 0; i < J; i++) out[atC + i] += p.biasRidge * size[i] * v[atC + i];
      }
    };
    return { f, gradient, precondition: byDiagonal(diagonal), curvature };
  };

  /** sqrt(n_j) times the norm of the force on z: (direction, norm) of column j. A class is dead rightly iff norm <= s. */
  const force = (R: Float64Array, j: number): { direction: Float64Array; norm: number } => {
    const direction = new Float64Array(width);
    let squares = 0;
    for (let i = 0; i <= J; i++) {
      const e = j * width + i;
      direction[i] = -p.weight[j] * p.count[j] * factorOf(i, j) * scale[e] * R[e];
      squares += direction[i] ** 2;
    }
    return { direction, norm: Math.sqrt(squares) };
  };

  const place = (x: Float64Array, j: number, R: Float64Array, product: number): void => {
    const { direction, norm } = force(R, j);
    const root = Math.sqrt(product);
    for (let i = 0; i <= J; i++) x[j * width + i] = (direction[i] / norm) * root;
    x[atH + j] = root;
  };

  /** Every class above its threshold at Z = 0, with the length it has when all are alike (theory, section 7, bias-free). */
  const start = (): Float64Array => {
    const x = new Float64Array(length);
    const R = residualsOf(probabilities(x).P);
    for (let j = 0; j < J; j++) {
      const { norm } = force(R, j);
      if (norm <= s || j === held) continue;
      const away = (1 - 1 / K) * (s / norm);
      const tau = Math.log(((1 - away) * (K - 1)) / away) / (away * (K / (K - 1)));
      place(x, j, R, tau * away * Math.sqrt(K / (K - 1)) * Math.sqrt(p.count[j]));
    }
    return x;
  };

  /** Classes at 0 that should not be there get a push; null if there are none. */
  const revive = (x: Float64Array): Float64Array | null => {
    const R = residualsOf(probabilities(x).P);
    const next = x.slice();
    let any = false;
    for (let j = 0; j < J; j++) {
      let y = 0;
      for (let i = 0; i <= J; i++) y += x[j * width + i] ** 2;
      const { norm } = force(R, j);
      if (Math.sqrt(y) * Math.abs(x[atH + j]) > 1e-9 * Math.sqrt(p.count[j]) || norm <= s * (1 + 1e-12) || j === held) continue;
      place(next, j, R, Math.sqrt(p.count[j]) * Math.min(1, norm / s - 1));
      any = true;
    }
    return any ? next : null;
  };

  const settle = (x: Float64Array): Float64Array => {
    const R = residualsOf(probabilities(x).P);
    const next = x.slice();
    for (let j = 0; j < J; j++) {
      let squares = x[atH + j] ** 2;
      for (let i = 0; i <= J; i++) squares += x[j * width + i] ** 2;
      // Half of it is sqrt(n_j) |z_j| where the two factors are balanced.
      if (squares > 1e-12 * Math.sqrt(p.count[j]) || force(R, j).norm > s) continue;
      next.fill(0, j * width, (j + 1) * width);
      next[atH + j] = 0;
    }
    return next;
  };

  const toBlocks = (x: Float64Array): BlockAnswer => {
    const other = new Float64Array(J * J);
    const own = new Float64Array(J);
    const bias = hasBias ? x.slice(atC) : new Float64Array(J);
    for (let j = 0; j < J; j++) {
      const h = x[atH + j];
      for (let i = 0; i < J; i++) other[i * J + j] = x[j * width + i] * h * scale[j * width + i];
      own[j] = x[j * width + J] * h * scale[j * width + J];
    }
    return { other, own, bias };
  };

  return { length, at, start, revive, settle, toBlocks };
}
