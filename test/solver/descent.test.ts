import { describe, expect, it } from "vitest";
import { predict } from "../../src/prediction/index.ts";
import { type Problem, problem } from "../../src/problem/index.ts";
import { type Descent, descend } from "../../src/solver/index.ts";

const counts = [500, 500, 500, 500, 500, 100, 100, 100, 100, 100];
const at = (nonnegative: boolean): Problem => problem({ counts, lambdaZ: 0.0027, lambdaB: 0.02, nonnegative });

/**
 * The optimum of (UFM+) with given classes held at 0, by a route of its own: proximal gradient steps on all columns (a column shrinks by
 * step * lambda_Z sqrt(n_k)) and gradient steps on b.
 */
function withDead({ K, N, lambdaZ, lambdaB }: Problem, dead: readonly number[]): number {
  const Z = Array.from({ length: K }, () => new Float64Array(K));
  const b = new Float64Array(K);
  let f = 0;
  for (let t = 0; t < 6000; t++) {
    f = 0;
    const force = new Float64Array(K);
    for (let k = 0; k < K; k++) {
      const z = Z[k];
      const e = z.map((x, i) => Math.exp(x + b[i]));
      const sum = e.reduce((x, y) => x + y, 0);
      f += (counts[k] / N) * (Math.log(sum) - z[k] - b[k]) + lambdaZ * Math.sqrt(counts[k]) * Math.hypot(...z);
      const g = e.map((x, i) => x / sum - (i === k ? 1 : 0));
      g.forEach((x, i) => {
        force[i] += (counts[k] / N) * x;
      });
      if (dead.includes(k)) continue;
      // Column k alone has curvature n_k/(2N) at most; half of the step it allows, since b moves too.
      const step = N / counts[k];
      const moved = z.map((x, i) => x - step * (counts[k] / N) * g[i]);
      const length = Math.hypot(...moved);
      const shrunk = Math.max(0, 1 - (step * lambdaZ * Math.sqrt(counts[k])) / length);
      Z[k] = moved.map((x) => x * shrunk);
    }
    for (let i = 0; i < K; i++) {
      f += (lambdaB / 2) * b[i] ** 2;
      b[i] -= 0.8 * (force[i] + lambdaB * b[i]);
    }
  }
  return f;
}

/** Largest violation of the optimality of W and H, relative: the gradient, without what points out of h >= 0. */
function residual(p: Problem, { W, H, Z, b, d }: Descent): number {
  const { K, N, lambdaW, lambdaH } = p;
  let worst = 0;
  let scale = 0;
  const R = Array.from({ length: K }, (_, k) => {
    const e = Array.from({ length: K }, (_, i) => Math.exp(Z[i][k] + b[i]));
    const sum = e.reduce((x, y) => x + y, 0);
    return e.map((x, i) => x / sum - (i === k ? 1 : 0));
  });
  for (let l = 0; l < d; l++) {
    for (let k = 0; k < K; k++) {
      let forW = lambdaW * W[k * d + l];
      let forH = lambdaH * counts[k] * H[k * d + l];
      scale = Math.max(scale, Math.abs(forW), Math.abs(forH));
      for (let i = 0; i < K; i++) {
        forW += (counts[i] / N) * R[i][k] * H[i * d + l];
        forH += (counts[k] / N) * R[k][i] * W[i * d + l];
      }
      if (p.nonnegative && H[k * d + l] === 0) forH = Math.min(0, forH);
      worst = Math.max(worst, Math.abs(forW), Math.abs(forH));
    }
  }
  return worst / scale;
}

/** Length of the gradient in the variables that descent moves, without what points out of h >= 0. */
function steepness({ N, K, lambdaW, lambdaH, lambdaB, nonnegative }: Problem, { W, H, Z, b, d }: Descent): number {
  let sum = 0;
  const force = new Float64Array(K);
  const R = Array.from({ length: K }, (_, k) => {
    const e = b.map((x, i) => Math.exp(Z[i][k] + x));
    const total = e.reduce((x, y) => x + y, 0);
    const y = e.map((x, i) => (counts[k] / N) * (x / total - (i === k ? 1 : 0)));
    y.forEach((x, i) => {
      force[i] += x;
    });
    return y;
  });
  for (let l = 0; l < d; l++)
    for (let k = 0; k < K; k++) {
      let forW = lambdaW * W[k * d + l];
      let forH = lambdaH * counts[k] * H[k * d + l];
      for (let i = 0; i < K; i++) {
        forW += R[i][k] * H[i * d + l];
        forH += R[k][i] * W[i * d + l];
      }
      sum += forW ** 2 / lambdaW;
      if (!(nonnegative && H[k * d + l] === 0 && forH > 0)) sum += forH ** 2 / (lambdaH * counts[k]);
    }
  force.forEach((x, i) => {
    sum += (x + lambdaB * b[i]) ** 2 / lambdaB;
  });
  return Math.sqrt(sum);
}

/** Largest cosine-like w_l (e_k - p_k) / |w_l| over the rows of W, for a class with z_k = 0; 0 for a row that is not used. */
function mostTowards({ W, b, d }: Descent, k: number): number {
  const K = b.length;
  const e = b.map(Math.exp);
  const sum = e.reduce((x, y) => x + y, 0);
  const rows = Array.from({ length: d }, (_, l) => Array.from({ length: K }, (_, k) => W[k * d + l]));
  return Math.max(
    ...rows.map((w) => {
      const length = Math.hypot(...w);
      return length < 1e-6 ? 0 : w.reduce((x, y, i) => x + y * ((i === k ? 1 : 0) - e[i] / sum), 0) / length;
    }),
  );
}

describe("gradient descent on the factored problem (5 x 500, 5 x 100, lambda_Z 0.0027, lambda_b 0.02)", () => {
  it("free features: every start ends at the certified optimum", () => {
    const { objective } = predict(at(false));
    for (const [d, scale] of [
      [10, 0.1],
      [20, 0.01],
      [20, 1],
      [64, 0.1],
    ])
      for (let seed = 1; seed <= 5; seed++) {
        const run = descend(at(false), { seed, d, scale });
        expect(run.status).toBe("converged");
        expect(Math.abs(run.objective / objective - 1)).toBeLessThan(1e-9);
      }
  });

  it("a bias without a penalty: it ends at the certified optimum too, free features with the bias of least norm", () => {
    const p = problem({ counts, lambdaZ: 0.0027, lambdaB: 0 });
    const { objective, b, Z } = predict(p);
    for (let seed = 1; seed <= 3; seed++) {
      const run = descend(p, { seed });
      expect(run.status).toBe("converged");
      expect(Math.abs(run.objective / objective - 1)).toBeLessThan(1e-9);
      for (const [k, x] of run.b.entries()) expect(Math.abs(x - b[k])).toBeLessThan(1e-4);
      expect(Math.abs(run.Z[0][0] - Z[0][0])).toBeLessThan(1e-3);
      expect(residual(p, run)).toBeLessThan(1e-6);
    }
  });

  it("nonnegative features: descent converges to traps with 0 to 5 dead minority classes, whose objectives a second route confirms", () => {
    const p = at(true);
    const traps = [0, 1, 2, 3, 4, 5].map((m) => withDead(p, [5, 6, 7, 8, 9].slice(0, m)));
    expect(traps[0]).toBeCloseTo(predict(p).objective, 9);
    const seen = new Set<number>();
    for (const d of [10, 20])
      for (let seed = 1; seed <= 20; seed++) {
        const run = descend(p, { seed, d });
        expect(run.status).toBe("converged");
        expect(residual(p, run)).toBeLessThan(1e-6);
        expect(run.H.every((h) => h >= 0)).toBe(true);
        // Never below the certified bound.
        expect(run.objective).toBeGreaterThan(traps[0] * (1 - 1e-9));
        expect(run.dead.every((k) => k >= 5)).toBe(true);
        // A local minimum: no coordinate is unused, and every row of W points away from the dead classes, w_l (e_k - p_k) < 0.
        for (const k of run.dead) expect(mostTowards(run, k)).toBeLessThan(-0.01);
        const m = run.dead.length;
        if (Math.abs(run.objective / traps[m] - 1) < 1e-7) seen.add(m);
      }
    // The other ends are traps too: two minority classes on one direction.
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("converged: the gradient is a billionth of what it was at the start, with everything in it but what points out of h >= 0", () => {
    for (const nonnegative of [false, true])
      for (let seed = 1; seed <= 8; seed++) {
        const p = at(nonnegative);
        const start = descend(p, { seed, maxSteps: 0 });
        expect(start.status).toBe("limit");
        expect(steepness(p, descend(p, { seed }))).toBeLessThanOrEqual(1.001e-9 * steepness(p, start));
      }
  });

  it("the same seed, the same run", () => {
    const run = () => descend(at(true), { seed: 3 });
    expect(run()).toEqual(run());
    expect(() => descend(problem({ counts, lambdaZ: 0.01, smoothing: 0.1 }), { seed: 1 })).toThrow(RangeError);
  });
});
