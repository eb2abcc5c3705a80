import { gramOfRows, times, timesTranspose } from "./products.ts";

/**
 * Triangular factors, for spaces too large for Jacobi's rotations: for a thousand classes seconds instead of minutes. All of it is cut into
 * strips of rows, so that nearly all the work is matrix products.
 */
const strip = 64;

/**
 * A = L Q (A is m x n, m <= n), L lower triangular and Q with orthonormal rows, by two rounds of Cholesky on the Gram matrix (CholeskyQR2:
 * Yamamoto, Nakatsukasa, Yanagisawa, Fukaya 2015): as accurate as Householder's where A is conditioned better than about 1e6. Null where it is
 * conditioned worse.
 */
export function lq(A: Float64Array, m: number, n: number): { L: Float64Array; Q: Float64Array } | null {
  const found = rounds(A, m, n);
  if (!found) return null;
  const { first, second, Q } = found;
  solveLower(second, Q, m, n);
  const L = new Float64Array(m * m);
  times(L, first, second, m, m, m);
  return { L, Q };
}

/** The L of A = L Q alone. */
export function lowerFactor(A: Float64Array, m: number, n: number): Float64Array | null {
  const found = rounds(A, m, n);
  if (!found) return null;
  const L = new Float64Array(m * m);
  times(L, found.first, found.second, m, m, m);
  return L;
}

/** A = first second Q', where Q' = second^-1 Q is what the first round left: orthonormal to about eps times A's condition squared. */
function rounds(A: Float64Array, m: number, n: number): { first: Float64Array; second: Float64Array; Q: Float64Array } | null {
  if (m > n) return null;
  const G = new Float64Array(m * m);
  gramOfRows(G, A, m, n);
  const first = cholesky(G, m);
  if (!first) return null;
  const Q = A.slice(0, m * n);
  solveLower(first, Q, m, n);
  gramOfRows(G, Q, m, n);
  // What is not near orthonormal by now the second round cannot finish.
  for (let e = 0; e < m * m; e++) if (!(Math.abs(G[e] - (e % (m + 1) === 0 ? 1 : 0)) <= 0.1)) return null;
  const second = cholesky(G, m);
  return second && { first, second, Q };
}

/** G = L L' (n x n, only its lower triangle is read); null unless G is positive definite, its pivots within twelve digits of each other. */
export function cholesky(G: Float64Array, n: number): Float64Array | null {
  const L = new Float64Array(n * n);
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, G[i * n + i]);
  for (let from = 0; from < n; from += strip) {
    const width = Math.min(strip, n - from);
    const rows = n - from;
    // What is left of the strip of columns once the columns before it are taken off.
    const left = new Float64Array(rows * from);
    for (let i = 0; i < rows; i++) left.set(L.subarray((from + i) * n, (from + i) * n + from), i * from);
    const C = new Float64Array(rows * width);
    if (from > 0) timesTranspose(C, left, left.subarray(0, width * from), rows, width, from);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < width; j++) C[i * width + j] = G[(from + i) * n + from + j] - C[i * width + j];
    for (let j = 0; j < width; j++) {
      let pivot = C[j * width + j];
      for (let l = 0; l < j; l++) pivot -= C[j * width + l] ** 2;
      if (!(pivot > 1e-12 * most)) return null;
      pivot = Math.sqrt(pivot);
      C[j * width + j] = pivot;
      for (let i = j + 1; i < rows; i++) {
        let sum = C[i * width + j];
        for (let l = 0; l < j; l++) sum -= C[i * width + l] * C[j * width + l];
        C[i * width + j] = sum / pivot;
      }
    }
    for (let i = 0; i < rows; i++) L.set(C.subarray(i * width, i * width + Math.min(width, i + 1)), (from + i) * n + from);
  }
  return L;
}

/** B (n x m) becomes L^-1 B, L lower triangular. */
export function solveLower(L: Float64Array, B: Float64Array, n: number, m: number): void {
  for (let from = 0; from < n; from += strip) {
    const to = Math.min(n, from + strip);
    if (from > 0) {
      const minus = new Float64Array((to - from) * from);
      for (let i = from; i < to; i++) for (let j = 0; j < from; j++) minus[(i - from) * from + j] = -L[i * n + j];
      times(B.subarray(from * m, to * m), minus, B, to - from, from, m, true);
    }
    for (let i = from; i < to; i++) {
      const row = i * m;
      for (let j = from; j < i; j++) {
        const factor = L[i * n + j];
        const other = j * m;
        for (let c = 0; c < m; c++) B[row + c] -= factor * B[other + c];
      }
      const pivot = L[i * n + i];
      for (let c = 0; c < m; c++) B[row + c] /= pivot;
    }
  }
}

/** B (n x m) becomes L'^-1 B, L lower triangular. */
export function solveLowerTransposed(L: Float64Array, B: Float64Array, n: number, m: number): void {
  for (let to = n; to > 0; to -= strip) {
    const from = Math.max(0, to - strip);
    if (to < n) {
      const minus = new Float64Array((to - from) * (n - to));
      for (let i = from; i < to; i++) for (let j = to; j < n; j++) minus[(i - from) * (n - to) + j - to] = -L[j * n + i];
      times(B.subarray(from * m, to * m), minus, B.subarray(to * m), to - from, n - to, m, true);
    }
    for (let i = to - 1; i >= from; i--) {
      const row = i * m;
      for (let j = i + 1; j < to; j++) {
        const factor = L[j * n + i];
        const other = j * m;
        for (let c = 0; c < m; c++) B[row + c] -= factor * B[other + c];
      }
      const pivot = L[i * n + i];
      for (let c = 0; c < m; c++) B[row + c] /= pivot;
    }
  }
}

/** tr(S (L L')^-1) for a symmetric S (n x n). */
export function traceOfSolve(L: Float64Array, S: Float64Array, n: number): number {
  const T = S.slice();
  solveLower(L, T, n, n);
  const U = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) U[j * n + i] = T[i * n + j];
  solveLower(L, U, n, n);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += U[i * n + i];
  return trace;
}
