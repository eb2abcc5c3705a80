import { cholesky, choleskyInPlace, gramOfColumns, lq, type Matrix, norm2, svd } from "../math/index.ts";
import type { Rows } from "../row-store.ts";
import { gramOf, lengthOfRows } from "./row-sums.ts";

/** Singular values of the centred means below this share of the largest count as 0 (theory, section 8). */
export const rankTolerance = 1e-10;

/** Up to this dimension Jacobi's rotations, which see singular values of 1e-10, take less than a second. */
export const jacobiMost = 128;

/** The span of some rows: an orthonormal basis, r x d, or null where it is the whole space (r = d), which needs none. */
export interface Span {
  basis: Float64Array | null;
  r: number;
}

/**
 * The span of rows that add up to 0 (m x d); directions shorter than `noise` are none. Large spaces try the cheap ways first: each
 * either is sure of the rank or leaves the word to the singular values.
 */
export function spanOf(centred: Matrix, noise: number): Span {
  const { rows, cols, data } = centred;
  const r = Math.min(rows - 1, cols);
  if (r > jacobiMost) {
    const clear = noise < 1e-8 * norm2(data);
    if (clear && cols <= rows - 1 && spansAll(centred)) return { basis: null, r: cols };
    // The rows add up to 0: all but the last have the same span.
    const found = clear && rows - 1 <= cols ? lq(data, rows - 1, cols) : null;
    if (found) return { basis: found.Q, r: rows - 1 };
    const pivoted = pivotedSpan(centred, noise);
    if (pivoted) return pivoted;
  }
  return singularSpan(centred, noise);
}

/** X'X = L L' (d x d) of rows X, as many as there may be, that certainly span the whole space; null where this way does not tell. */
export function factorOfWhole(rows: Rows, noise: number): Float64Array | null {
  const { n, d } = rows;
  if (d <= jacobiMost || d > n - 1 || !(noise < 1e-8 * lengthOfRows(rows))) return null;
  return choleskyInPlace(gramOf(rows), d);
}

/** Whether the columns are independent, by the pivots of their Gram matrix. */
function spansAll({ rows, cols, data }: Matrix): boolean {
  const G = new Float64Array(cols * cols);
  gramOfColumns(G, data, rows, cols);
  return cholesky(G, cols) !== null;
}

/**
 * Gram-Schmidt with the longest remaining row first, each direction made orthogonal twice ("twice is enough", Kahan and Parlett). Sure of the rank
 * where its lengths leave a wide gap: all those kept above 1e-7 of the first and all that is left below 1e-12 of it (classes that have
 * merged, features that are always 0). Null otherwise.
 */
function pivotedSpan({ rows, cols, data }: Matrix, noise: number): Span | null {
  const left = data.slice();
  const basis = new Float64Array(Math.min(rows, cols) * cols);
  let first = 0;
  for (let r = 0; ; r++) {
    let longest = 0;
    let at = 0;
    for (let k = 0; k < rows; k++) {
      const length = norm2(left.subarray(k * cols, k * cols + cols));
      if (length > longest) [longest, at] = [length, k];
    }
    if (r === 0) first = longest;
    if (r === Math.min(rows, cols) || longest <= Math.max(1e-12 * first, noise)) {
      return r === cols ? { basis: null, r } : { basis: basis.slice(0, r * cols), r };
    }
    if (longest < 1e-7 * first) return null;
    const q = basis.subarray(r * cols, r * cols + cols);
    q.set(left.subarray(at * cols, at * cols + cols));
    for (let l = 0; l < r; l++) takeOff(q, 0, basis.subarray(l * cols, l * cols + cols));
    const length = norm2(q);
    for (let j = 0; j < cols; j++) q[j] /= length;
    for (let k = 0; k < rows; k++) takeOff(left, k * cols, q);
  }
}

/** x - (x.q) q for the numbers of x from `at`. */
function takeOff(x: Float64Array, at: number, q: Float64Array): void {
  let dot = 0;
  for (let j = 0; j < q.length; j++) dot += x[at + j] * q[j];
  for (let j = 0; j < q.length; j++) x[at + j] -= dot * q[j];
}

function singularSpan(centred: Matrix, noise: number): Span {
  const { cols } = centred;
  const { S, V } = svd(centred);
  const smallest = Math.max(rankTolerance * (S[0] ?? 0), noise);
  let r = 0;
  while (r < S.length && S[r] > smallest) r++;
  const basis = new Float64Array(r * cols);
  for (let l = 0; l < r; l++) for (let j = 0; j < cols; j++) basis[l * cols + j] = V.data[j * V.cols + l];
  return { basis, r };
}
