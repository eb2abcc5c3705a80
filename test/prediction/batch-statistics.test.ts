import { describe, expect, test } from "vitest";
import { random } from "../../src/math/index.ts";
import { batchObjective, drawBatches, sizeOf } from "../../src/prediction/batch-model.ts";
import { batchMinimum, batchRange, predict, summarize } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";

/** Where training on statistics of batches ends (theory, section 9.1). */
const counts = [60, 60, 20, 20];
const decayed = (ends: "batch-norm" | "batch-norm-relu", weightDecay = 0.03) => problem({ counts, weightDecay, ends });

describe("the objective over random batches", () => {
  test.each(["batch-norm", "batch-norm-relu"] as const)("%s: the gradient agrees with central differences", (ends) => {
    const model = { problem: decayed(ends), d: 5, batches: drawBatches(decayed(ends), 13, 6, random(3)) };
    const rng = random(5);
    const at = Float64Array.from({ length: sizeOf(model) }, () => rng.normal());
    const { gradient } = batchObjective(model, at);
    const step = 1e-6;
    for (let i = 0; i < at.length; i++) {
      const value = (shift: number): number => {
        const moved = at.slice();
        moved[i] += shift;
        return batchObjective(model, moved).value;
      };
      // Central differences: rounding 1e-16/1e-6, curvature 1e-12.
      expect(Math.abs(gradient[i] - (value(step) - value(-step)) / (2 * step))).toBeLessThan(2e-8);
    }
  });

  test("a batch normalized sample by sample, with one row a sample, gives the same value", () => {
    const p = decayed("batch-norm-relu");
    const c = [3, 0, 2, 4];
    const model = { problem: p, d: 3, batches: [Int32Array.from(c)] };
    const rng = random(8);
    const at = Float64Array.from({ length: sizeOf(model) }, () => rng.normal());
    const [K, d] = [4, 3];
    const [x, gamma, beta] = [at.slice(0, K * d), at.slice(K * d, K * d + d), at.slice(K * d + d, K * d + 2 * d)];
    const W = at.slice(K * d + 2 * d, 2 * K * d + 2 * d);
    const b = at.slice(2 * K * d + 2 * d);
    const labels = c.flatMap((n, k) => Array.from({ length: n }, () => k));
    const rows = labels.map((k) => Array.from({ length: d }, (_, j) => x[k * d + j]));
    const mean = Array.from({ length: d }, (_, j) => rows.reduce((s, r) => s + r[j], 0) / rows.length);
    const variance = mean.map((m, j) => rows.reduce((s, r) => s + (r[j] - m) ** 2, 0) / rows.length);
    const loss = rows.map((row, i) => {
      const h = row.map((v, j) => Math.max(0, (gamma[j] * (v - mean[j])) / Math.sqrt(variance[j] + 1e-5) + beta[j]));
      const logits = Array.from({ length: K }, (_, l) => b[l] + h.reduce((s, v, j) => s + v * W[l * d + j], 0));
      return Math.log(logits.reduce((s, v) => s + Math.exp(v), 0)) - logits[labels[i]];
    });
    const squares = (values: Float64Array): number => values.reduce((s, v) => s + v * v, 0);
    const decay = 0.03 * (squares(W) + squares(gamma) + squares(beta) + squares(b));
    expect(batchObjective(model, at).value).toBeCloseTo(loss.reduce((a, v) => a + v, 0) / rows.length + decay / 2, 13);
  });
});

describe("where it ends", () => {
  test.each(["batch-norm", "batch-norm-relu"] as const)("%s: one batch of all samples ends at the prediction", (ends) => {
    const p = decayed(ends);
    const found = batchMinimum(p, predict(p), p.N);
    // The variance is known up to epsilon = 1e-5 of it.
    expect(found?.Zerror).toBeLessThan(2e-5);
    expect(found?.objective).toBeCloseTo(predict(p).objective, 5);
  });

  test("behind a ReLU the distance is of order 1/B, and the diagonal ends too large", () => {
    const p = decayed("batch-norm-relu", 0.01);
    const distance = (B: number) => batchMinimum(p, predict(p), B, { batches: 1024 });
    const [small, large] = [distance(20), distance(40)];
    expect(small?.diagonalTooLarge).toBeGreaterThan(0);
    const ratio = (small?.Zerror ?? 0) / (large?.Zerror ?? 0);
    // Without replacement the fluctuation is (1/B)(N - B)/(N - 1): 2 (140/120) = 2.33 in first order.
    expect(ratio).toBeGreaterThan(1.8);
    expect(ratio).toBeLessThan(3);
  });

  test("drawn batches: B samples each, no sample twice before all are used", () => {
    const p = decayed("batch-norm");
    const batches = drawBatches(p, 40, 8, random(1));
    expect(batches).toHaveLength(8);
    for (const c of batches) expect(c.reduce((a, n) => a + n, 0)).toBe(40);
    for (const epoch of [batches.slice(0, 4), batches.slice(4)])
      expect(counts.map((_, k) => epoch.reduce((a, c) => a + c[k], 0))).toEqual(counts);
    expect(drawBatches(p, 500, 8, random(1))).toEqual([Int32Array.from(counts)]);
  });

  test("with remedies, or more classes than can be searched, nothing is claimed", () => {
    const weighted = problem({ counts, weightDecay: 0.03, ends: "batch-norm", weights: [1, 1, 2, 2] });
    expect(batchMinimum(weighted, predict(weighted), 40)).toBeNull();
    const range = batchRange(weighted, 40, summarize(weighted));
    expect(range).toMatchObject({ Zerror: null, diagonalTooLarge: null, smallestClass: 5 });
    expect(range.note).toContain("without remedies");
    const many = problem({ counts: Array.from({ length: 50 }, () => 10), weightDecay: 0.01, ends: "batch-norm" });
    expect(batchRange(many, 40, summarize(many)).Zerror).toBeNull();
  });

  test("the sentence carries the numbers", () => {
    const p = decayed("batch-norm-relu", 0.01);
    const range = batchRange(p, 40, summarize(p));
    expect(range.note).toContain(`Z ends about ${Number((100 * (range.Zerror ?? 0)).toPrecision(2))} % from this prediction`);
    expect(range.note).toContain("searched, not proved");
  });
});
