import { describe, expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { clustersOf, type Problem, problem } from "../../src/problem/index.ts";
import { completeCollapse } from "../../src/theory/index.ts";

const inf = Number.POSITIVE_INFINITY;

/**
 * The definition on the whole K x K matrix, class by class: with p = softmax(Delta b + iota), |Delta (p 1' - Q) W D^(1/2)|_2 for free features and the
 * largest column for nonnegative ones; the norm by power iteration on G'G.
 */
function dense(p: Problem, b: readonly number[]): { free: number; nonnegative: number } {
  const { K, counts, smoothing: eps } = p;
  const e = b.map((x, i) => Math.exp((p.factors?.[i] ?? 1) * x + (p.offsets?.[i] ?? 0)));
  const sum = e.reduce((x, y) => x + y, 0);
  const columns = counts.map((n, k) =>
    e.map((x, i) => {
      const q = eps / K + (i === k ? 1 - eps : 0);
      return (p.weights?.[k] ?? 1) * Math.sqrt(n) * (p.factors?.[i] ?? 1) * (x / sum - q);
    }),
  );
  const norm = (v: readonly number[]): number => Math.hypot(...v);
  let v = counts.map((_, k) => 1 + Math.sin(k + 1));
  let length = 0;
  for (let step = 0; step < 20000; step++) {
    const u = e.map((_, i) => columns.reduce((total, c, k) => total + c[i] * v[k], 0));
    const next = columns.map((c) => c.reduce((total, x, i) => total + x * u[i], 0));
    length = norm(u) / norm(v);
    const size = norm(next);
    v = next.map((x) => x / size);
  }
  return { free: length / p.N, nonnegative: Math.max(...columns.map(norm)) / p.N };
}

const expanded = (p: Problem, bias: Float64Array): number[] => {
  const b = new Array<number>(p.K).fill(0);
  clustersOf(p).forEach((c, j) => {
    for (const k of c.classes) b[k] = bias[j];
  });
  return b;
};

describe("complete collapse is where the definition on the whole matrix says", () => {
  it.each([
    // A lone class far above the others: it is gone before s reaches sqrt(n).
    ["a lone class above", { counts: [1000, 10, 10, 7], lambdaB: inf }],
    ["distinct counts", { counts: [900, 500, 300, 20], lambdaB: inf }],
    // The cluster's own rule decides, although it has two classes only.
    ["a pair above", { counts: [1000, 1000, 10, 7], lambdaB: inf }],
    ["three alike", { counts: [50, 50, 50], lambdaB: inf }],
    ["a pair, weights and factors", { counts: [90, 90, 500, 3], lambdaB: inf, weights: [4, 4, 1, 1], factors: [2, 2, 1, 0.5] }],
    ["smoothing and offsets", { counts: [400, 100, 100, 5], lambdaB: inf, smoothing: 0.2, offsets: [0, -1, -1, 2] }],
  ])("%s", (_, input) => {
    const p = problem({ ...input, lambdaZ: 1 });
    const found = completeCollapse(p);
    const { free, nonnegative } = dense(p, new Array<number>(p.K).fill(0));
    expect(found.free / free).toBeCloseTo(1, 10);
    expect(found.nonnegative / nonnegative).toBeCloseTo(1, 12);
  });

  it("a lone class is gone before s reaches sqrt(n): 1000 among small ones", () => {
    const { free } = completeCollapse(problem({ counts: [1000, 10, 10, 7], lambdaZ: 1 }));
    expect(1027 * free).toBeLessThan(0.95 * Math.sqrt(1000));
  });

  it("with a bias: the bias solves its own equation, and the norm follows", () => {
    const r = random(3);
    for (let i = 0; i < 10; i++) {
      const counts = Array.from({ length: 2 + r.integer(4) }, () => Math.ceil(10 ** (3 * r.uniform())));
      if (i % 2) counts.push(counts[0]);
      const p = problem({
        counts,
        lambdaZ: 1,
        lambdaB: 10 ** (-3 + 3 * r.uniform()),
        smoothing: i % 3 ? 0 : 0.1,
        factors: i % 4 ? null : counts.map((n) => (n === counts[0] ? 1.5 : 0.8)),
      });
      const found = completeCollapse(p);
      const b = expanded(p, found.bias);
      const e = b.map((x, k) => Math.exp((p.factors?.[k] ?? 1) * x));
      const sum = e.reduce((x, y) => x + y, 0);
      b.forEach((x, k) => {
        const target = ((1 - p.smoothing) * counts[k]) / p.N + p.smoothing / p.K;
        expect((p.factors?.[k] ?? 1) * (target - e[k] / sum)).toBeCloseTo(p.lambdaB * x, 10);
      });
      const { free, nonnegative } = dense(p, b);
      expect(found.free / free).toBeCloseTo(1, 8);
      expect(found.nonnegative / nonnegative).toBeCloseTo(1, 10);
    }
  });
});
