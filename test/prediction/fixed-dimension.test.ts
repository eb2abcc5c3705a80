import { describe, expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { dimensionOf, predictInDimension, summarize } from "../../src/prediction/index.ts";
import { type Problem, type ProblemInput, problem } from "../../src/problem/index.ts";

const inDimension = (input: ProblemInput, d: number, starts = 8) => {
  const p = problem(input);
  return predictInDimension(p, summarize(p), { d, starts }).prediction;
};

/** The least of a function of one number by its values on ever finer grids. */
function least(f: (c: number) => number, low: number, high: number): number {
  for (let round = 0; round < 40; round++) {
    const grid = Array.from({ length: 21 }, (_, i) => low + ((high - low) * i) / 20);
    const best = grid.reduce((a, b) => (f(b) < f(a) ? b : a));
    [low, high] = [best - (high - low) / 20, best + (high - low) / 20];
  }
  return f((low + high) / 2);
}

/** (P0) as it stands on the page, W (d x K), H (d x K), by plain gradient descent with halved steps from one random start; shares nothing with the solver. */
function brute(p: Problem, d: number, seed: number): number {
  const { K, N, counts, lambdaB } = p;
  const r = random(1000 + seed);
  const [lambdaW, lambdaH] = [p.lambdaW, p.lambdaH];
  const hasBias = Number.isFinite(lambdaB);
  const f = (W: number[][], H: number[][], b: number[]) => {
    let value = 0;
    const dW = W.map((row) => row.map((w) => lambdaW * w));
    const dH = H.map((row, k) => row.map((h) => counts[k] * lambdaH * h));
    const db = b.map((x) => (hasBias ? lambdaB * x : 0));
    for (let k = 0; k < K; k++) {
      const u = W.map((w, i) => w.reduce((sum, x, c) => sum + x * H[k][c], b[i]));
      const top = Math.max(...u);
      const total = u.reduce((sum, x) => sum + Math.exp(x - top), 0);
      value += (counts[k] / N) * (top + Math.log(total) - u[k]);
      u.forEach((x, i) => {
        const g = (counts[k] / N) * (Math.exp(x - top) / total - (i === k ? 1 : 0));
        for (let c = 0; c < d; c++) {
          dW[i][c] += g * H[k][c];
          dH[k][c] += g * W[i][c];
        }
        if (hasBias) db[i] += g;
      });
    }
    const squares = (X: number[][]): number => X.flat().reduce((sum, x) => sum + x * x, 0);
    value += (lambdaW / 2) * squares(W) + (lambdaH / 2) * H.reduce((sum, h, k) => sum + counts[k] * squares([h]), 0);
    if (hasBias) value += (lambdaB / 2) * squares([b]);
    return { value, dW, dH, db };
  };
  let W = Array.from({ length: K }, () => Array.from({ length: d }, () => 2 * r.normal()));
  let H = Array.from({ length: K }, () => Array.from({ length: d }, () => r.normal()));
  let b = new Array<number>(K).fill(0);
  let now = f(W, H, b);
  let step = 1;
  for (let i = 0; i < 6000; i++) {
    // Each column of H has the mass of its samples: steps in units of 1/n_k.
    const move = (t: number) =>
      [
        W.map((row, k) => row.map((x, c) => x - t * now.dW[k][c])),
        H.map((row, k) => row.map((x, c) => x - (t * now.dH[k][c] * N) / counts[k] / K)),
        b.map((x, k) => x - t * now.db[k]),
      ] as const;
    const [W2, H2, b2] = move(step);
    const next = f(W2, H2, b2);
    if (next.value < now.value) {
      [W, H, b, now] = [W2, H2, b2, next];
      step *= 1.3;
    } else step /= 2;
    if (step < 1e-12) break;
  }
  return now.value;
}

describe("features of fewer dimensions than the optimum has rank", () => {
  const n = 100;
  const lambdaZ = 0.001;
  it("four classes in a plane make a square, six in space an octahedron: the value of the cross-polytope", () => {
    for (const d of [2, 3]) {
      const K = 2 * d;
      const p = inDimension({ counts: new Array(K).fill(n), lambdaZ: lambdaZ / K }, d);
      // Z_kk = c, opposite -c, else 0: d singular values 2 c.
      const value = least(
        (c) => Math.log(1 + (K - 2) * Math.exp(-c) + Math.exp(-2 * c)) + (lambdaZ / K) * Math.sqrt(n) * K * c,
        0,
        60,
      );
      expect(Math.abs(p.objective / value - 1)).toBeLessThan(1e-8);
      expect(p.geometry?.name).toBe("cross-polytope");
      expect(p.rank).toBe(d);
      expect(p.certified).toBe(false);
      expect(p.dimension).toEqual({ asked: d, least: K - 1 });
      expect(p.dual).toBeLessThan(p.objective);
      expect(p.gap).toBe(p.objective - p.dual);
      expect(p.search.found).toBeGreaterThan(0);
      expect(p.reason).toContain(`rank ${K - 1}`);
    }
  });

  it("classes in a plane make a regular polygon", () => {
    for (const K of [5, 6, 7]) {
      const p = inDimension({ counts: new Array(K).fill(n), lambdaZ: lambdaZ / K }, 2);
      const cosines = Array.from({ length: K }, (_, k) => Math.cos((2 * Math.PI * k) / K));
      // Two singular values c K/2.
      const value = least(
        (c) => Math.log(cosines.reduce((sum, t) => sum + Math.exp(c * (t - 1)), 0)) + (lambdaZ / K) * Math.sqrt(n) * K * c,
        0,
        200,
      );
      expect(Math.abs(p.objective / value - 1)).toBeLessThan(1e-8);
    }
  });

  it.each<[string, ProblemInput, number]>([
    ["three classes on a line", { counts: [50, 50, 50], lambdaZ: 0.005 }, 1],
    ["unequal counts on a line, bias", { counts: [100, 40, 15], lambdaZ: 0.005, lambdaB: 0.02 }, 1],
    ["four unequal classes in a plane", { counts: [100, 60, 30, 10], lambdaZ: 0.004 }, 2],
    [
      "five classes in a plane, bias, lambda_W != lambda_H",
      { counts: [60, 60, 30, 30, 30], lambdaW: 0.016, lambdaH: 0.001, lambdaB: 0.05 },
      2,
    ],
    ["five classes in space", { counts: [200, 100, 50, 25, 12], lambdaZ: 0.003, lambdaB: 0.01 }, 3],
  ])("%s: the best of many plain descents on (P0) is no lower", (_, input, d) => {
    const found = inDimension(input, d, 16);
    const p = problem(input);
    const values = Array.from({ length: 24 }, (_, seed) => brute(p, d, seed));
    const best = Math.min(...values);
    expect(found.objective).toBeLessThan(best * (1 + 1e-7));
    // And it is one of its values: the descents find the same minimum, from above.
    expect(best).toBeLessThan(found.objective * (1 + 2e-3));
    expect(found.rank).toBeLessThanOrEqual(d);
  });

  it("the objective is that of its Z and b, and falls with d to the certified optimum", () => {
    const input = { counts: [100, 60, 30, 10], lambdaZ: 0.003, lambdaB: 0.01 };
    const p = problem(input);
    const optimum = summarize(p);
    expect(optimum.rank).toBe(3);
    const values = [1, 2].map((d) => {
      const found = inDimension(input, d);
      const loss = p.counts.reduce((sum, m, k) => {
        const u = found.Z.map((row, i) => row[k] + found.b[i]);
        return sum + (m / p.N) * (Math.log(u.reduce((total, x) => total + Math.exp(x), 0)) - u[k]);
      }, 0);
      const penalty =
        p.lambdaZ * found.singularValues.reduce((a, b) => a + b, 0) + (p.lambdaB / 2) * found.b.reduce((a, b) => a + b * b, 0);
      expect(Math.abs((loss + penalty) / found.objective - 1)).toBeLessThan(1e-9);
      return found.objective;
    });
    expect(values[1]).toBeLessThan(values[0]);
    expect(optimum.objective).toBeLessThan(values[1]);
  });

  it("knows remedies: a weight is a count, offsets shift the logits, smoothing is another target", () => {
    const [a, b] = [
      inDimension({ counts: [60, 60, 60, 60], lambdaZ: 0.002, weights: [2, 1, 1, 1] }, 2),
      inDimension({ counts: [60, 60, 60, 60], lambdaZ: 0.002, weights: [2, 1, 1, 1], offsets: [1, 1, 1, 1] }, 2),
    ];
    expect(b.objective).toBeCloseTo(a.objective, 9);
    const smooth = inDimension({ counts: [60, 60, 60, 60], lambdaZ: 0.002, smoothing: 0.2 }, 2);
    expect(smooth.gap).toBeGreaterThan(1e-4);
    expect(smooth.dual).toBe(summarize(problem({ counts: [60, 60, 60, 60], lambdaZ: 0.002, smoothing: 0.2 })).dual);
  });

  it("same problem and starts, same numbers", () => {
    const [a, b] = [0, 1].map(() => inDimension({ counts: [50, 40, 30, 20, 10], lambdaZ: 0.003 }, 2, 4));
    expect({ ...a, seconds: 0 }).toEqual({ ...b, seconds: 0 });
  });
});

describe("the least dimension that costs nothing", () => {
  const of = (input: ProblemInput, d: number) => dimensionOf(summarize(problem(input)), d);
  it("is the rank of the optimum: K - 1, fewer where classes merged, 0 at complete collapse", () => {
    expect(of({ counts: [50, 50, 50], lambdaZ: 0.01 }, 2)).toEqual({ asked: 2, least: 2, suffices: true });
    expect(of({ counts: [50, 50, 50], lambdaZ: 0.01 }, 1)).toEqual({ asked: 1, least: 2, suffices: false });
    // The minority is one vector (theory, section 5 (b)).
    expect(of({ counts: [500, 500, 500, 10, 10, 10], lambdaZ: 0.003 }, 3)).toEqual({ asked: 3, least: 3, suffices: true });
    expect(of({ counts: [50, 50], lambdaZ: 1 }, 1).least).toBe(0);
  });

  it("nonnegative features need a direction a class that lives, and are refused in fewer", () => {
    const input = { counts: [500, 500, 500, 10, 10, 10], lambdaZ: 0.003, nonnegative: true };
    expect(of(input, 3)).toEqual({ asked: 3, least: 3, suffices: true });
    expect(() => of(input, 2)).toThrow(/^dimension: expected at least 3 with nonnegative features.* got 2/);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses d = %f", (d) => {
    expect(() => of({ counts: [5, 3], lambdaZ: 0.01 }, d)).toThrow(/^dimension: expected a whole number of at least 1, got/);
  });

  it("refuses starts that are none", () => {
    const p = problem({ counts: [5, 5, 5], lambdaZ: 0.01 });
    expect(() => predictInDimension(p, summarize(p), { d: 1, starts: 0 })).toThrow(
      /^starts: expected a whole number of at least 1, got 0/,
    );
    expect(() => predictInDimension(p, summarize(p), { d: 2 })).toThrow(
      /^dimension: expected less than the rank of the optimum, 2, got 2/,
    );
  });
});
