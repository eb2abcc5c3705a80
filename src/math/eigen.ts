import { type Matrix, matrix } from "./matrix.ts";

/**
 * Eigenvalues and eigenvectors of a real symmetric matrix: Householder reduction to tridiagonal form, then the implicit QL
 * iteration (Wilkinson & Reinsch, Handbook for Automatic Computation II, 1971: tred2 and tql2). Backward stable:
 * eigenvalues are right to a few eps |A|, vectors orthonormal to a few eps.
 *
 * The vectors are kept transposed while working (one vector a row), so that every inner loop runs along memory.
 */
export interface Eigen {
  /** Ascending. */
  values: Float64Array;
  /** Row i is the unit eigenvector of values[i]. */
  vectors: Matrix;
}

/** A = sum_i values[i] v_i v_i'; reads the lower triangle of the n x n matrix A. Throws RangeError if A is not square or not finite. */
export function symmetricEigen(A: Matrix): Eigen {
  const n = A.rows;
  if (A.cols !== n) throw new RangeError(`symmetricEigen: expected a square matrix, got ${A.rows} x ${A.cols}`);
  for (let i = 0; i < A.data.length; i++)
    if (!Number.isFinite(A.data[i])) throw new RangeError(`symmetricEigen: expected finite numbers, got ${A.data[i]}`);
  const V = matrix(n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) V.data[i * n + j] = A.data[i * n + j];
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  if (n > 0) {
    tridiagonalize(V.data, d, e, n);
    implicitQL(V.data, d, e, n);
  }
  return { values: d, vectors: V };
}

/**
 * A -> tridiagonal (d, e) with the accumulated transformation left in V, transposed: row i of V is the i-th basis vector.
 * Works from the last row up on the lower triangle; row i of `V` holds the i-th Householder vector until it is applied.
 */
function tridiagonalize(V: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  const h = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const u = V.subarray(i * n, i * n + i);
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(u[k]);
    d[i] = V[i * n + i];
    if (i === 1 || scale === 0) {
      e[i] = u[i - 1];
      h[i] = 0;
      continue;
    }
    let norm = 0;
    for (let k = 0; k < i; k++) {
      u[k] /= scale;
      norm += u[k] * u[k];
    }
    const f = u[i - 1];
    const g = f > 0 ? -Math.sqrt(norm) : Math.sqrt(norm);
    e[i] = scale * g;
    norm -= f * g;
    u[i - 1] = f - g;
    h[i] = norm;
    // p = A u / h from the lower triangle, read row by row.
    const p = e;
    for (let j = 0; j < i; j++) p[j] = 0;
    for (let j = 0; j < i; j++) {
      const row = j * n;
      const uj = u[j];
      let sum = V[row + j] * uj;
      for (let k = 0; k < j; k++) {
        sum += V[row + k] * u[k];
        p[k] += V[row + k] * uj;
      }
      p[j] += sum;
    }
    let up = 0;
    for (let j = 0; j < i; j++) {
      p[j] /= norm;
      up += u[j] * p[j];
    }
    const half = up / (2 * norm);
    for (let j = 0; j < i; j++) p[j] -= half * u[j];
    for (let j = 0; j < i; j++) {
      const row = j * n;
      const uj = u[j];
      const pj = p[j];
      for (let k = 0; k <= j; k++) V[row + k] -= uj * p[k] + pj * u[k];
    }
  }
  d[0] = V[0];
  e[0] = 0;
  accumulate(V, h, n);
}

/** Turns the Householder vectors held in the rows of V into the orthogonal matrix itself (transposed), from the first up. */
function accumulate(V: Float64Array, h: Float64Array, n: number): void {
  const u = new Float64Array(n);
  const w = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) u[k] = V[i * n + k];
    if (i > 1 && h[i] !== 0) {
      // Q <- Q (I - u u'/h) with rows of V as columns of the transposed product: V_k -= (V_k . u / h) u over the leading block.
      for (let r = 0; r < i; r++) {
        const row = r * n;
        let dot = 0;
        for (let k = 0; k < i; k++) dot += V[row + k] * u[k];
        w[r] = dot / h[i];
      }
      for (let r = 0; r < i; r++) {
        const row = r * n;
        const wr = w[r];
        if (wr !== 0) for (let k = 0; k < i; k++) V[row + k] -= wr * u[k];
      }
    }
    for (let k = 0; k < i; k++) {
      V[i * n + k] = 0;
      V[k * n + i] = 0;
    }
    V[i * n + i] = 1;
  }
}

/** QL with implicit shifts on (d, e); rotations act on pairs of rows of V. Sorts ascending. */
function implicitQL(V: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i];
  e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      for (; m < n - 1; m++) {
        const size = Math.abs(d[m]) + Math.abs(d[m + 1]);
        if (Math.abs(e[m]) <= Number.EPSILON * size) break;
      }
      if (m === l) break;
      if (iteration === 60) throw new RangeError("symmetricEigen: no convergence in 60 iterations");
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        let f = s * e[i];
        const b = c * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        const upper = i * n;
        const lower = upper + n;
        for (let k = 0; k < n; k++) {
          f = V[lower + k];
          V[lower + k] = s * V[upper + k] + c * f;
          V[upper + k] = c * V[upper + k] - s * f;
        }
      }
      if (r === 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  sortAscending(V, d, n);
}

function sortAscending(V: Float64Array, d: Float64Array, n: number): void {
  const order = Array.from(d.keys()).sort((a, b) => d[a] - d[b]);
  const values = d.slice();
  const rows = V.slice();
  order.forEach((from, to) => {
    d[to] = values[from];
    V.set(rows.subarray(from * n, (from + 1) * n), to * n);
  });
}
