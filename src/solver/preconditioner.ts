import type { LossCurvature, Scales } from "../loss/index.ts";
import { type Point, type Precision, times, transposeTimes } from "../math/index.ts";
import { preconditioning } from "./constants.ts";
import { coupling, type RankOne, type Rows, rankOneOffDiagonal } from "./coupling.ts";
import type { Reduced } from "./reduced.ts";

/** What the preconditioner needs of a point of the factored problem (factored.ts). */
export interface Scaling extends Scales {
  rank: number;
  A: Float64Array;
  B: Float64Array;
  hasBias: boolean;
  /** Of products whose result is a direction, not a value. */
  precision: Precision;
  /** The factor that moves, where the other is held. */
  moving?: Side;
}

/** One of the two factors: A, the rows of logits; B, the columns. */
export type Side = "A" | "B";

/**
 * D of newton-cg.ts: one block for row i of A and row i of B together. In it the diagonal of the Hessian, most of the term 2 G_ii dA_i . dB_i
 * that the factorization brings (|G_ii| <= s at the optimum, as large as the ridge s), and, exactly, the rank-one part that the
 * class's own logit brings, as large as all the others together: moves of A_i and B_i that leave that logit alone are soft.
 *
 * `G`: the gradient with respect to M, J x J. Its part off the diagonal comes in as far as it is of rank one (coupling.ts).
 */
export function preconditioner(p: Reduced, scaling: Scaling, curvature: LossCurvature, G: Float64Array): Point["precondition"] {
  const { J, s } = p;
  const { rank: r, A, B, rowScale, colScale, mass, hasBias, precision, moving } = scaling;
  const atB = J * r;
  const atC = 2 * J * r;
  const length = atC + (hasBias ? J : 0);
  const diagonal = new Float64Array(length);
  const h = new Float64Array(J * J);
  const own = new Float64Array(J);
  const variances = curvature.variances();
  for (let i = 0; i < J; i++) {
    for (let j = 0; j < J; j++) {
      const v = mass[j] * p.factor[i] ** 2 * variances[i * J + j];
      if (hasBias) diagonal[atC + i] += v;
      if (i === j) own[j] = v * (rowScale[j] * colScale[j]) ** 2;
      else h[i * J + j] = v * (rowScale[i] * colScale[j]) ** 2;
    }
  }
  const A2 = A.map((a) => a * a);
  const B2 = B.map((b) => b * b);
  times(diagonal.subarray(0, atB), h, B2, J, J, r, false, precision);
  transposeTimes(diagonal.subarray(atB, atC), h, A2, J, J, r, false, precision);
  for (let i = 0; i < atC; i++) diagonal[i] += s;
  if (hasBias) for (let i = 0; i < J; i++) diagonal[atC + i] += p.biasRidge * p.size[i];
  // One cluster and no penalty: no bias changes anything, and it stays where it is.
  const ofBias = diagonal.subarray(atC).map((x) => (x > 0 ? 1 / x : 0));
  const partner = new Float64Array(atC);
  if (moving !== "B") partner.set(B, 0);
  if (moving !== "A") partner.set(A, atB);
  /** With `share` of the diagonal of G, less what is a b' there. */
  const rowsWith = (share: number, fit: RankOne | null): Rows =>
    rowsOf({ J, rank: r, diagonal, partner, own }, (i) =>
      moving ? 0 : share * Math.max(-s, Math.min(s, G[i * J + i] - (fit ? fit.a[i] * fit.b[i] : 0))),
    );
  const fit = J >= preconditioning.leastCoupled && r > 0 && !moving ? rankOneOffDiagonal(G, J) : null;
  const share = preconditioning.shareTogether(J);
  const coupled = fit && rowsWith(share, fit);
  const couple = coupled && coupling(coupled, fit, share, precision);
  const rows = couple ? coupled : rowsWith(preconditioning.shareAlone(J), null);
  return (v, out) => {
    solveRows(rows, v, out);
    for (let i = atC; i < length; i++) out[i] = ofBias[i - atC] * v[i];
    couple?.(out);
  };
}

/**
 * Row i of A and row i of B together: a 2 x 2 block [a g; g b] per direction l, plus the rank-one h u u' with u = [B_i; A_i] (`partner`), by Sherman and Morrison:
 * (T + h u u')^-1 = T^-1 - T^-1 u u' T^-1 / (1/h + u' T^-1 u).
 */
function rowsOf(
  of: { J: number; rank: number; diagonal: Float64Array; partner: Float64Array; own: Float64Array },
  cross: (i: number) => number,
): Rows {
  const { J, rank: r, diagonal, partner, own } = of;
  const atB = J * r;
  const D = new Float64Array(2 * atB);
  const E = new Float64Array(atB);
  const Tu = new Float64Array(2 * atB);
  const pull = new Float64Array(J);
  for (let i = 0; i < J; i++) {
    const g = cross(i);
    let form = 0;
    for (let l = i * r; l < i * r + r; l++) {
      const a = diagonal[l];
      const b = diagonal[atB + l];
      const determinant = a * b - g * g;
      D[l] = b / determinant;
      D[atB + l] = a / determinant;
      E[l] = -g / determinant;
      Tu[l] = D[l] * partner[l] + E[l] * partner[atB + l];
      Tu[atB + l] = D[atB + l] * partner[atB + l] + E[l] * partner[l];
      form += Tu[l] * partner[l] + Tu[atB + l] * partner[atB + l];
    }
    pull[i] = own[i] > 0 ? own[i] / (1 + own[i] * form) : 0;
  }
  return { J, rank: r, D, E, Tu, pull };
}

/** out = P0^-1 v, of the entries of A and B. */
function solveRows({ J, rank: r, D, E, Tu, pull }: Rows, v: Float64Array, out: Float64Array): void {
  const atB = J * r;
  for (let i = 0; i < J; i++) {
    let dot = 0;
    const end = i * r + r;
    for (let l = i * r; l < end; l++) dot += Tu[l] * v[l] + Tu[atB + l] * v[atB + l];
    dot *= pull[i];
    for (let l = i * r; l < end; l++) {
      out[l] = D[l] * v[l] + E[l] * v[atB + l] - dot * Tu[l];
      out[atB + l] = D[atB + l] * v[atB + l] + E[l] * v[l] - dot * Tu[atB + l];
    }
  }
}
