import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { type LayerNormPrediction, layerNormBound, predictLayerNorm, settledLayerNorm } from "../../src/prediction/index.ts";
import { searchReason } from "../../src/prediction/search.ts";
import { type LayerNormProblem, layerNormProblem, type ProblemInput } from "../../src/problem/index.ts";
import { layerNormModel } from "../../src/solver/layer-norm-model.ts";
import { balanced, codeValue, crossPolytope, simplex } from "../../src/theory/index.ts";

const asked = (more: Partial<ProblemInput>): LayerNormProblem =>
  layerNormProblem({ counts: [5, 5], weightDecay: 0.01, ends: "layer-norm", width: 256, ...more });
const found = (more: Partial<ProblemInput>, starts?: number): LayerNormPrediction =>
  predictLayerNorm(asked(more), { starts }).prediction;

describe("a network that ends in layer normalization", () => {
  test("ten balanced classes: five pairs, the closed forms beside, never certified", () => {
    const p = found({ counts: new Array(10).fill(100) });
    expect(p).toMatchObject({
      method: "layer-norm",
      certified: false,
      dual: null,
      gap: null,
      rank: 5,
      vanished: [],
      phase: null,
    });
    expect(p.problem).toMatchObject({
      ends: "layer-norm",
      width: 256,
      weightDecay: 0.01,
      lambdaZ: null,
      lambdaH: null,
      lambdaNorm: 0.01,
    });
    expect(p.geometry).toMatchObject({ name: "cross-polytope", rank: 5 });
    const strength = 0.01 / 16;
    expect(p.closedForms?.crossPolytope).toBeCloseTo(codeValue(crossPolytope(10), strength).objective, 14);
    expect(p.closedForms?.simplex).toBeCloseTo(codeValue(simplex(10), strength).objective, 14);
    expect(p.objective).toBeCloseTo(p.closedForms?.crossPolytope as number, 10);
    // Z: c within pairs, which the closed form gives; singular values 2c sqrt(n) of each pair.
    const { own } = codeValue(crossPolytope(10), strength);
    for (const [k, l] of p.geometry?.pairs ?? []) {
      expect(p.Z[k][k]).toBeCloseTo(own, 5);
      expect(p.Z[l][k]).toBeCloseTo(-own, 5);
      expect(p.cosines[k][l]).toBeCloseTo(-1, 9);
    }
    for (const s of p.singularValues.slice(0, 5)) expect(s).toBeCloseTo(20 * own, 4);
    expect(p.singularValues.slice(5)).toEqual([0, 0, 0, 0, 0]);
    expect(p.summary).toMatchObject({ own: 10, outvoted: 0, faded: 0, merged: 0, offsetsRestore: true });
    expect(p.classes.map((c) => c.status)).toEqual(new Array(10).fill("own"));
    for (const c of p.classes) {
      expect(c.margin).toBeCloseTo(own, 4);
      expect(c.pOwn).toBeCloseTo(1 / (1 + 8 * Math.exp(-own) + Math.exp(-2 * own)), 8);
      // Nearest are the 8 at right angles: sqrt(2) beside 2.
      expect(c.distance).toBeCloseTo(Math.SQRT1_2, 6);
    }
    expect(p.search.found).toBeGreaterThan(0);
    expect(p.search.objectives).toHaveLength(16);
    expect(p.notes).toEqual([]);
  });

  // theory.md, section 9.4: singular values of Z (diag n/N)^(1/2) of a trained network, whose three pairs of unlike classes descent keeps.
  test("settling at given pairs: the pairing of a trained network, and what it costs", () => {
    const problem = asked({ counts: [500, 500, 500, 500, 500, 100, 100, 100, 100, 100] });
    const pairs = [
      [0, 1],
      [2, 5],
      [3, 6],
      [4, 7],
      [8, 9],
    ];
    const Z = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
    for (const [k, l] of pairs) {
      Z[k][k] = Z[l][l] = 7;
      Z[k][l] = Z[l][k] = -7;
    }
    const { network, geometry } = settledLayerNorm(problem, Z);
    expect(geometry).toMatchObject({ name: "cross-polytope", pairs });
    const best = found({ counts: [...problem.counts] });
    const dearer = network.objective / best.objective - 1;
    expect(dearer).toBeGreaterThan(1e-4);
    expect(dearer).toBeLessThan(0.01);
    expect(() => settledLayerNorm(problem, Z.slice(1))).toThrow(/^Z: expected 10 rows of 10 finite numbers/);
  });

  test("unequal counts, remedies: no closed forms; odd K, K = 2, few channels: what is known is said", () => {
    expect(found({ counts: [5, 4] }, 2).closedForms).toBeNull();
    expect(found({ weights: [1, 2] }, 2).closedForms).toBeNull();
    const two = found({}, 2);
    expect(two.geometry).toMatchObject({ name: "simplex", pairs: [[0, 1]], rank: 1 });
    expect(two.notes).toEqual([expect.stringContaining("one antipodal pair")]);
    const five = found({ counts: [5, 5, 5, 5, 5], weightDecay: 0.03 });
    expect(five.closedForms?.crossPolytope).toBeNull();
    expect(five.geometry).toMatchObject({ name: "cross-polytope", rank: 3 });
    expect(five.objective).toBeLessThan(five.closedForms?.simplex as number);
    expect(five.notes).toEqual([expect.stringContaining("odd number")]);
    expect(found({ counts: [5, 5, 5], weightDecay: 0.03 }, 4)).toMatchObject({ geometry: { name: "simplex" } });
    expect(found({ counts: [5, 5, 5, 5], width: 8 }).notes).toEqual([expect.stringMatching(/^8 channels are few for 4 classes/)]);
  });

  test("complete collapse has no geometry", () => {
    const p = found({ counts: [5, 5, 5, 5], width: 4, weightDecay: 1.5 }, 2);
    expect(p).toMatchObject({
      geometry: null,
      vanished: [0, 1, 2, 3],
      closedForms: { simplex: Math.log(4), crossPolytope: Math.log(4) },
    });
    expect(p.summary.merged).toBe(4);
    // Settled from other predictions it is the same: what rounding leaves of 0 has no figure.
    const problem = asked({ counts: [5, 5, 5, 5], width: 4, weightDecay: 1.5 });
    const Z = Array.from({ length: 4 }, (_, i) => Array.from({ length: 4 }, (_, k) => (i === k ? 1 : 0)));
    const settled = settledLayerNorm(problem, Z);
    expect(settled.network.objective).toBeCloseTo(Math.log(4), 9);
    expect(settled.geometry).toBeNull();
    expect(p.clusters).toMatchObject([{ merged: true, size: 4, count: 5 }]);
  });

  test("a search that missed a value known in closed form says so", () => {
    // Four classes, two starts: two pairs, 0.3 to 4 % above the simplex (docs/endings.md).
    const few = found({ counts: [5, 5, 5, 5], width: 64 }, 2);
    expect(few.geometry).toMatchObject({ name: "cross-polytope" });
    expect(few.objective).toBeCloseTo(codeValue(crossPolytope(4), 0.01 / 8).objective, 9);
    const simplexValue = codeValue(simplex(4), 0.01 / 8).objective;
    expect(few.objective).toBeGreaterThan(1.003 * simplexValue);
    expect(few.notes).toEqual([expect.stringContaining(`in closed form, ${simplexValue.toPrecision(12)}: that is the better`)]);
    expect(found({ counts: [5, 5, 5, 5], width: 64 }).notes).toEqual([]);
  });

  test("exchanges that ended before all were tried are said", () => {
    const p = found({ counts: [5, 4, 3] }, 2);
    expect(p.search.exhausted).toBe(true);
    expect(p.reason).toMatch(/improved by exchanging classes, and nothing proves/);
    expect(searchReason({ ...p.search, exchanges: 300, exhausted: false })).toMatch(/\(300 exchanges, not all there are\)/);
    expect(found({ counts: [5, 5, 5] }, 2).reason).not.toMatch(/exchanging/);
  });

  test("starts: at least one", () => {
    for (const starts of [0, -1, 1.5, Number.NaN])
      expect(() => predictLayerNorm(asked({}), { starts })).toThrow(
        /^starts: expected a whole number of descents, at least 1, got/,
      );
  });
});

describe("the lower bound", () => {
  test("balanced: the value of the convex model's closed form", () => {
    const [K, n, lambda, d] = [10, 100, 0.01, 256];
    const lambdaZ = lambda / Math.sqrt(d * K * n);
    const a = balanced(K, n, lambdaZ);
    const value = Math.log1p((K - 1) * Math.exp(-K * a)) + lambdaZ * Math.sqrt(n) * K * (K - 1) * a;
    expect(layerNormBound(asked({ counts: new Array(K).fill(n) }))).toBeCloseTo(value, 7);
  });

  test("no network lies below it, with any remedies", () => {
    const g = random(5);
    for (let i = 0; i < 25; i++) {
      const K = 2 + g.integer(5);
      const p = asked({
        counts: Array.from({ length: K }, () => Math.ceil(10 ** (3 * g.uniform()))),
        width: K + g.integer(20),
        weightDecay: 10 ** (-3 + 2.5 * g.uniform()),
        normWeightDecay: 10 ** (-3 + 2.5 * g.uniform()),
        biasWeightDecay: [0, 0.01, Number.POSITIVE_INFINITY][i % 3],
        weights: i % 2 ? Array.from({ length: K }, () => 0.3 + g.uniform()) : null,
        offsets: i % 4 === 1 ? Array.from({ length: K }, () => g.normal()) : null,
        factors: i % 4 === 2 ? Array.from({ length: K }, () => 0.5 + g.uniform()) : null,
        smoothing: i % 5 === 1 ? 0.1 : 0,
      });
      const bound = layerNormBound(p);
      expect(bound).toBeGreaterThan(0);
      const { prediction, network } = predictLayerNorm(p, { starts: 3 });
      expect(prediction.objective).toBeGreaterThanOrEqual(bound);
      expect(network.objective).toBe(prediction.objective);
      const { look, at } = layerNormModel(p);
      for (let j = 0; j < 20; j++) {
        const x = Float64Array.from({ length: at.end }, () => g.normal() * 10 ** (g.uniform() - 0.5));
        expect(look(x).value).toBeGreaterThanOrEqual(bound);
      }
    }
  });
});
