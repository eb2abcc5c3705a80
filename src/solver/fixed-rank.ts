import { type LossCurvature, type Scales, scalesOf, shortfalls } from "../loss/index.ts";
import { matrix, svd, times, timesTranspose, transposeTimes } from "../math/index.ts";
import { rankShares } from "./constants.ts";
import { directions, type Reduced } from "./reduced.ts";

/**
 * The reduced problem among the cores of one rank, in coordinates without redundancy. The factors A, B of M = A B' (factored.ts) leave moves that change nothing but
 * their balance; those moves cost s only, so where the loss is much stiffer than s (label smoothing holds every probability away from 0) the
 * factored Hessian has a condition of N/s and a curved valley. Here M = U S V' itself moves, along the tangent space of the matrices of rank r:
 *
 *   dM = U Y' + Q X V',     E = [U Q] an orthonormal basis of ell's complement,     Y: J x r,  X: (d-r) x r, d = J - 1.
 *
 * Adding a multiple of 1/Delta to the logits of a column changes no probability of a softmax, so at its optimum ell'M = 0 and ell'c = 0 with
 * ell_i = sqrt(k_i)/Delta_i (in the coordinates of the core): exact here, by construction. A loss that is not free of shifts has no ell, E is square then.
 */
export interface FixedRank {
  readonly rank: number;
  /** Basis of the rows: J x d, the first `rank` columns are U. */
  readonly E: Float64Array;
  /** Singular values of the core, descending. */
  readonly S: Float64Array;
  /** J x rank, orthonormal columns. */
  readonly V: Float64Array;
  /** E'(sqrt(k) c): d numbers; zeros where there is no bias. */
  readonly c: Float64Array;
}

/** A place with the function and its first derivatives. */
export interface Place extends FixedRank {
  /** N times the objective. */
  f: number;
  alpha: Float64Array;
  /** Bias of each cluster. */
  bias: Float64Array;
  /** Gradient of the loss in the core, in the basis E: J x d, a row for each column of the core. */
  Gt: Float64Array;
  /** V'Gt beyond the rank: rank x (d-rank), the gradient along X. */
  across: Float64Array;
  /** Of the loss. */
  curvature: LossCurvature;
}

/** What stays the same from place to place. */
export interface Frame {
  p: Reduced;
  scales: Scales;
  /** Logit of row i in column j for a unit of M: rowScale_i colScale_j; the bias enters as a core of rho_j: 1/colScale. */
  rho: Float64Array;
  /** Normalized; null where the loss is not free of shifts (loss/column-loss.ts). */
  ell: Float64Array | null;
  /** How many directions the rows of M can have: J - 1 in ell's complement, or J. */
  d: number;
  shortfall: Float64Array;
  hasBias: boolean;
}

export function frameOf(p: Reduced): Frame {
  const scales = scalesOf(p);
  const { shiftFree } = p.loss;
  const ell = p.size.map((k, i) => Math.sqrt(k) / p.factor[i]);
  const length = Math.hypot(...ell);
  return {
    p,
    scales,
    rho: scales.colScale.map((x) => 1 / x),
    ell: shiftFree ? ell.map((x) => x / length) : null,
    d: directions(p),
    shortfall: shortfalls(p),
    hasBias: Number.isFinite(p.biasRidge),
  };
}

/** The point with core A B' (J x r each) and biases c. Singular values below `least` of the largest, or of s (the scale on which they leave 0), are left out. */
export function fixedRank(
  frame: Frame,
  A: Float64Array,
  B: Float64Array,
  r: number,
  c: Float64Array,
  least: number = rankShares.zero,
): FixedRank {
  const { J, s, size } = frame.p;
  // A's columns without ell, orthonormalized: A = basis R.
  const { basis, R } = orthonormal(frame, A, r);
  const Bt = new Float64Array(J * basis.length);
  for (let j = 0; j < J; j++)
    for (let a = 0; a < basis.length; a++) {
      let sum = 0;
      for (let l = 0; l < r; l++) sum += R[a * r + l] * B[j * r + l];
      Bt[j * basis.length + a] = sum;
    }
  const m = basis.length;
  const found = m > 0 ? svd(matrix(J, m, Bt)) : { U: matrix(J, 0), S: new Float64Array(0), V: matrix(0, 0) };
  let rank = 0;
  while (rank < m && found.S[rank] > least * Math.max(found.S[0], s) && found.S[rank] > 0) rank++;
  const U: Float64Array[] = [];
  const V = new Float64Array(J * rank);
  for (let l = 0; l < rank; l++) {
    const u = new Float64Array(J);
    for (let a = 0; a < m; a++) for (let i = 0; i < J; i++) u[i] += basis[a][i] * found.V.data[a * m + l];
    U.push(u);
    for (let j = 0; j < J; j++) V[j * rank + l] = found.U.data[j * m + l];
  }
  const E = complete(frame, U);
  const { d } = frame;
  const cHat = new Float64Array(d);
  if (frame.hasBias) for (let a = 0; a < d; a++) for (let i = 0; i < J; i++) cHat[a] += E[i * d + a] * Math.sqrt(size[i]) * c[i];
  return { rank, E, S: found.S.slice(0, rank), V, c: cHat };
}

/** Gram-Schmidt, twice, without ell: the columns of A (J x r) are sum_a basis_a R[a][l]. */
function orthonormal(frame: Frame, A: Float64Array, r: number): { basis: Float64Array[]; R: Float64Array } {
  const { J } = frame.p;
  const basis: Float64Array[] = [];
  const full = new Float64Array(r * r);
  for (let l = 0; l < r; l++) {
    const v = new Float64Array(J);
    for (let i = 0; i < J; i++) v[i] = A[i * r + l];
    const before = Math.hypot(...v);
    for (let pass = 0; pass < 2; pass++) {
      if (frame.ell) project(v, frame.ell);
      basis.forEach((u, a) => {
        full[a * r + l] += project(v, u);
      });
    }
    const norm = Math.hypot(...v);
    if (norm <= rankShares.dependent * before) continue;
    full[basis.length * r + l] = norm;
    basis.push(v.map((x) => x / norm));
  }
  return { basis, R: full };
}

/** v <- v - u u'v; returns u'v. */
function project(v: Float64Array, u: Float64Array): number {
  let dot = 0;
  for (let i = 0; i < v.length; i++) dot += u[i] * v[i];
  for (let i = 0; i < v.length; i++) v[i] -= dot * u[i];
  return dot;
}

/** U and then a basis of what is orthogonal to U and ell: J x d. */
function complete(frame: Frame, U: readonly Float64Array[]): Float64Array {
  const { J } = frame.p;
  const { ell, d } = frame;
  const basis = [...U];
  // Unit vectors by how much of them is still outside, the largest first: pivoted Gram-Schmidt.
  const outside = Float64Array.from(
    { length: J },
    (_, i) => 1 - (ell ? ell[i] ** 2 : 0) - U.reduce((sum, u) => sum + u[i] ** 2, 0),
  );
  while (basis.length < d) {
    const next = outside.indexOf(outside.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
    const v = new Float64Array(J);
    v[next] = 1;
    for (let pass = 0; pass < 2; pass++) {
      if (ell) project(v, ell);
      for (const u of basis) project(v, u);
    }
    const norm = Math.hypot(...v);
    const u = v.map((x) => x / norm);
    basis.push(u);
    for (let i = 0; i < J; i++) outside[i] -= u[i] ** 2;
    outside[next] = Number.NEGATIVE_INFINITY;
  }
  const E = new Float64Array(J * d);
  basis.forEach((u, a) => {
    for (let i = 0; i < J; i++) E[i * d + a] = u[i];
  });
  return E;
}

/** The bias of each cluster. */
export function biasOf({ p, hasBias, d }: Frame, { E, c }: FixedRank): Float64Array {
  const { J, size } = p;
  const bias = new Float64Array(J);
  if (hasBias)
    for (let i = 0; i < J; i++) {
      for (let a = 0; a < d; a++) bias[i] += E[i * d + a] * c[a];
      bias[i] /= Math.sqrt(size[i]);
    }
  return bias;
}

/** The factors (A, B) of the core, balanced: A = U S^(1/2), B = V S^(1/2). */
export function factorsOf(J: number, { rank: r, E, S, V }: FixedRank): { A: Float64Array; B: Float64Array } {
  const d = E.length / J;
  const A = new Float64Array(J * r);
  const B = new Float64Array(J * r);
  for (let l = 0; l < r; l++) {
    const root = Math.sqrt(S[l]);
    for (let i = 0; i < J; i++) {
      A[i * r + l] = E[i * d + l] * root;
      B[i * r + l] = V[i * r + l] * root;
    }
  }
  return { A, B };
}

/** The function and its derivatives at a point. */
export function evaluate(frame: Frame, at: FixedRank): Place {
  const { p, scales, shortfall, d } = frame;
  const { J, s } = p;
  const { rank: r, E, S, V } = at;
  const bias = biasOf(frame, at);
  const X = new Float64Array(J * J);
  const US = new Float64Array(J * r);
  for (let i = 0; i < J; i++) for (let l = 0; l < r; l++) US[i * r + l] = E[i * d + l] * S[l];
  timesTranspose(X, US, V, J, J, r);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) X[i * J + j] = X[i * J + j] * scales.rowScale[i] * scales.colScale[j] + bias[i];
  const gaps = p.loss.gaps(p, shortfall, X);
  for (let j = 0; j < J; j++) X[j * J + j] -= gaps.alpha[j] / p.size[j];
  const loss = p.loss.at(p, X, gaps.alpha);
  const R = loss.residuals();
  let f = loss.value + s * gaps.norm;
  for (let l = 0; l < r; l++) f += s * S[l];
  if (frame.hasBias) for (let i = 0; i < J; i++) f += 0.5 * p.biasRidge * p.size[i] * bias[i] ** 2;
  const Rt = new Float64Array(J * J);
  for (let j = 0; j < J; j++) {
    const col = scales.mass[j] * scales.colScale[j];
    for (let i = 0; i < J; i++) Rt[j * J + i] = R[i * J + j] * p.factor[i] * scales.rowScale[i] * col;
  }
  const Gt = new Float64Array(J * d);
  times(Gt, Rt, E, J, J, d);
  const across = new Float64Array(r * (d - r));
  for (let j = 0; j < J; j++)
    for (let l = 0; l < r; l++) for (let b = r; b < d; b++) across[l * (d - r) + b - r] += V[j * r + l] * Gt[j * d + b];
  return { ...at, f, alpha: gaps.alpha, bias, Gt, across, curvature: loss.curvature(scales) };
}

/** A move: Y (J x r), X (r x (d-r), a row for each direction of V), e (d, the bias in the basis E). Y counts the bias's share in U's span. */
export interface Layout {
  atX: number;
  atE: number;
  length: number;
}

export function layoutOf(frame: Frame, rank: number): Layout {
  const { d } = frame;
  const atX = frame.p.J * rank;
  const atE = atX + rank * (d - rank);
  return { atX, atE, length: atE + (frame.hasBias ? d : 0) };
}

/** Gradient along the moves. */
export function gradient(frame: Frame, place: Place): Float64Array {
  const { p, rho, hasBias, d } = frame;
  const { J, s } = p;
  const { rank: r, Gt, V, across, c } = place;
  const { atX, atE, length } = layoutOf(frame, r);
  const g = new Float64Array(length);
  for (let j = 0; j < J; j++) for (let a = 0; a < r; a++) g[j * r + a] = Gt[j * d + a] + s * V[j * r + a];
  g.set(across, atX);
  if (hasBias) {
    for (let a = 0; a < d; a++) {
      let sum = p.biasRidge * c[a];
      for (let j = 0; j < J; j++) sum += rho[j] * (a < r ? -s * V[j * r + a] : Gt[j * d + a]);
      g[atE + a] = sum;
    }
  }
  return g;
}

/** (I - V V') of the gradient beyond U: J x q, q = d - r. */
export function gradientBeyond({ p: { J }, d }: Frame, { rank: r, V, Gt, across }: Place): Float64Array {
  const q = d - r;
  const perp = new Float64Array(J * q);
  for (let j = 0; j < J; j++)
    for (let b = 0; b < q; b++) {
      let sum = Gt[j * d + r + b];
      for (let l = 0; l < r; l++) sum -= V[j * r + l] * across[l * q + b];
      perp[j * q + b] = sum;
    }
  return perp;
}

/**
 * Hessian along the moves: out = H v, with mu sum_j mass_j |change of the logits of column j|^2 added to v'Hv. `firm`, from 0 to 1: which share of the nuclear norm's curvature is replaced
 * by s/sigma_l |u_l'dM|^2. With all of it, that is of a function which touches the nuclear norm here and is nowhere below it, (1/2) tr(M'(M M')^(-1/2) M) + (1/2)|M|_*.
 */
export function hessian(frame: Frame, place: Place, mu = 0, firm = 0): (v: Float64Array, out: Float64Array) => void {
  const { p, rho, hasBias, scales, d } = frame;
  const { J, s } = p;
  const { rank: r, E, S, V } = place;
  const q = d - r;
  const { atX, atE } = layoutOf(frame, r);
  const perp = gradientBeyond(frame, place);
  const D = new Float64Array(J * d);
  const L = new Float64Array(J * d);
  const dM = new Float64Array(J * J);
  const damping = new Float64Array(mu > 0 ? J * J : 0);
  const Yn = new Float64Array(J * r);
  const K = new Float64Array(r * r);
  const turn = new Float64Array(r * r);
  const N = new Float64Array(J * r);
  const bent = new Float64Array(J * r);
  const beyond = new Float64Array(J * q);
  const VL = new Float64Array(r * d);
  const bentX = new Float64Array(r * q);
  const still = new Float64Array(J);
  return (v, out) => {
    const X = v.subarray(atX, atE);
    times(beyond, V, X, J, r, q);
    for (let j = 0; j < J; j++) {
      for (let a = 0; a < r; a++) {
        D[j * d + a] = v[j * r + a];
        Yn[j * r + a] = v[j * r + a] - (hasBias ? rho[j] * v[atE + a] : 0);
      }
      for (let b = 0; b < q; b++) D[j * d + r + b] = beyond[j * q + b] + (hasBias ? rho[j] * v[atE + r + b] : 0);
    }
    timesTranspose(dM, D, E, J, J, d);
    if (mu > 0) damping.set(dM);
    place.curvature.times(dM, still, null);
    if (mu > 0)
      for (let j = 0; j < J; j++)
        for (let i = 0; i < J; i++)
          dM[j * J + i] +=
            mu * scales.mass[j] * (scales.colScale[j] * scales.rowScale[i] * p.factor[i]) ** 2 * damping[j * J + i];
    times(L, dM, E, J, J, d);
    // The nuclear norm: s (K - K')_al / (sigma_a + sigma_l) within U, V; s (Y - K V') / sigma outside V; and the bend of the matrices of rank r.
    transposeTimes(K, Yn, V, J, r, r);
    for (let a = 0; a < r; a++)
      for (let l = 0; l < r; l++)
        turn[l * r + a] = (1 - firm) * s * ((K[a * r + l] - K[l * r + a]) / (S[a] + S[l]) - K[a * r + l] / S[a]);
    times(N, V, turn, J, r, r);
    timesTranspose(bent, perp, X, J, r, q);
    if (firm > 0) for (let e = 0; e < J * r; e++) bent[e] *= 1 - firm;
    for (let j = 0; j < J; j++)
      for (let a = 0; a < r; a++) {
        const e = j * r + a;
        N[e] += (s * Yn[e] + bent[e]) / S[a];
        out[e] = L[j * d + a] + N[e];
      }
    transposeTimes(VL, V, L, J, r, d);
    transposeTimes(bentX, Yn, perp, J, r, q);
    if (firm > 0) for (let e = 0; e < r * q; e++) bentX[e] *= 1 - firm;
    for (let l = 0; l < r; l++)
      for (let b = 0; b < q; b++) out[atX + l * q + b] = VL[l * d + r + b] + (s * X[l * q + b] + bentX[l * q + b]) / S[l];
    if (hasBias)
      for (let a = 0; a < d; a++) {
        let sum = p.biasRidge * v[atE + a];
        for (let j = 0; j < J; j++) sum += rho[j] * (a < r ? -N[j * r + a] : L[j * d + a]);
        out[atE + a] = sum;
      }
  };
}

/** The point a share t along a move: M = (U + Q X S^-1)(S V' + Y'), so that what X and Y do together stays on the matrices of rank r. */
export function moved(frame: Frame, place: Place, v: Float64Array, t: number): FixedRank {
  const { p, rho, hasBias, d } = frame;
  const { J, size } = p;
  const { rank: r, E, S, V } = place;
  const q = d - r;
  const { atX, atE } = layoutOf(frame, r);
  const A = new Float64Array(J * r);
  const B = new Float64Array(J * r);
  for (let i = 0; i < J; i++)
    for (let l = 0; l < r; l++) {
      let sum = E[i * d + l];
      for (let b = 0; b < q; b++) sum += (t * E[i * d + r + b] * v[atX + l * q + b]) / S[l];
      A[i * r + l] = sum;
      B[i * r + l] = S[l] * V[i * r + l] + t * (v[i * r + l] - (hasBias ? rho[i] * v[atE + l] : 0));
    }
  const c = new Float64Array(J);
  if (hasBias)
    for (let i = 0; i < J; i++) {
      for (let a = 0; a < d; a++) c[i] += E[i * d + a] * (place.c[a] + t * v[atE + a]);
      c[i] /= Math.sqrt(size[i]);
    }
  return fixedRank(frame, A, B, r, c, 0);
}
