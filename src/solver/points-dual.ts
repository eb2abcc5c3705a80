import { gramOfColumns, matrix, svd, symmetricEigen, times, timesTranspose, transposeTimes } from "../math/index.ts";
import { type Points, type PointsAnswer, sharedAway } from "./points.ts";

/**
 * A better point of the dual than the residuals of an answer (points-certificate.ts), for points apart from each other. Of those the bound loses at first order: |G|_2 is above lambda by the answer's
 * error, and all residuals are scaled down for it. At the optimum with M = U S V'
 *
 *   G = -lambda U V' + W,   U'W = 0,  W V = 0,  |W|_2 <= lambda,
 *
 * so G less its tangent part, E = U U'G + (I - U U') G V V' + lambda U V', is nearer by an order. A coordinate a point makes every G a G of residuals: y_i less E e_i/(omega_i x_i). Where that would take more
 * than nine tenths of a probability it takes those, and each point's probabilities are made to add up to 1: residuals of distributions, which is all that the bound asks of them. Nothing
 * of this needs to be accurate for the bound to hold.
 */
export function nearerResiduals(
  points: Points,
  { A, B, rank: r }: PointsAnswer,
  residualsOf: (first: number, count: number) => Float64Array,
): Float64Array {
  const { K, m, x, mass, labels, shares, lambda } = points;
  const n = mass.length;
  const R = residualsOf(0, n).slice();
  // G', a row a point.
  const G = R.map((y, e) => y * x[Math.floor(e / K)]);
  const { U, V } = directions(A, K, B, m, r);
  const across = new Float64Array(n * r);
  times(across, G, U, n, K, r);
  // (G V)' less its part in U, plus lambda U'.
  const down = new Float64Array(r * K);
  transposeTimes(down, V, G, n, r, K);
  const both = new Float64Array(r * r);
  transposeTimes(both, V, across, n, r, r);
  for (let e = 0; e < r * r; e++) both[e] = (e % (r + 1) === 0 ? lambda : 0) - both[e];
  timesTranspose(down, both, U, r, K, r, true);
  const E = G;
  timesTranspose(E, across, U, n, K, r);
  times(E, V, down, n, r, K, true);
  for (let i = 0; i < n; i++) toDistribution(R.subarray(i * K, i * K + K), E.subarray(i * K, i * K + K), i);
  return R;

  /** omega (p - q) of point i becomes that of p less its part of E. */
  function toDistribution(row: Float64Array, part: Float64Array, i: number): void {
    const omega = mass[i];
    const own = labels[i];
    const each = (use: (k: number, share: number) => void): void => {
      if (shares) for (let e = shares.start[i]; e < shares.start[i + 1]; e++) use(shares.classes[e], shares.values[e]);
    };
    row[own] += omega * (1 - sharedAway(shares, i));
    each((k, share) => {
      row[k] += omega * share;
    });
    let total = 0;
    for (let k = 0; k < K; k++) {
      const p = Math.max(0, row[k]);
      row[k] = Math.max(p - part[k] / x[i], 0.1 * p);
      total += row[k];
    }
    for (let k = 0; k < K; k++) row[k] *= omega / total;
    each((k, share) => {
      row[k] -= omega * share;
    });
    let away = 0;
    for (let k = 0; k < K; k++) if (k !== own) away += row[k];
    row[own] = -away;
  }
}

/** Orthonormal U (K x r) and V (m x r) with A B' = U S V'. */
function directions(A: Float64Array, K: number, B: Float64Array, m: number, r: number): { U: Float64Array; V: Float64Array } {
  // At the optimum 1'M = 0, and only then does E take as much from a point's probabilities as it gives.
  const left = orthonormal(aboutMean(A, K, r), K, r);
  const right = orthonormal(B, m, r);
  const core = matrix(r, r);
  timesTranspose(core.data, left.rest, right.rest, r, r, r);
  const turn = svd(core);
  const U = new Float64Array(K * r);
  times(U, left.basis, turn.U.data, K, r, r);
  const V = new Float64Array(m * r);
  times(V, right.basis, turn.V.data, m, r, r);
  return { U, V };
}

/** F less the mean of its rows. */
function aboutMean(F: Float64Array, rows: number, r: number): Float64Array {
  const mean = new Float64Array(r);
  for (let e = 0; e < rows * r; e++) mean[e % r] += F[e] / rows;
  return F.map((value, e) => value - mean[e % r]);
}

/** F (rows x r) = basis rest, with orthonormal columns of the basis as far as F has a rank of r. */
function orthonormal(F: Float64Array, rows: number, r: number): { basis: Float64Array; rest: Float64Array } {
  const gram = matrix(r, r);
  gramOfColumns(gram.data, F, rows, r);
  const { values, vectors } = symmetricEigen(gram);
  const least = 1e-14 * values[r - 1];
  const roots = values.map((value) => Math.sqrt(Math.max(value, least)));
  const rest = vectors.data.map((value, e) => value * roots[Math.floor(e / r)]);
  const turn = vectors.data.map((value, e) => value / roots[Math.floor(e / r)]);
  const basis = new Float64Array(rows * r);
  timesTranspose(basis, F, turn, rows, r, r);
  return { basis, rest };
}
