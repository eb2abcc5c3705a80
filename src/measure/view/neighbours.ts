import { gramOfRows, timesTranspose } from "../../math/index.ts";

/** The nearest of every point. */
export interface Neighbours {
  /** Their numbers, the point itself first. */
  indices: number[][];
  /** How far they are, ascending. */
  distances: number[][];
}

/** Points whose inner products are looked at together: 8 MB of them, however many points there are. */
const block = 1024;

/**
 * The `k` nearest of each of the n rows of X (n x d), itself among them, by the distances of all pairs: each pair once, from inner products block by block. X is best about its mean, so that no digits are
 * lost. Of equal distances the earlier points go first.
 */
export function nearestRows(X: Float64Array, n: number, d: number, k: number): Neighbours {
  const indices = new Int32Array(n * k);
  const squares = new Float64Array(n * k).fill(Number.POSITIVE_INFINITY);
  const offer = (i: number, j: number, square: number): void => {
    const end = i * k + k - 1;
    if (square >= squares[end]) return;
    let at = end;
    for (; at > i * k && squares[at - 1] > square; at--) {
      squares[at] = squares[at - 1];
      indices[at] = indices[at - 1];
    }
    squares[at] = square;
    indices[at] = j;
  };
  const rows = (from: number): Float64Array => X.subarray(from * d, Math.min(n, from + block) * d);
  const lengths = Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let e = i * d; e < (i + 1) * d; e++) sum += X[e] * X[e];
    return sum;
  });
  // Its own is below all others, which may be 0 too.
  for (let i = 0; i < n; i++) offer(i, i, -1);
  const products = new Float64Array(Math.min(n, block) ** 2);
  for (let first = 0; first < n; first += block)
    for (let second = first; second < n; second += block) {
      const [p, q] = [rows(first).length / d, rows(second).length / d];
      if (first === second) gramOfRows(products, rows(first), p, d);
      else timesTranspose(products, rows(first), rows(second), p, q, d);
      for (let i = 0; i < p; i++)
        for (let j = first === second ? i + 1 : 0; j < q; j++) {
          const square = Math.max(0, lengths[first + i] + lengths[second + j] - 2 * products[i * q + j]);
          offer(first + i, second + j, square);
          offer(second + j, first + i, square);
        }
    }
  return exact(X, n, d, k, indices);
}

/** Those that were found with their distances from the numbers themselves, in whose order they stand: what is equal is at 0. */
function exact(X: Float64Array, n: number, d: number, k: number, found: Int32Array): Neighbours {
  const indices: number[][] = [];
  const distances: number[][] = [];
  for (let i = 0; i < n; i++) {
    const near = Array.from(found.subarray(i * k + 1, i * k + k), (j) => {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += (X[i * d + c] - X[j * d + c]) ** 2;
      return { j, far: Math.sqrt(sum) };
    }).sort((a, b) => a.far - b.far || a.j - b.j);
    indices.push([i, ...near.map(({ j }) => j)]);
    distances.push([0, ...near.map(({ far }) => far)]);
  }
  return { indices, distances };
}
