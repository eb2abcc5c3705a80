import { gramOfColumns, matrix, svd, timesTranspose } from "../../math/index.ts";
import type { Frame } from "../frame.ts";
import { jacobiMost } from "../span.ts";
import { leadingEigen } from "./leading.ts";

/** The leading directions of the class means: the first right singular vectors of M, the class means about their mean, one row a class that occurs. */
export interface Directions {
  /** How many: at most three, and no more than M has singular values that are not 0. */
  q: number;
  /** q x d, orthonormal rows. */
  vectors: Float64Array;
  /** Share of each in the sum of the squares of M's entries, q: the variance between the class means. */
  shares: Float64Array;
  /** The class means along them, K x q (0 for a class that does not occur). */
  means: Float64Array;
}

const mostDirections = 3;

/** Of the frame's means; a direction is turned so that the first class that is not near its zero lies on its positive side. */
export function leadingDirections(frame: Frame): Directions {
  const { K, d, r, basis, projected, present } = frame;
  const q = Math.min(mostDirections, r);
  const { V, squares } = rightVectors(frame, q);
  const means = new Float64Array(K * q);
  timesTranspose(means, projected, V, K, q, r);
  for (let a = 0; a < q; a++) {
    const size = present.reduce((most, k) => Math.max(most, Math.abs(means[k * q + a])), 0);
    const first = present.find((k) => Math.abs(means[k * q + a]) > 1e-6 * size) ?? 0;
    if (means[first * q + a] >= 0) continue;
    for (let k = 0; k < K; k++) means[k * q + a] = -means[k * q + a] || 0;
    for (let j = 0; j < r; j++) V[a * r + j] = -V[a * r + j];
  }
  let vectors = V;
  if (basis) {
    vectors = new Float64Array(q * d);
    for (let a = 0; a < q; a++)
      for (let l = 0; l < r; l++) for (let j = 0; j < d; j++) vectors[a * d + j] += V[a * r + l] * basis[l * d + j];
  }
  const all = frame.squaredNorms.reduce((sum, x) => sum + x, 0);
  return { q, vectors, means, shares: Float64Array.from({ length: q }, (_, a) => squares[a] / all) };
}

/** The first `q` right singular vectors of the projected means as rows (q x r), and the squares of their singular values. */
function rightVectors({ r, projected, present }: Frame, q: number): { V: Float64Array; squares: Float64Array } {
  const k = present.length;
  const V = new Float64Array(q * r);
  const squares = new Float64Array(q);
  const rows = new Float64Array(k * r);
  present.forEach((c, i) => {
    rows.set(projected.subarray(c * r, c * r + r), i * r);
  });
  if (Math.min(k, r) <= jacobiMost) {
    const found = svd(matrix(k, r, rows));
    for (let a = 0; a < q; a++) {
      squares[a] = found.S[a] ** 2;
      for (let j = 0; j < r; j++) V[a * r + j] = found.V.data[j * found.V.cols + a];
    }
    return { V, squares };
  }
  // Leading values only: their squares lose no digits that a picture has.
  const gram = new Float64Array(r * r);
  gramOfColumns(gram, rows, k, r);
  const { values, vectors } = leadingEigen(gram, r, q);
  return { V: vectors, squares: values };
}
