import { describe, expect, it, test } from "vitest";
import { lbfgsNow } from "../../src/math/index.ts";
import { random } from "../../src/math/random.ts";
import { singularValues } from "../../src/math/svd.ts";
import { expand, layerPeeledProduct, layerPeeledRatio, predictLayerPeeled } from "../../src/prediction/index.ts";
import { layerPeeledProblem, penalized } from "../../src/problem/index.ts";
import { certifyConstrained } from "../../src/solver/index.ts";

const repeat = (k: number, n: number): number[] => new Array<number>(k).fill(n);
const predicted = (counts: number[], EW: number, EH: number, tolerance?: number) =>
  predictLayerPeeled(layerPeeledProblem({ counts, EW, EH }), { tolerance });

/** sum_k omega_k CE(z_k, k) and sum_k omega_k Entropy(p_k) of a K x K Z, rows = logits; (P - I) Omega. By the definitions. */
function byDefinition(
  Z: readonly (readonly number[])[],
  counts: readonly number[],
): { loss: number; entropy: number; G: Float64Array } {
  const K = counts.length;
  const N = counts.reduce((a, b) => a + b, 0);
  let [loss, entropy] = [0, 0];
  const G = new Float64Array(K * K);
  for (let k = 0; k < K; k++) {
    const column = Z.map((row) => row[k]);
    const top = Math.max(...column);
    const logSum = top + Math.log(column.reduce((sum, z) => sum + Math.exp(z - top), 0));
    const omega = counts[k] / N;
    loss += omega * (logSum - column[k]);
    column.forEach((z, i) => {
      const p = Math.exp(z - logSum);
      entropy -= omega * p * (z - logSum);
      G[i * K + k] = omega * (p - (i === k ? 1 : 0));
    });
  }
  return { loss, entropy, G };
}

const values = (data: Float64Array, K: number): Float64Array => singularValues({ rows: K, cols: K, data });

/** The published problem itself, in W and H: descent with both norms at their bounds, from a random start. */
function descended(counts: readonly number[], EW: number, EH: number, seed: number): { loss: number; Z: number[][] } {
  const K = counts.length;
  const half = K * K;
  const { normal } = random(seed);
  const start = Float64Array.from({ length: 2 * half }, () => normal());
  const sizes = [Math.sqrt(K * EW), Math.sqrt(K * EH)];
  const scaled = (x: Float64Array, part: 0 | 1): { unit: Float64Array; norm: number; at: Float64Array } => {
    const raw = x.subarray(part * half, (part + 1) * half);
    const norm = Math.hypot(...raw);
    const unit = raw.map((v) => v / norm);
    return { unit, norm, at: unit.map((v) => v * sizes[part]) };
  };
  const logits = (W: Float64Array, H: Float64Array): number[][] =>
    counts.map((_, i) => counts.map((__, k) => counts.reduce((sum, ___, l) => sum + W[i * K + l] * H[k * K + l], 0)));
  const evaluate = (x: Float64Array) => {
    const [w, h] = [scaled(x, 0), scaled(x, 1)];
    const { loss, G } = byDefinition(logits(w.at, h.at), counts);
    const gradient = new Float64Array(2 * half);
    for (let i = 0; i < K; i++)
      for (let k = 0; k < K; k++)
        for (let l = 0; l < K; l++) {
          gradient[i * K + l] += G[i * K + k] * h.at[k * K + l];
          gradient[half + k * K + l] += G[i * K + k] * w.at[i * K + l];
        }
    // Along the sphere.
    for (const [part, { unit, norm }] of [w, h].entries()) {
      const g = gradient.subarray(part * half, (part + 1) * half);
      const along = g.reduce((sum, v, e) => sum + v * unit[e], 0);
      for (let e = 0; e < half; e++) g[e] = ((g[e] - along * unit[e]) * sizes[part]) / norm;
    }
    return { value: loss, gradient };
  };
  const { x } = lbfgsNow(evaluate, start, { evaluations: 6000, gradient: 1e-10 });
  const Z = logits(scaled(x, 0).at, scaled(x, 1).at);
  return { loss: byDefinition(Z, counts).loss, Z };
}

describe("against descent on the published problem, in W and H with both norms at their bounds", () => {
  it.each<[number[], number, number]>([
    [[...repeat(3, 500), ...repeat(3, 100)], 1, 5],
    [[...repeat(3, 500), ...repeat(3, 10)], 1, 2],
    [[500, 200, 90, 30, 5], 2, 3],
    [[500, 200, 90, 30, 5], 0.1, 0.5],
    [[40, 40, 3], 1, 20],
  ])("%j, E_W %d, E_H %d", (counts, EW, EH) => {
    const p = predicted(counts, EW, EH);
    expect(p.certified).toBe(true);
    const found = [1, 2].map((seed) => descended(counts, EW, EH, seed)).sort((a, b) => a.loss - b.loss)[0];
    // No descent goes below what is proved (but for the rounding of a plain log-sum), and the best comes to the loss.
    expect(found.loss).toBeGreaterThan(p.dual - 1e-14);
    expect(found.loss / p.objective - 1).toBeLessThan(1e-7);
    const { Z } = expand(p as never) as { Z: number[][] };
    const largest = Math.max(...Z.flat().map(Math.abs));
    for (const [i, row] of Z.entries())
      for (const [k, z] of row.entries()) expect(Math.abs(z - found.Z[i][k]) / largest).toBeLessThan(2e-3);
  });
});

test("balanced classes: (K - 1) K a = K sqrt(E_W E_H), and what follows from it", () => {
  for (const [K, EW, EH] of [
    [4, 1, 5],
    [10, 2, 0.3],
    [2, 1, 400],
  ]) {
    const p = predicted(repeat(K, 7), EW, EH);
    const a = Math.sqrt(EW * EH) / (K - 1);
    const e = Math.exp(-K * a);
    expect(p.objective / Math.log1p((K - 1) * e)).toBeCloseTo(1, 11);
    expect(p.multiplier / (e / (1 + (K - 1) * e))).toBeCloseTo(1, 11);
    expect(p.blocks.own[0]).toBeCloseTo((K - 1) * a, 11);
    expect(p.singularValues.slice(0, K - 1).every((s) => Math.abs(s / (K * a) - 1) < 1e-11)).toBe(true);
    expect([p.certified, p.rank]).toEqual([true, K - 1]);
  }
});

test("what is proved is what the definitions say: loss, norm at its bound, multiplier, and the lower bound of section 10", () => {
  const r = random(5);
  for (let i = 0; i < 12; i++) {
    const K = 2 + r.integer(7);
    const counts = Array.from({ length: K }, () => Math.ceil(10 ** (3 * r.uniform())));
    const [EW, EH] = [10 ** (2 * r.uniform() - 1), 10 ** (2 * r.uniform() - 1)];
    const p = predicted(counts, EW, EH);
    expect(p.certified).toBe(true);
    const { Z } = expand(p as never) as { Z: number[][] };
    const { loss, entropy, G } = byDefinition(Z, counts);
    const tau = K * Math.sqrt(EW * EH);
    const norm = values(Float64Array.from(Z.flat()), K).reduce((a, b) => a + b, 0);
    expect(norm / tau).toBeCloseTo(1, 10);
    expect(loss / p.objective).toBeCloseTo(1, 10);
    const most = values(G, K)[0];
    expect(most / p.multiplier).toBeCloseTo(1, 7);
    // As the definition has it, but for rounding, which the proof takes off.
    expect(p.dual).toBeLessThan(entropy - tau * most + 1e-14);
    expect(p.dual / (entropy - tau * most)).toBeCloseTo(1, 10);
  }
});

test("only shares and the product of the bounds count", () => {
  const one = predicted([50, 20, 5], 1, 6);
  for (const p of [predicted([500, 200, 50], 1, 6), predicted([50, 20, 5], 12, 0.5)]) {
    expect(p.objective).toBeCloseTo(one.objective, 12);
    expect(p.multiplier / one.multiplier).toBeCloseTo(1, 9);
  }
});

test("the proof shrinks what is too large, and an answer that is none is told by its gap", () => {
  const shares = [0.5, 0.3, 0.2];
  const at = penalized(shares, { EW: 1, EH: 5 }, 0.1);
  const tau = 3 * Math.sqrt(5);
  const best = predicted([50, 30, 20], 1, 5);
  const J = 3;
  const bias = new Float64Array(J);
  const other = Float64Array.from(best.blocks.other.flat());
  const own = Float64Array.from(best.blocks.own);
  const times = (c: number) => ({ other: other.map((z) => z * c), own: own.map((z) => z * c), bias });
  const right = certifyConstrained(at, times(1), tau);
  expect([right.certified, right.norm / tau]).toEqual([true, expect.closeTo(1, 11)]);
  const large = certifyConstrained(at, times(1.5), tau);
  expect(large.shrink).toBeCloseTo(1 / 1.5, 11);
  expect(large.objective).toBeCloseTo(right.objective, 11);
  const small = certifyConstrained(at, times(0.9), tau);
  expect(small.shrink).toBe(1);
  expect(small.certified).toBe(false);
  expect(small.dual).toBeLessThan(best.objective);
  expect(small.objective).toBeGreaterThan(best.objective);
  const r = random(9);
  for (let i = 0; i < 50; i++) {
    const Z = Array.from({ length: 9 }, () => 3 * r.normal());
    const found = certifyConstrained(at, { other: Float64Array.from(Z), own: Float64Array.of(Z[0], Z[4], Z[8]), bias }, tau);
    expect(found.dual).toBeLessThan(best.objective);
    expect(found.objective).toBeGreaterThan(best.dual);
  }
});

describe("the ratio from which on the minority's classifiers are one vector", () => {
  it("is 12.1925 for 5 and 5 classes and 4.0005 for 7 and 3, at E_W = 1 and E_H = 5", () => {
    expect(Math.abs(layerPeeledRatio({ kA: 5, kB: 5, EW: 1, EH: 5 }) - 12.1925)).toBeLessThan(1e-4);
    expect(Math.abs(layerPeeledRatio({ kA: 7, kB: 3, EW: 1, EH: 5 }) - 4.0005)).toBeLessThan(1e-4);
  });

  it.each([
    [5, 5, 1, 10],
    [3, 7, 1, 5],
    [1, 2, 1, 1],
  ])("%i and %i classes, E_W %d, E_H %d: predictions on either side are apart and one", (kA, kB, EW, EH) => {
    const ratio = layerPeeledRatio({ kA, kB, EW, EH });
    // The same border the other way round.
    expect(Math.abs(layerPeeledProduct({ kA, kB }, ratio) / (EW * EH) - 1)).toBeLessThan(1e-9);
    const merged = (x: number): boolean[] => {
      const nB = 1e7;
      return predicted([...repeat(kA, Math.round(ratio * x * nB)), ...repeat(kB, nB)], EW, EH).clusters.map((c) => c.merged);
    };
    expect(merged(1 - 1e-5)).toEqual([false, false]);
    expect(merged(1 + 1e-5)).toEqual([false, true]);
  });
});

test("at the threshold itself, where the norm has a corner in the multiplier: proved, and the multiplier is the minority's share", () => {
  const nB = 1e6;
  for (const [kA, EH] of [
    [3, 10],
    [5, 10],
    [7, 10],
    [2, 10],
    [3, 5],
    [5, 5],
    [1, 1],
  ]) {
    const kB = 10 - kA;
    const nA = Math.ceil(layerPeeledRatio({ kA, kB, EW: 1, EH }) * nB);
    const p = predicted([...repeat(kA, nA), ...repeat(kB, nB)], 1, EH);
    expect(p.relativeGap, `k_A = ${kA}, E_H = ${EH}`).toBeLessThan(1e-12);
    expect(Math.abs((p.multiplier * (kA * nA + kB * nB)) / nB - 1)).toBeLessThan(1e-6);
  }
});

test("a loose tolerance is kept, and more than float64 knows is not claimed", () => {
  const counts = Array.from({ length: 40 }, (_, k) => Math.round(1000 * 50 ** (-k / 39)));
  const exact = predicted(counts, 1, 5);
  const loose = predicted(counts, 1, 5, 1e-4);
  expect([exact.certified, loose.certified]).toEqual([true, true]);
  expect(loose.dual).toBeLessThan(exact.objective);
  expect(loose.objective).toBeGreaterThan(exact.dual);
  const none = predicted([50, 20, 5], 1, 5, 1e-18);
  expect(none.certified).toBe(false);
  expect(none.reason).toMatch(/below what float64 can tell/);
});

describe("what is no problem", () => {
  it.each([
    [0, 5, /layerPeeled: EW: expected a positive finite number, got 0/],
    [1, -1, /layerPeeled: EH: expected a positive finite number, got -1/],
    [1, Number.POSITIVE_INFINITY, /layerPeeled: EH/],
    [1, 1e6, /layerPeeled: expected E_W E_H of at most 1\.78e\+4 for 3 classes .* got 1000000/],
    [1e-20, 1e-20, /K sqrt\(E_W E_H\) of at least 1e-8/],
  ])("E_W %d, E_H %d", (EW, EH, message) => {
    expect(() => layerPeeledProblem({ counts: [5, 3, 2], EW, EH })).toThrow(message);
  });
  it("groups", () => {
    expect(() => layerPeeledRatio({ kA: 5, kB: 1, EW: 1, EH: 5 })).toThrow(/kB: expected a whole number of at least 2/);
    expect(() => layerPeeledRatio({ kA: 0, kB: 2, EW: 1, EH: 5 })).toThrow(/kA/);
    expect(() => layerPeeledProduct({ kA: 5, kB: 1 }, 2)).toThrow(/kB: expected a whole number of at least 2/);
    expect(() => layerPeeledProduct({ kA: 5, kB: 5 }, 0.5)).toThrow(/ratio: expected a finite number of at least 1.*0.5/);
    expect(layerPeeledProduct({ kA: 5, kB: 5 }, 1)).toBe(0);
  });
});
