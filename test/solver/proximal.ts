import { lossNamed, targetsOf } from "../../src/loss/index.ts";
import { matrix } from "../../src/math/matrix.ts";
import { singularValues, svd } from "../../src/math/svd.ts";
import type { Problem } from "../../src/problem/index.ts";

/*
 * The independent route for losses that are sums over the logits: accelerated proximal gradient steps on the whole K x K problem, M = Z D^(1/2) and b, with the nuclear norm's
 * (free features) or the columns' lengths' (nonnegative ones) own prox. No clusters, no factors, no Newton step, no dual.
 */
export interface Dense {
  /** K x K, rows = logits. */
  Z: Float64Array;
  b: Float64Array;
}

const entryOf = (p: Problem) => {
  const { entry } = lossNamed(p.loss);
  if (!entry) throw new Error(`${p.loss} is no sum over the logits`);
  return entry;
};

/** The value of the problem, from its definition. */
export function objectiveAt(p: Problem, { Z, b }: Dense): number {
  const { K, N, counts } = p;
  const entry = entryOf(p);
  const { own, other } = targetsOf(p);
  let value = 0;
  for (let k = 0; k < K; k++)
    for (let i = 0; i < K; i++) {
      const t = i === k ? own : other;
      value += ((p.weights?.[k] ?? 1) * counts[k] * entry.value(Z[i * K + k] + b[i], t.q, t.lack)) / N;
    }
  const M = Z.map((z, e) => z * Math.sqrt(counts[e % K]));
  value += p.lambdaZ * penalty(p, M);
  if (Number.isFinite(p.lambdaB)) for (const x of b) value += (p.lambdaB / 2) * x * x;
  return value;
}

function penalty({ K, nonnegative }: Problem, M: Float64Array): number {
  if (!nonnegative) return singularValues(matrix(K, K, M)).reduce((x, y) => x + y, 0);
  let sum = 0;
  for (let k = 0; k < K; k++) sum += Math.hypot(...Array.from({ length: K }, (_, i) => M[i * K + k]));
  return sum;
}

function shrink({ K, nonnegative }: Problem, M: Float64Array, by: number): Float64Array {
  const out = new Float64Array(K * K);
  if (nonnegative) {
    for (let k = 0; k < K; k++) {
      const length = Math.hypot(...Array.from({ length: K }, (_, i) => M[i * K + k]));
      const share = length > by ? 1 - by / length : 0;
      for (let i = 0; i < K; i++) out[i * K + k] = share * M[i * K + k];
    }
    return out;
  }
  const { U, S, V } = svd(matrix(K, K, M));
  for (let l = 0; l < K; l++) {
    const value = Math.max(0, S[l] - by);
    for (let a = 0; a < K; a++) for (let c = 0; c < K; c++) out[a * K + c] += value * U.data[a * K + l] * V.data[c * K + l];
  }
  return out;
}

/** Its minimum, after `steps` steps that start again whenever the value rises. */
export function minimized(p: Problem, steps: number): Dense {
  const { K, N, counts } = p;
  const entry = entryOf(p);
  const { own, other } = targetsOf(p);
  const hasBias = Number.isFinite(p.lambdaB);
  const w = counts.map((_, k) => p.weights?.[k] ?? 1);
  // Curvature: h'' <= 1, so w_k/N along M and sum w n/N along b; together at most twice each.
  const stepM = N / (2 * Math.max(...w));
  const total = counts.reduce((sum, n, k) => sum + w[k] * n, 0) / N;
  const stepB = 1 / (2 * total + (hasBias ? p.lambdaB : 0));
  const root = counts.map(Math.sqrt);
  let M: Float64Array = new Float64Array(K * K);
  let b: Float64Array = new Float64Array(K);
  let [Mx, bx] = [M, b];
  let t = 1;
  let last = Number.POSITIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    const X = Mx.slice();
    const c = bx.slice();
    if (hasBias) for (let i = 0; i < K; i++) c[i] -= stepB * p.lambdaB * bx[i];
    for (let k = 0; k < K; k++)
      for (let i = 0; i < K; i++) {
        const target = i === k ? own : other;
        const y = entry.residual(Mx[i * K + k] / root[k] + bx[i], target.q, target.lack);
        X[i * K + k] -= (stepM * w[k] * root[k] * y) / N;
        if (hasBias) c[i] -= (stepB * w[k] * counts[k] * y) / N;
      }
    const next = shrink(p, X, stepM * p.lambdaZ);
    const value = objectiveAt(p, { Z: next.map((m, e) => m / root[e % K]), b: c });
    if (value > last) {
      // Momentum overshot.
      t = 1;
      [Mx, bx] = [M, b];
      last = Number.POSITIVE_INFINITY;
      continue;
    }
    last = value;
    const after = (1 + Math.sqrt(1 + 4 * t * t)) / 2;
    const ahead = (t - 1) / after;
    Mx = next.map((m, e) => m + ahead * (m - M[e]));
    bx = c.map((x, i) => x + ahead * (x - b[i]));
    [M, b, t] = [next, c, after];
  }
  return { Z: M.map((m, e) => m / root[e % K]), b };
}
