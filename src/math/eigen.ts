import { implicitQL } from "./kernels/implicit-ql.ts";
import { rotator } from "./kernels/rotations.ts";
import { basis, tridiagonalize } from "./kernels/tridiagonal.ts";
import { type Matrix, matrix } from "./matrix.ts";

/**
 * Eigenvalues and eigenvectors of a real symmetric matrix: Householder reduction to tridiagonal form (kernels/tridiagonal.ts), then the
 * implicit QL iteration (kernels/implicit-ql.ts). Backward stable: eigenvalues are right to a few eps |A|, vectors orthonormal to a few eps.
 *
 * The vectors are kept transposed (one vector a row), so that every inner loop runs along memory.
 */
export interface Eigen {
  /** Ascending. */
  values: Float64Array;
  /** Row i is the unit eigenvector of values[i]. */
  vectors: Matrix;
}

/** A = sum_i values[i] v_i v_i'; reads the lower triangle of the n x n matrix A. Throws RangeError if A is not square or not finite. */
export function symmetricEigen(A: Matrix): Eigen {
  const { d, e, V, h, n } = reduced("symmetricEigen", A);
  const Q = basis(V, h, n);
  const rotations = rotator(Q, n);
  implicitQL(d, e, n, rotations.add);
  rotations.finish();
  const order = Array.from(d.keys()).sort((a, b) => d[a] - d[b]);
  const vectors = matrix(n, n);
  order.forEach((from, to) => {
    vectors.data.set(Q.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: d.sort(), vectors };
}

/** The eigenvalues alone, ascending: a fraction of the work. */
export function symmetricEigenvalues(A: Matrix): Float64Array {
  const { d, e, n } = reduced("symmetricEigenvalues", A);
  implicitQL(d, e, n);
  return d.sort();
}

function reduced(name: string, A: Matrix) {
  const n = A.rows;
  if (A.cols !== n) throw new RangeError(`${name}: expected a square matrix, got ${A.rows} x ${A.cols}`);
  for (let i = 0; i < A.data.length; i++)
    if (!Number.isFinite(A.data[i])) throw new RangeError(`${name}: expected finite numbers, got ${A.data[i]}`);
  const V = A.data.slice();
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  return { n, V, d, e, h: tridiagonalize(V, d, e, n) };
}
