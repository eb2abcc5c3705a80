import { cholesky, type Precision, solveLower, times, transposeTimes } from "../math/index.ts";
import { preconditioning } from "./constants.ts";

/**
 * Off its diagonal the gradient G of a softmax's loss in the core is the probabilities, scaled: what class j gives to class i, nearly a rank-one matrix a b', small entry by entry and as large as s in norm.
 * Of the term 2 <G, dA dB'> that the factorization brings to the Hessian, 2 <a b', dA dB'> = 2 sum_l (a'dA_l)(b'dB_l) couples all rows at once: without it the softest moves stay hidden from the
 * preconditioner (ImageNet-LT takes 87 products without, 28 with it).
 *
 * Least squares over the entries off the diagonal, by turns, each exact for one side; null where a b' is not close.
 */
export function rankOneOffDiagonal(G: Float64Array, J: number): RankOne | null {
  const a = new Float64Array(J).fill(1);
  const b = new Float64Array(J).fill(1);
  for (let turn = 0; turn < preconditioning.turns; turn++)
    if (!improve(a, b, G, J, J, 1) || !improve(b, a, G, J, 1, J)) return null;
  let all = 0;
  let left = 0;
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) {
      if (i === j) continue;
      all += G[i * J + j] ** 2;
      left += (G[i * J + j] - a[i] * b[j]) ** 2;
    }
  return left <= preconditioning.closeEnough ** 2 * all ? { a, b } : null;
}

/** The best `side` for a fixed `other`; entry (i, j) of G, seen from that side, lies at i lane + j step. False where there is none. */
function improve(side: Float64Array, other: Float64Array, G: Float64Array, J: number, lane: number, step: number): boolean {
  let squares = 0;
  for (let j = 0; j < J; j++) squares += other[j] ** 2;
  for (let i = 0; i < J; i++) {
    let sum = 0;
    for (let j = 0; j < J; j++) if (i !== j) sum += G[i * lane + j * step] * other[j];
    const rest = squares - other[i] ** 2;
    if (!(rest > 0)) return false;
    side[i] = sum / rest;
  }
  return true;
}

/** a b'. */
export interface RankOne {
  a: Float64Array;
  b: Float64Array;
}

/** P0, symmetric positive definite and known by its inverse T^-1 - sum_i pull_i Tu_i Tu_i', where T is one block [. .; . .] a row i and direction l (preconditioner.ts). */
export interface Rows {
  J: number;
  rank: number;
  /** Diagonal of T^-1: J x rank for A's entries, and again for B's. */
  D: Float64Array;
  /** Off the diagonal of T^-1, between an entry of A and that of B in the same place: J x rank. */
  E: Float64Array;
  /** T^-1 u_i, rows as in D. */
  Tu: Float64Array;
  pull: Float64Array;
}

/**
 * What makes (P0 + share [0 ab'; ba' 0] in every direction l)^-1 v of P0^-1 v, in place, by Woodbury's formula. With f = (a; b) and g = (a; -b) the new part is
 * (share/2) sum_l (f_l f_l' - g_l g_l'), `rank` vectors of either kind, so that two Cholesky factors of rank x rank do. Null if the sum is not positive definite: then it is no preconditioner.
 */
export function coupling(
  rows: Rows,
  { a, b }: RankOne,
  share: number,
  precision: Precision = "double",
): ((out: Float64Array) => void) | null {
  const { J, rank: r, D, E, Tu, pull } = rows;
  const atB = J * r;
  // P0^-1 f_l is T^-1 f_l, which stays in direction l, less the rank-one parts of the rows, whose products with f_l are W.
  const [plus, minus] = [1, -1].map((sign) => {
    const W = new Float64Array(atB);
    for (let i = 0; i < J; i++) for (let l = i * r; l < i * r + r; l++) W[l] = a[i] * Tu[l] + sign * b[i] * Tu[atB + l];
    return { sign, W, pulled: W.map((w, e) => -w * pull[Math.floor(e / r)]) };
  });
  /** F'P0^-1 H, r x r. */
  const form = (F: typeof plus, H: typeof plus): Float64Array => {
    const out = new Float64Array(r * r);
    transposeTimes(out, F.pulled, H.W, J, r, r, false, precision);
    for (let i = 0; i < J; i++) {
      const [aa, ab, bb] = [a[i] * a[i], (F.sign + H.sign) * a[i] * b[i], F.sign * H.sign * b[i] * b[i]];
      for (let l = 0, e = i * r; l < r; l++, e++) out[l * r + l] += aa * D[e] + ab * E[e] + bb * D[atB + e];
    }
    return out;
  };
  const first = form(plus, plus);
  for (let l = 0; l < r; l++) first[l * r + l] += 2 / share;
  const L = cholesky(first, r);
  if (!L) return null;
  const across = form(plus, minus);
  solveLower(L, across, r, r);
  const second = form(minus, minus).map((x) => -x);
  for (let l = 0; l < r; l++) second[l * r + l] += 2 / share;
  transposeTimes(second, across, across, r, r, r, true, precision);
  const last = cholesky(second, r);
  if (!last) return null;

  const y = new Float64Array(r);
  const z = new Float64Array(r);
  const shift = new Float64Array(r);
  return (out) => {
    y.fill(0);
    z.fill(0);
    for (let i = 0; i < J; i++)
      for (let l = 0, e = i * r; l < r; l++, e++) {
        const ofA = a[i] * out[e];
        const ofB = b[i] * out[atB + e];
        y[l] += ofA + ofB;
        z[l] += ofA - ofB;
      }
    // [L 0; across' -last] [L' across; 0 last'] (y; z) = what stands in (y; z).
    solveLower(L, y, r, 1);
    transposeTimes(shift, across, y, r, r, 1);
    for (let l = 0; l < r; l++) z[l] = shift[l] - z[l];
    solveLower(last, z, r, 1);
    solveTransposed(last, z, r);
    times(shift, across, z, r, r, 1);
    for (let l = 0; l < r; l++) y[l] -= shift[l];
    solveTransposed(L, y, r);
    // P0^-1 times (a (y + z); b (y - z)) goes.
    for (let i = 0; i < J; i++) {
      const from = i * r;
      let dot = 0;
      for (let l = 0, e = from; l < r; l++, e++) dot += a[i] * Tu[e] * (y[l] + z[l]) + b[i] * Tu[atB + e] * (y[l] - z[l]);
      dot *= pull[i];
      for (let l = 0, e = from; l < r; l++, e++) {
        const ofA = a[i] * (y[l] + z[l]);
        const ofB = b[i] * (y[l] - z[l]);
        out[e] -= D[e] * ofA + E[e] * ofB - dot * Tu[e];
        out[atB + e] -= D[atB + e] * ofB + E[e] * ofA - dot * Tu[atB + e];
      }
    }
  };
}

/** x <- L'^-1 x, along the rows of L. */
function solveTransposed(L: Float64Array, x: Float64Array, n: number): void {
  for (let i = n - 1; i >= 0; i--) {
    const value = x[i] / L[i * n + i];
    x[i] = value;
    for (let l = 0; l < i; l++) x[l] -= L[i * n + l] * value;
  }
}
