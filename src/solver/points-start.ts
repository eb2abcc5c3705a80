import { symmetricEigen } from "../math/eigen.ts";
import { matrix } from "../math/matrix.ts";
import { times, timesTranspose, transposeTimes } from "../math/products.ts";
import type { Points, PointsAnswer } from "./points.ts";
import { toResiduals } from "./points-softmax.ts";

/**
 * Where factors begin, and how they go on: with G the gradient of the loss in M at a point, a singular pair (u, v) of G whose singular value g exceeds lambda is a direction of
 * descent, d/dt [loss + lambda t] = lambda - g along -t u v' (theory, section 3).
 */
export function widened(p: Points, answer: PointsAnswer): PointsAnswer | null {
  const { K, m, lambda } = p;
  const { G, R } = forceAt(p, answer);
  const gram = matrix(K, K);
  timesTranspose(gram.data, G, G, K, K, m);
  const { values, vectors } = symmetricEigen(gram);
  const fresh: number[] = [];
  // Directions that the factors have already sit at lambda up to rounding; only what is clearly above counts as new.
  for (let i = K - 1; i >= 0 && values[i] > lambda * lambda * (1 + 1e-11); i--) fresh.push(i);
  if (fresh.length === 0) return null;
  const rank = answer.rank + fresh.length;
  const A = padded(answer.A, K, answer.rank, rank);
  const B = padded(answer.B, m, answer.rank, rank);
  const v = new Float64Array(m);
  fresh.forEach((from, l) => {
    const u = vectors.data.subarray(from * K, from * K + K);
    const g = Math.sqrt(values[from]);
    transposeTimes(v, G, u, K, m, 1);
    for (let j = 0; j < m; j++) v[j] /= g;
    const root = Math.sqrt((g - lambda) / Math.max(curvatureAlong(p, R, u, v), 1e-12 * g));
    for (let k = 0; k < K; k++) A[k * rank + answer.rank + l] = -u[k] * root;
    for (let j = 0; j < m; j++) B[j * rank + answer.rank + l] = v[j] * root;
  });
  return { rank, A, B, b: answer.b };
}

/** Gradient of the loss in M (K x m) and the residuals omega (p - q) (n x K) at a point. */
function forceAt(p: Points, { A, B, rank, b }: PointsAnswer): { G: Float64Array; R: Float64Array } {
  const { K, m, x, labels, mass } = p;
  const n = mass.length;
  const R = new Float64Array(n * K);
  if (rank > 0) {
    const H = new Float64Array(n * rank);
    times(H, x, B, n, m, rank);
    timesTranspose(R, H, A, n, K, rank);
  }
  toResiduals(R, b, { K, labels, mass, first: 0, count: n });
  const G = new Float64Array(K * m);
  transposeTimes(G, R, x, n, K, m);
  return { G, R };
}

/** d^2 loss / dt^2 along t u v': sum omega (v'x)^2 (u' (diag p - p p') u). */
function curvatureAlong({ K, m, x, labels, mass }: Points, R: Float64Array, u: Float64Array, v: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < mass.length; i++) {
    let along = 0;
    for (let j = 0; j < m; j++) along += x[i * m + j] * v[j];
    const own = u[labels[i]];
    let mean = 0;
    let square = 0;
    for (let k = 0; k < K; k++) {
      // The own class's difference is 0: its residual, which is no probability, adds nothing.
      const difference = u[k] - own;
      mean += R[i * K + k] * difference;
      square += R[i * K + k] * difference * difference;
    }
    sum += along * along * (square - (mean * mean) / mass[i]);
  }
  return sum;
}

function padded(F: Float64Array, rows: number, from: number, to: number): Float64Array {
  const wide = new Float64Array(rows * to);
  for (let i = 0; i < rows; i++) wide.set(F.subarray(i * from, i * from + from), i * to);
  return wide;
}
