import { powerOfTwo } from "./length.ts";
import { type Matrix, matrix, norm2, transpose } from "./matrix.ts";

/**
 * Singular value decomposition by one-sided Jacobi rotations (Hestenes 1958).
 *
 * It finds small singular values to high relative accuracy, which a Gram matrix (A'A) cannot: the measures of theory
 * section 8 count singular values down to 1e-10 of the largest. Cost: some 6 to 10 sweeps of 3 m n^2 operations; meant for
 * n up to a few hundred.
 */
export interface Svd {
  /** m x p, orthonormal columns where S > 0 (p = min(m, n)). */
  U: Matrix;
  /** p singular values, descending. */
  S: Float64Array;
  /** n x p. */
  V: Matrix;
}

/** A = U diag(S) V'. Throws RangeError on entries that are not finite. */
export function svd(A: Matrix): Svd {
  for (let i = 0; i < A.data.length; i++)
    if (!Number.isFinite(A.data[i])) throw new RangeError(`svd: expected finite numbers, got ${A.data[i]}`);
  const unit = powerOfTwo(A.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  // Rotations come from squares: at such sizes those overflow, or are 0.
  if (unit > 0 && Math.abs(Math.log2(unit)) > 400) {
    const { U, S, V } = svd({ ...A, data: A.data.map((x) => x / unit) });
    return { U, S: S.map((x) => x * unit), V };
  }
  if (A.rows < A.cols) {
    const { U, S, V } = svd(transpose(A));
    return { U: V, S, V: U };
  }
  const m = A.rows;
  const n = A.cols;
  // Columns of A and of V as rows, so that every rotation runs along memory.
  const columns = transpose(A).data;
  const V = matrix(n, n).data;
  for (let i = 0; i < n; i++) V[i * n + i] = 1;
  rotateUntilOrthogonal(columns, V, m, n);
  return collect(columns, V, m, n);
}

/** Singular values alone, descending. */
export function singularValues(A: Matrix): Float64Array {
  return svd(A).S;
}

function rotateUntilOrthogonal(columns: Float64Array, V: Float64Array, m: number, n: number): void {
  const maxSweeps = 60;
  const tolerance = 1e-15 * Math.sqrt(m);
  // A column this short beside |A| is rounding error: its direction means nothing and would turn for ever.
  const noise = (m * Number.EPSILON * norm2(columns)) ** 2;
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let rotations = 0;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const P = columns.subarray(p * m, p * m + m);
        const Q = columns.subarray(q * m, q * m + m);
        let alpha = 0;
        let beta = 0;
        let gamma = 0;
        for (let i = 0; i < m; i++) {
          alpha += P[i] * P[i];
          beta += Q[i] * Q[i];
          gamma += P[i] * Q[i];
        }
        if (Math.min(alpha, beta) <= noise || Math.abs(gamma) <= tolerance * Math.sqrt(alpha) * Math.sqrt(beta)) continue;
        rotations++;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t);
        const s = c * t;
        rotate(P, Q, c, s);
        rotate(V.subarray(p * n, p * n + n), V.subarray(q * n, q * n + n), c, s);
      }
    }
    if (rotations === 0) return;
  }
  throw new RangeError(`svd: no convergence in ${maxSweeps} sweeps`);
}

function rotate(P: Float64Array, Q: Float64Array, c: number, s: number): void {
  for (let i = 0; i < P.length; i++) {
    const x = P[i];
    const y = Q[i];
    P[i] = c * x - s * y;
    Q[i] = s * x + c * y;
  }
}

/** Norms of the rotated columns are the singular values; columns that vanish leave zero columns in U. */
function collect(columns: Float64Array, V: Float64Array, m: number, n: number): Svd {
  const norms = new Float64Array(n);
  for (let j = 0; j < n; j++) norms[j] = norm2(columns.subarray(j * m, j * m + m));
  const order = Array.from(norms.keys()).sort((a, b) => norms[b] - norms[a]);
  const U = matrix(m, n);
  const W = matrix(n, n);
  const S = new Float64Array(n);
  order.forEach((from, to) => {
    S[to] = norms[from];
    for (let i = 0; i < m; i++) U.data[i * n + to] = norms[from] > 0 ? columns[from * m + i] / norms[from] : 0;
    for (let i = 0; i < n; i++) W.data[i * n + to] = V[from * n + i];
  });
  return { U, S, V: W };
}
