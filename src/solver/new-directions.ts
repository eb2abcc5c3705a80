import { type LossPlace, scalesOf } from "../loss/index.ts";
import { gramOfColumns, matrix, symmetricEigen, times, timesTranspose } from "../math/index.ts";
import { excesses } from "./constants.ts";
import type { Reduced, ReducedPoint } from "./reduced.ts";

/**
 * The way out when a stationary point of the factored problem is not the optimum: the core gradient G has a singular value above s, and
 * adding its pair (u, v) to the factors lowers the objective, since d/dt [loss + s t] = s - |G|_2 < 0 along -t u v' (theory, section 3).
 * Returns the enlarged point, or null if no singular value exceeds s.
 */
export function newDirections(p: Reduced, point: ReducedPoint): ReducedPoint | null {
  const { J, s } = p;
  const r = point.rank;
  const { G, loss } = coreGradient(p, point);
  const gram = matrix(J, J);
  gramOfColumns(gram.data, G, J, J);
  const { values, vectors } = symmetricEigen(gram);
  const fresh: number[] = [];
  // Directions already in the factors sit at s up to rounding; only what is clearly above counts as new.
  for (let i = J - 1; i >= 0 && values[i] > s * s * (1 + excesses.rounding); i--) fresh.push(i);
  if (fresh.length === 0) return null;
  const rank = r + fresh.length;
  const A = widen(point.A, J, r, rank);
  const B = widen(point.B, J, r, rank);
  const GV = new Float64Array(J);
  const curvature = loss.curvature(scalesOf(p));
  const still = new Float64Array(J);
  const change = new Float64Array(J * J);
  fresh.forEach((from, l) => {
    const v = vectors.data.subarray(from * J, from * J + J);
    times(GV, G, v, J, J, 1);
    const g = Math.sqrt(values[from]);
    // How far along -u v': Newton's step (g - s) / h. A step much shorter would be lost in the noise of f, for a gap of first order in g - s.
    for (let j = 0; j < J; j++) for (let i = 0; i < J; i++) change[j * J + i] = (-GV[i] / g) * v[j];
    curvature.times(change, still, null);
    let h = 0;
    for (let j = 0; j < J; j++) for (let i = 0; i < J; i++) h += change[j * J + i] * (-GV[i] / g) * v[j];
    const root = Math.sqrt(Math.min(g * Math.log1p(p.K), (g - s) / Math.max(h, 0)));
    for (let i = 0; i < J; i++) {
      A[i * rank + r + l] = (-GV[i] / g) * root;
      B[i * rank + r + l] = v[i] * root;
    }
  });
  return { ...point, rank, A, B };
}

/** Gradient G of the loss with respect to the core M at a point (J x J), and the loss there. */
export function coreGradient(p: Reduced, point: ReducedPoint): { G: Float64Array; loss: LossPlace } {
  const { J } = p;
  const M = new Float64Array(J * J);
  timesTranspose(M, point.A, point.B, J, J, point.rank);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++)
      M[i * J + j] = M[i * J + j] / Math.sqrt(p.size[i]) / Math.sqrt(p.count[j] * p.size[j]) + point.c[i];
  for (let j = 0; j < J; j++) M[j * J + j] -= point.alpha[j] / p.size[j];
  const loss = p.loss.at(p, M, point.alpha);
  const G = loss.residuals();
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) G[i * J + j] *= p.factor[i] * p.weight[j] * Math.sqrt((p.count[j] * p.size[j]) / p.size[i]);
  return { G, loss };
}

function widen(F: Float64Array, J: number, r: number, rank: number): Float64Array {
  const wide = new Float64Array(J * rank);
  for (let i = 0; i < J; i++) wide.set(F.subarray(i * r, i * r + r), i * rank);
  return wide;
}
