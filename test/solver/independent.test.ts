import { expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { predict } from "../../src/prediction/index.ts";
import { type Problem, problem } from "../../src/problem/index.ts";

/*
 * An independent route to the weighted, offset, multiplied and smoothed problems: the factored problem (P0) itself, on W (K x K), one feature a class
 * (K x K) and b, with a loss written out class by class, minimized by a plain L-BFGS from random starts. It shares no code with src/ but the
 * random numbers, and knows no clusters, no convexity and no certificate.
 */
function loss(p: Problem, x: Float64Array): { f: number; g: Float64Array } {
  const { K, N, counts, lambdaZ, lambdaB } = p;
  const W = (i: number, l: number) => i * K + l;
  const H = (k: number, l: number) => K * K + k * K + l;
  const B = (i: number) => 2 * K * K + i;
  const hasBias = Number.isFinite(lambdaB);
  const g = new Float64Array(x.length);
  let f = 0;
  for (let k = 0; k < K; k++) {
    const share = ((p.weights?.[k] ?? 1) * counts[k]) / N;
    const u = Array.from({ length: K }, (_, i) => {
      let z = hasBias ? x[B(i)] : 0;
      for (let l = 0; l < K; l++) z += x[W(i, l)] * x[H(k, l)];
      return (p.factors?.[i] ?? 1) * z + (p.offsets?.[i] ?? 0);
    });
    const top = Math.max(...u);
    const total = u.reduce((sum, v) => sum + Math.exp(v - top), 0);
    for (let i = 0; i < K; i++) {
      const q = (i === k ? 1 - p.smoothing : 0) + p.smoothing / K;
      const logP = u[i] - top - Math.log(total);
      f -= share * q * logP;
      const r = share * (p.factors?.[i] ?? 1) * (Math.exp(logP) - q);
      if (hasBias) g[B(i)] += r;
      for (let l = 0; l < K; l++) {
        g[W(i, l)] += r * x[H(k, l)];
        g[H(k, l)] += r * x[W(i, l)];
      }
    }
  }
  for (let i = 0; i < K; i++)
    for (let l = 0; l < K; l++) {
      f += 0.5 * lambdaZ * (x[W(i, l)] ** 2 + counts[i] * x[H(i, l)] ** 2);
      g[W(i, l)] += lambdaZ * x[W(i, l)];
      g[H(i, l)] += lambdaZ * counts[i] * x[H(i, l)];
    }
  if (hasBias)
    for (let i = 0; i < K; i++) {
      f += 0.5 * lambdaB * x[B(i)] ** 2;
      g[B(i)] += lambdaB * x[B(i)];
    }
  return { f, g };
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** L-BFGS with ten pairs and backtracking (Nocedal and Wright, algorithm 7.5), features scaled by 1/sqrt(n) at the start. */
function minimum(p: Problem, seed: number): number {
  const r = random(seed);
  let x = Float64Array.from({ length: 2 * p.K * p.K + p.K }, () => 0.5 * r.normal());
  for (let k = 0; k < p.K; k++) for (let l = 0; l < p.K; l++) x[p.K * p.K + k * p.K + l] /= Math.sqrt(p.counts[k] / p.counts[0]);
  let { f, g } = loss(p, x);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let step = 0; step < 6000 && Math.sqrt(dot(g, g)) > 1e-11; step++) {
    const d = g.map((v) => -v);
    const alphas: number[] = [];
    for (const { s, y, rho } of [...pairs].reverse()) {
      const a = rho * dot(s, d);
      alphas.push(a);
      for (let i = 0; i < d.length; i++) d[i] -= a * y[i];
    }
    const last = pairs.at(-1);
    if (last) for (let i = 0; i < d.length; i++) d[i] *= 1 / (last.rho * dot(last.y, last.y));
    for (const { s, y, rho } of pairs) {
      const b = rho * dot(y, d);
      const a = alphas.pop() as number;
      for (let i = 0; i < d.length; i++) d[i] += (a - b) * s[i];
    }
    let t = 1;
    let next = { x, f, g };
    for (; t > 1e-20; t /= 2) {
      const trial = x.map((v, i) => v + t * d[i]);
      next = { x: trial, ...loss(p, trial) };
      if (next.f <= f + 1e-4 * t * dot(g, d) || Math.abs(next.f - f) < 1e-15 * f) break;
    }
    const s = next.x.map((v, i) => v - x[i]);
    const y = next.g.map((v, i) => v - g[i]);
    if (dot(s, y) > 1e-300) pairs.push({ s, y, rho: 1 / dot(s, y) });
    if (pairs.length > 10) pairs.shift();
    ({ x, f, g } = next);
  }
  return f;
}

const counts = [300, 300, 120, 40, 40];
const cases: [string, object][] = [
  ["plain", {}],
  ["weights", { weights: [1, 1, 1.5, 3, 3] }],
  ["weights that split a cluster", { weights: [1, 2, 1, 0.5, 3] }],
  ["additive offsets (logit adjustment)", { offsets: counts.map((n) => Math.log(n / 800)) }],
  ["multiplicative factors (VS loss)", { factors: [1, 1, 0.8, 0.6, 0.6] }],
  ["label smoothing", { smoothing: 0.1 }],
  ["all of them", { weights: [1, 1, 1.2, 2, 2], offsets: [0, 0, -0.5, -1, -1], factors: [1, 1, 0.9, 1.2, 1.2], smoothing: 0.05 }],
];

for (const lambdaB of [0.02, Number.POSITIVE_INFINITY])
  test.each(cases)(
    `%s, lambda_b ${lambdaB}: descent on the factors finds the certified optimum and nothing below it`,
    (_, remedies) => {
      for (const lambdaZ of [0.004, 0.012]) {
        const p = problem({ counts, lambdaZ, lambdaB, ...remedies });
        const prediction = predict(p);
        expect(prediction.certified).toBe(true);
        // The free landscape has no spurious minimum: every start ends there.
        for (const seed of [1, 2]) {
          const found = minimum(p, seed);
          expect(found).toBeGreaterThan(prediction.objective * (1 - 1e-10));
          expect(found).toBeLessThan(prediction.objective * (1 + 1e-7));
        }
      }
    },
  );
