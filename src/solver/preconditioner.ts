import type { Point } from "../math/newton-cg.ts";
import { times, transposeTimes } from "../math/products.ts";
import type { Reduced } from "./reduced.ts";

/** What the preconditioner needs of a point of the factored problem (factored.ts). */
export interface Scaling {
  rank: number;
  A: Float64Array;
  B: Float64Array;
  /** Logit of row cluster i in column j a unit of M_ij: rowScale_i colScale_j. */
  rowScale: Float64Array;
  colScale: Float64Array;
  /** w_j n_j k_j. */
  mass: Float64Array;
  hasBias: boolean;
}

/**
 * D of newton-cg.ts: one block a row of A and of B, the diagonal of the Hessian (without the indefinite term of the factorization) plus, exactly,
 * the rank-one part that a class's own logit brings: it is as large as all the others together.
 */
export function preconditioner(p: Reduced, scaling: Scaling, P: Float64Array): Point["precondition"] {
  const { J, s } = p;
  const { rank: r, A, B, rowScale, colScale, mass, hasBias } = scaling;
  const atB = J * r;
  const atC = 2 * J * r;
  const length = atC + (hasBias ? J : 0);
  const D = new Float64Array(length);
  const h = new Float64Array(J * J);
  const own = new Float64Array(J);
  const rest = new Float64Array(J);
  for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) if (i !== j) rest[j] += P[i * J + j];
  for (let i = 0; i < J; i++) {
    for (let j = 0; j < J; j++) {
      // Variance of belonging to cluster i; on the diagonal p (1 - p) with 1 - p = rest.
      const q = P[i * J + j];
      const variance = i === j ? rest[j] * (1 - rest[j]) : q * (1 - q);
      const v = mass[j] * p.factor[i] ** 2 * Math.max(variance, 0);
      if (hasBias) D[atC + i] += v;
      if (i === j) own[j] = v * (rowScale[j] * colScale[j]) ** 2;
      else h[i * J + j] = v * (rowScale[i] * colScale[j]) ** 2;
    }
  }
  const A2 = A.map((a) => a * a);
  const B2 = B.map((b) => b * b);
  times(D.subarray(0, atB), h, B2, J, J, r);
  transposeTimes(D.subarray(atB, atC), h, A2, J, J, r);
  for (let i = 0; i < atC; i++) D[i] += s;
  if (hasBias) for (let i = 0; i < J; i++) D[atC + i] += p.biasRidge * p.size[i];
  // Sherman-Morrison: (D + h u u')^-1 = D^-1 - D^-1 u u' D^-1 / (1/h + u' D^-1 u), u the row of the other factor.
  const partner = new Float64Array(atC);
  partner.set(B, 0);
  partner.set(A, atB);
  const share = new Float64Array(2 * J);
  for (let row = 0; row < 2 * J; row++) {
    let form = 0;
    for (let l = row * r; l < row * r + r; l++) form += (partner[l] * partner[l]) / D[l];
    const weight = own[row % J];
    share[row] = weight > 0 ? weight / (1 + weight * form) : 0;
  }
  return (v, out) => {
    for (let row = 0; row < 2 * J; row++) {
      let dot = 0;
      for (let l = row * r; l < row * r + r; l++) {
        out[l] = v[l] / D[l];
        dot += partner[l] * out[l];
      }
      dot *= share[row];
      for (let l = row * r; l < row * r + r; l++) out[l] -= (dot * partner[l]) / D[l];
    }
    for (let i = atC; i < length; i++) out[i] = v[i] / D[i];
  };
}
