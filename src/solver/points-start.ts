import { gramOfRows, matrix, svd, symmetricEigen, timesTranspose, transposeTimes } from "../math/index.ts";
import { excesses, pointStart } from "./constants.ts";
import { type Points, type PointsAnswer, type Shares, sharedAway } from "./points.ts";
import { ontoFactors } from "./points-coordinates.ts";
import { toResiduals } from "./points-softmax.ts";

/**
 * Where factors begin, and how they go on: with G the gradient of the loss in M at a point, a singular pair (u, v) of G whose singular value g exceeds lambda is a direction of
 * descent, d/dt [loss + lambda t] = lambda - g along -t u v' (theory, section 3). At most `most` of them, the steepest.
 */
export function widened(p: Points, answer: PointsAnswer, most: number = Number.POSITIVE_INFINITY): PointsAnswer | null {
  const { K, m, lambda } = p;
  const { G, R } = forceAt(p, answer);
  const gram = matrix(K, K);
  gramOfRows(gram.data, G, K, m);
  const { values, vectors } = symmetricEigen(gram);
  const fresh: number[] = [];
  // Directions that the factors have already sit at lambda up to rounding; only what is clearly above counts as new.
  for (let i = K - 1; i >= 0 && fresh.length < most && values[i] > lambda * lambda * (1 + excesses.rounding); i--) fresh.push(i);
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
    const root = Math.sqrt((g - lambda) / Math.max(curvatureAlong(p, R, u, v), pointStart.leastCurvature * g));
    for (let k = 0; k < K; k++) A[k * rank + answer.rank + l] = -u[k] * root;
    for (let j = 0; j < m; j++) B[j * rank + answer.rank + l] = v[j] * root;
  });
  return { rank, A, B, b: answer.b };
}

/**
 * Where the penalty is small beside targets that give every class a share, the optimum is near the logits of the targets, M x_i = log q_i; the factors of descents from 0 reach those
 * through a long curved valley. Null where a target has a 0, or the penalty is not small. For points apart from each other.
 */
export function settledPoints({ K, m, x, apart, labels, shares, mass, lambda }: Points): PointsAnswer | null {
  const n = mass.length;
  if (!apart || !shares || Math.min(K, m) > pointStart.mostSettled || shares.values.length !== n * (K - 1)) return null;
  const M = matrix(K, m);
  let entropy = 0;
  for (let i = 0; i < n; i++) {
    const logs = new Float64Array(K);
    const note = (k: number, q: number): void => {
      logs[k] = Math.log(q);
      entropy -= mass[i] * q * logs[k];
    };
    note(labels[i], 1 - sharedAway(shares, i));
    for (let e = shares.start[i]; e < shares.start[i + 1]; e++) note(shares.classes[e], shares.values[e]);
    const mean = logs.reduce((sum, v) => sum + v, 0) / K;
    for (let k = 0; k < K; k++) M.data[k * m + i] = (logs[k] - mean) / x[i];
  }
  const { U, S, V } = svd(M);
  const penalty = lambda * S.reduce((sum, s) => sum + s, 0);
  if (!(penalty <= pointStart.settledShare * (entropy + penalty))) return null;
  const rank = S.filter((s) => s > pointStart.zero * S[0]).length;
  const root = S.map(Math.sqrt);
  const columns = (F: Float64Array, rows: number): Float64Array =>
    Float64Array.from({ length: rows * rank }, (_, e) => F[Math.floor(e / rank) * S.length + (e % rank)] * root[e % rank]);
  return { rank, A: columns(U.data, K), B: columns(V.data, m), b: new Float64Array(K) };
}

/** Gradient of the loss in M (K x m) and the residuals omega (p - q) (n x K) at a point. */
function forceAt(p: Points, { A, B, rank, b }: PointsAnswer): { G: Float64Array; R: Float64Array } {
  const { K, m, x, apart, labels, shares, mass } = p;
  const n = mass.length;
  const R = new Float64Array(n * K);
  if (rank > 0) {
    const H = new Float64Array(n * rank);
    ontoFactors(H, p, B, rank, { first: 0, count: n });
    timesTranspose(R, H, A, n, K, rank);
  }
  toResiduals(R, b, { K, labels, shares, mass, first: 0, count: n });
  const G = new Float64Array(K * m);
  if (apart) for (let i = 0; i < n; i++) for (let k = 0; k < K; k++) G[k * m + i] = R[i * K + k] * x[i];
  else transposeTimes(G, R, x, n, K, m);
  return { G, R };
}

/** d^2 loss / dt^2 along t u v': sum omega (v'x)^2 (u' (diag p - p p') u). */
function curvatureAlong(
  { K, m, x, apart, labels, shares, mass }: Points,
  R: Float64Array,
  u: Float64Array,
  v: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < mass.length; i++) {
    let along = apart ? v[i] * x[i] : 0;
    if (!apart) for (let j = 0; j < m; j++) along += x[i * m + j] * v[j];
    const own = u[labels[i]];
    let mean = 0;
    let square = 0;
    // The label's difference is 0: its residual, which is no probability, adds nothing.
    for (let k = 0; k < K; k++) {
      const difference = u[k] - own;
      mean += R[i * K + k] * difference;
      square += R[i * K + k] * difference * difference;
    }
    const [from, to] = shares ? [shares.start[i], shares.start[i + 1]] : [0, 0];
    for (let e = from; e < to; e++) {
      const difference = u[(shares as Shares).classes[e]] - own;
      const weighted = mass[i] * (shares as Shares).values[e];
      mean += weighted * difference;
      square += weighted * difference * difference;
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
