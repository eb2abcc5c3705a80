import { lq, matrix, norm2, random, symmetricEigen, timesTranspose } from "../../math/index.ts";

/** Up to this size all eigenvectors take about a second. */
const mostWhole = 1024;
/** Vectors that are turned together, and how often at most. */
const [block, turns] = [24, 200];
/** Of the residual beside the largest eigenvalue: a picture has fewer digits. */
const tolerance = 1e-10;

/**
 * The `q` leading eigenvalues (descending) and eigenvectors (rows, q x n) of a positive semidefinite n x n matrix. Of a large one they are found by subspace iteration (Rayleigh-Ritz on `block` vectors), which
 * is done when the residuals of those that are wanted are rounding; where it is not done soon, because the spectrum falls too slowly, all are computed.
 */
export function leadingEigen(A: Float64Array, n: number, q: number): { values: Float64Array; vectors: Float64Array } {
  return (n > mostWhole ? iterated(A, n, q) : null) ?? whole(A, n, q);
}

function whole(A: Float64Array, n: number, q: number): { values: Float64Array; vectors: Float64Array } {
  const { values, vectors } = symmetricEigen(matrix(n, n, A));
  const found = new Float64Array(q * n);
  for (let a = 0; a < q; a++) found.set(vectors.data.subarray((n - 1 - a) * n, (n - a) * n), a * n);
  return { values: Float64Array.from({ length: q }, (_, a) => values[n - 1 - a]), vectors: found };
}

/** Null where it has not settled. */
function iterated(A: Float64Array, n: number, q: number): { values: Float64Array; vectors: Float64Array } | null {
  const r = random(1);
  let Q = orthonormal(
    Float64Array.from({ length: block * n }, () => r.normal()),
    n,
  );
  for (let turn = 0; turn < turns && Q; turn++) {
    const AQ = new Float64Array(block * n);
    timesTranspose(AQ, Q, A, block, n, n);
    const small = new Float64Array(block * block);
    timesTranspose(small, Q, AQ, block, block, n);
    const ritz = symmetricEigen(matrix(block, block, small));
    const values = Float64Array.from({ length: q }, (_, a) => ritz.values[block - 1 - a]);
    const rows = (of: Float64Array): Float64Array => {
      const turned = new Float64Array(q * n);
      for (let a = 0; a < q; a++)
        for (let b = 0; b < block; b++) {
          const x = ritz.vectors.data[(block - 1 - a) * block + b];
          for (let j = 0; j < n; j++) turned[a * n + j] += x * of[b * n + j];
        }
      return turned;
    };
    const [vectors, images] = [rows(Q), rows(AQ)];
    const residual = norm2(images.map((x, e) => x - values[Math.floor(e / n)] * vectors[e]));
    if (residual <= tolerance * values[0]) return { values, vectors };
    Q = orthonormal(AQ, n);
  }
  return null;
}

const orthonormal = (rows: Float64Array, n: number): Float64Array | null => lq(rows, block, n)?.Q ?? null;
