import { describe, expect, test } from "vitest";
import { type Evaluated, lbfgsNow } from "../../src/math/index.ts";
import { random } from "../../src/math/random.ts";
import { type LayerNormProblem, layerNormProblem, type ProblemInput } from "../../src/problem/index.ts";
import { type LayerNormSolution, searchLayerNorm, settleLayerNorm } from "../../src/solver/index.ts";
import { layerNormModel } from "../../src/solver/layer-norm-model.ts";
import { codeValue, crossPolytope, simplex } from "../../src/theory/index.ts";

const asked = (more: Partial<ProblemInput>): LayerNormProblem =>
  layerNormProblem({ counts: [5, 5], weightDecay: 0.01, ends: "layer-norm", width: 256, ...more });

/** A network of d channels as it stands on the page: W (K x d), gamma, beta (d), u_k (rows of d, |u_k|^2 = d), b (K). */
interface Network {
  W: number[][];
  gamma: number[];
  beta: number[];
  u: number[][];
  b: number[];
}

/** The objective of the page, term by term; shares nothing with the model of the solver. */
function objective(p: LayerNormProblem, { W, gamma, beta, u, b }: Network): number {
  const squares = (x: number[]): number => x.reduce((sum, v) => sum + v * v, 0);
  let loss = 0;
  p.counts.forEach((n, k) => {
    const logits = W.map(
      (row, i) =>
        (p.factors?.[i] ?? 1) * (row.reduce((sum, w, c) => sum + w * (gamma[c] * u[k][c] + beta[c]), 0) + b[i]) +
        (p.offsets?.[i] ?? 0),
    );
    const top = Math.max(...logits);
    const logSum = top + Math.log(logits.reduce((sum, v) => sum + Math.exp(v - top), 0));
    const target = logits.map((_, i) => (i === k ? 1 - p.smoothing : 0) + p.smoothing / p.K);
    loss += (n / p.N) * (p.weights?.[k] ?? 1) * logits.reduce((sum, v, i) => sum + target[i] * (logSum - v), 0);
  });
  const bias = Number.isFinite(p.lambdaB) ? (p.lambdaB / 2) * squares(b) : 0;
  return loss + (p.lambdaW / 2) * squares(W.flat()) + (p.lambdaNorm / 2) * (squares(gamma) + squares(beta)) + bias;
}

/** The solver's network among d channels: what |u_k|^2 lacks of d goes to a channel that nobody reads. */
function inFull(p: LayerNormProblem, s: LayerNormSolution): Network {
  const d = Math.max(p.width, s.channels);
  const rows = (flat: Float64Array): number[][] =>
    Array.from({ length: p.K }, (_, k) => Array.from({ length: d }, (_, c) => (c < s.channels ? flat[k * s.channels + c] : 0)));
  const u = rows(s.U).map((row) => {
    const left = d - row.reduce((sum, x) => sum + x * x, 0);
    expect(left).toBeGreaterThan(-1e-9 * d);
    return left > 1e-9 * d ? [...row.slice(0, -1), Math.sqrt(left)] : row;
  });
  const padded = (values: Float64Array): number[] => Array.from({ length: d }, (_, c) => values[c] ?? 0);
  return { W: rows(s.W), gamma: padded(s.gamma), beta: padded(s.beta), u, b: [...s.b] };
}

/**
 * Minimizes the objective of the page over all d channels, without remedies, from a random start. `centre`: u has mean 0 over its channels, as layer normalization makes it. Value by `objective`,
 * the gradient written out here channel by channel.
 */
function direct(p: LayerNormProblem, seed: number, centre: boolean): number {
  const { K, N, width: d } = p;
  const [atGamma, atBeta, atU, atB] = [K * d, K * d + d, K * d + 2 * d, 2 * K * d + 2 * d];
  const row = (x: Float64Array, from: number): number[] => Array.from(x.subarray(from, from + d));
  const look = (x: Float64Array): Evaluated => {
    const gradient = new Float64Array(x.length);
    const lengths: number[] = [];
    const u = Array.from({ length: K }, (_, k) => {
      const v = row(x, atU + k * d);
      const mean = centre ? v.reduce((a, b) => a + b, 0) / d : 0;
      lengths.push(Math.sqrt(v.reduce((sum, y) => sum + (y - mean) ** 2, 0) / d));
      return v.map((y) => (y - mean) / lengths[k]);
    });
    const W = Array.from({ length: K }, (_, i) => row(x, i * d));
    const [gamma, beta, b] = [row(x, atGamma), row(x, atBeta), Array.from(x.subarray(atB))];
    for (let k = 0; k < K; k++) {
      const h = u[k].map((y, c) => gamma[c] * y + beta[c]);
      const e = W.map((w, i) => Math.exp(w.reduce((sum, y, c) => sum + y * h[c], b[i])));
      const total = e.reduce((sum, y) => sum + y, 0);
      const force = new Array<number>(d).fill(0);
      for (let i = 0; i < K; i++) {
        const r = (p.counts[k] / N) * (e[i] / total - (i === k ? 1 : 0));
        gradient[atB + i] += r;
        for (let c = 0; c < d; c++) {
          gradient[i * d + c] += r * h[c];
          force[c] += r * W[i][c];
        }
      }
      const along = force.reduce((sum, f, c) => sum + f * gamma[c] * u[k][c], 0) / d;
      const mean = centre ? force.reduce((sum, f, c) => sum + f * gamma[c], 0) / d : 0;
      for (let c = 0; c < d; c++) {
        gradient[atGamma + c] += force[c] * u[k][c];
        gradient[atBeta + c] += force[c];
        gradient[atU + k * d + c] = (force[c] * gamma[c] - mean - along * u[k][c]) / lengths[k];
      }
    }
    for (let i = 0; i < atGamma; i++) gradient[i] += p.lambdaW * x[i];
    for (let i = atGamma; i < atU; i++) gradient[i] += p.lambdaNorm * x[i];
    for (let i = atB; i < x.length; i++) gradient[i] += p.lambdaB * x[i];
    return { value: objective(p, { W, gamma, beta, u, b }), gradient };
  };
  const generator = random(seed);
  const start = Float64Array.from({ length: atB + K }, () => generator.normal());
  return lbfgsNow(look, start, { evaluations: 2000, gradient: 1e-9 }).value;
}

const bestOf = (n: number, of: (seed: number) => number): number => Math.min(...Array.from({ length: n }, (_, seed) => of(seed)));

describe("the model of few channels", () => {
  test.each([0.05, 40])("its gradient is that of its value, with every remedy, shift and a bias that decays with %d", (decay) => {
    const p = asked({
      counts: [30, 20, 10, 5],
      width: 7,
      normWeightDecay: 0.02,
      biasWeightDecay: decay,
      weights: [1, 2, 3, 4],
      offsets: [0.1, 0.2, 0, -0.3],
      factors: [1, 1.2, 0.8, 1],
      smoothing: 0.1,
    });
    const { look, at } = layerNormModel(p);
    const generator = random(1);
    const x = Float64Array.from({ length: at.end }, () => generator.normal());
    const { gradient } = look(x);
    for (let i = 0; i < x.length; i++) {
      const [high, low] = [x.slice(), x.slice()];
      high[i] += 1e-5;
      low[i] -= 1e-5;
      expect(gradient[i]).toBeCloseTo((look(high).value - look(low).value) / 2e-5, 8);
    }
  });

  test("what is found is a network of d channels whose objective, term by term, is the value", () => {
    const problems: Partial<ProblemInput>[] = [
      { counts: [50, 40, 10, 5], width: 64, normWeightDecay: 0.03, biasWeightDecay: 0.002 },
      { counts: [50, 50, 5, 5, 5], width: 3, weightDecay: 0.03 },
      { counts: [9, 9, 9], width: 8, biasWeightDecay: Number.POSITIVE_INFINITY, normWeightDecay: 0.001 },
      {
        counts: [50, 40, 10, 5],
        width: 16,
        weights: [1, 1, 2, 4],
        offsets: [1, 0, 0, -1],
        factors: [1, 1, 0.9, 0.7],
        smoothing: 0.05,
      },
    ];
    for (const more of problems) {
      const p = asked(more);
      const { best } = searchLayerNorm(p, { starts: 4 });
      expect(objective(p, inFull(p, best)) / best.objective).toBeCloseTo(1, 10);
      expect(best.gradient).toBeLessThan(1e-7);
      for (let i = 0; i < p.K; i++)
        for (let k = 0; k < p.K; k++) {
          let z = 0;
          for (let c = 0; c < best.channels; c++) z += best.W[i * best.channels + c] * best.H[k * best.channels + c];
          expect(best.Z[i * p.K + k]).toBeCloseTo(z, 10);
        }
    }
  });

  test("descents over all d channels end where it ends, and never lower", () => {
    for (const more of [
      { counts: [8, 4, 1], width: 6, weightDecay: 0.05 },
      { counts: [8, 8, 2, 2], width: 5, weightDecay: 0.03, normWeightDecay: 0.06, biasWeightDecay: 0.3 },
    ]) {
      const p = asked(more);
      const { best } = searchLayerNorm(p);
      const brute = bestOf(12, (seed) => direct(p, seed, false));
      expect(brute / best.objective).toBeGreaterThan(1 - 1e-9);
      expect(brute / best.objective).toBeLessThan(1 + 1e-6);
    }
  });

  test("with the mean over channels taken out too, the minimum lies between that of d channels and that of d less the rank", () => {
    const at = (width: number): number =>
      searchLayerNorm(asked({ counts: [4, 4, 4, 4], width, weightDecay: 0.05 })).best.objective;
    const p = asked({ counts: [4, 4, 4, 4], width: 8, weightDecay: 0.05 });
    const centred = bestOf(6, (seed) => direct(p, seed, true));
    expect(centred).toBeGreaterThan(at(8) * (1 - 1e-9));
    expect(centred).toBeLessThan(at(5) * (1 + 1e-9));
  });
});

describe("the search", () => {
  // theory.md, section 9.4, d = 256: found there by another program.
  test.each([
    [4, 0.01, simplex(4)],
    [6, 0.01, crossPolytope(6)],
    [10, 0.003, crossPolytope(10)],
    [10, 0.03, crossPolytope(10)],
  ])("%d balanced classes, lambda %d: the closed form", (K, lambda, code) => {
    const p = asked({ counts: new Array(K).fill(7), weightDecay: lambda });
    const { best, found, objectives, exchanges } = searchLayerNorm(p);
    expect(best.objective / codeValue(code, p.strength).objective).toBeCloseTo(1, 9);
    // Starts that ended at the closed form's value.
    const least = codeValue(code, p.strength).objective;
    expect(found).toBe(objectives.filter((x) => Math.abs(x / least - 1) <= 1e-6).length);
    expect(found).toBeGreaterThan(0);
    expect(found).toBeGreaterThan(0);
    expect(objectives).toHaveLength(16);
    expect(exchanges).toBe(0);
  });

  test("16 balanced classes: the half cube, in 5 dimensions, not 8 pairs", () => {
    const p = asked({ counts: new Array(16).fill(3), weightDecay: 0.003 });
    const { best } = searchLayerNorm(p);
    const cube = {
      K: 16,
      rank: 5,
      sees: [
        { cosine: 0.2, times: 10 },
        { cosine: -0.6, times: 5 },
      ],
    };
    expect(best.objective / codeValue(cube, p.strength).objective).toBeCloseTo(1, 9);
  });

  test("in as many channels as pairs, the pairs", () => {
    const p = asked({ counts: new Array(6).fill(3), width: 3 });
    expect(searchLayerNorm(p).best.objective / codeValue(crossPolytope(6), p.strength).objective).toBeCloseTo(1, 9);
  });

  test("all classes of their own count: like with like, which exchanges find", () => {
    const p = asked({ counts: [400, 200, 100, 50, 25, 12] });
    const { best, exchanges } = searchLayerNorm(p, { starts: 3 });
    expect(exchanges).toBeGreaterThan(0);
    const r = best.channels;
    const cosine = (k: number, l: number): number => {
      let dot = 0;
      for (let c = 0; c < r; c++) dot += best.U[k * r + c] * best.U[l * r + c];
      return dot / p.width;
    };
    for (const k of [0, 2, 4]) expect(cosine(k, k + 1)).toBeLessThan(-0.99);
    // Every other pairing, as descent settles it from its own pairs, is dearer.
    const pairings = [
      [0, 2, 1, 3, 4, 5],
      [0, 3, 1, 2, 4, 5],
      [0, 5, 1, 4, 2, 3],
      [0, 1, 2, 4, 3, 5],
    ];
    for (const order of pairings) {
      const Z = new Float64Array(36);
      for (let i = 0; i < 6; i += 2)
        for (const [row, column, sign] of [
          [order[i], order[i], 1],
          [order[i + 1], order[i], -1],
          [order[i], order[i + 1], -1],
          [order[i + 1], order[i + 1], 1],
        ])
          Z[row * 6 + column] = 7 * sign;
      expect(settleLayerNorm(p, Z).objective).toBeGreaterThan(best.objective * (1 + 1e-5));
    }
  });

  test("the same starts give the same numbers, and a decay above the threshold collapses", () => {
    const p = asked({ counts: [20, 10, 5, 1] });
    expect(searchLayerNorm(p, { starts: 3 })).toEqual(searchLayerNorm(p, { starts: 3 }));
    const collapsed = searchLayerNorm(asked({ counts: [5, 5, 5, 5], width: 4, weightDecay: 1.5, biasWeightDecay: 0 }), {
      starts: 2,
    }).best;
    expect(collapsed.objective).toBeCloseTo(Math.log(4), 14);
    expect(Math.max(...collapsed.Z.map(Math.abs))).toBe(0);
  });

  test("settling from a solution's own predictions, with anything added to all logits, stays there", () => {
    const p = asked({ counts: [60, 60, 20, 20, 5, 5], weightDecay: 0.02 });
    const { best } = searchLayerNorm(p, { starts: 4 });
    const moved = best.Z.map((z, e) => z + (e % p.K));
    expect(settleLayerNorm(p, moved).objective / best.objective).toBeCloseTo(1, 9);
    // From nothing only the bias moves: log sum exp(b) - sum (n_k/N) b_k + (lambda/2)|b|^2, by steps against its gradient.
    const shares = p.counts.map((n) => n / p.N);
    let b = shares.map(() => 0);
    const powers = (): number[] => {
      const e = b.map(Math.exp);
      const total = e.reduce((sum, x) => sum + x, 0);
      return e.map((x) => x / total);
    };
    for (let step = 0; step < 4000; step++) {
      const q = powers();
      b = b.map((x, k) => x - (q[k] - shares[k] + 0.02 * x));
    }
    const value =
      Math.log(b.reduce((sum, x) => sum + Math.exp(x), 0)) + b.reduce((sum, x, k) => sum + 0.01 * x * x - shares[k] * x, 0);
    expect(settleLayerNorm(p, new Float64Array(36)).objective).toBeCloseTo(value, 11);
  });
});

describe("at the ends of the decays that are accepted", () => {
  const ofThree = (more: Partial<ProblemInput>): [LayerNormProblem, LayerNormSolution] => {
    const p = asked({ counts: [7, 7, 7], width: 16, ...more });
    return [p, searchLayerNorm(p, { starts: 2 }).best];
  };

  test.each([
    [1e-100, 1e-100, 1e-100],
    [1e-100, 1e10, 0],
    [1e10, 1e-100, Number.POSITIVE_INFINITY],
    [1e-40, 1e-40, 1e10],
  ])("head %d, scale and shift %d, bias %d: the simplex's closed form, in finite numbers", (weightDecay, norm, bias) => {
    const [p, best] = ofThree({ weightDecay, normWeightDecay: norm, biasWeightDecay: bias });
    expect(best.objective / codeValue(simplex(3), p.strength).objective).toBeCloseTo(1, 9);
    for (const values of [best.W, best.gamma, best.beta, best.U, best.H, best.Z, best.b])
      expect(values.every(Number.isFinite)).toBe(true);
  });

  test("strong decays: everything collapses, never more than Z = 0 costs", () => {
    for (const weightDecay of [10, 1e4, 1e10]) {
      const [, best] = ofThree({ weightDecay });
      expect(best.objective).toBeCloseTo(Math.log(3), 14);
      expect(best.Z.every((z) => z === 0)).toBe(true);
    }
  });

  test("a bias that decays as strongly as can be is none", () => {
    const at = (biasWeightDecay: number): number =>
      searchLayerNorm(asked({ counts: [9, 3, 1], biasWeightDecay }), { starts: 4 }).best.objective;
    expect(at(1e10) / at(Number.POSITIVE_INFINITY)).toBeCloseTo(1, 9);
  });
});
