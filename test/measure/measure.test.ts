import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { random } from "../../src/math/random.ts";
import {
  addToSums,
  addToWithin,
  emptySums,
  emptyWithin,
  finish,
  frameOf,
  measureFeatures,
  mergedGroups,
  mergeSums,
  mergeWithin,
} from "../../src/measure/index.ts";
import { factors, predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { clouds, plain } from "./plain.ts";

const near = (x: number | null | undefined, y: number, tolerance = 1e-9): void => {
  expect(x).not.toBeNull();
  expect(Math.abs((x as number) - y)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(y)));
};

describe("against the formulas as printed", () => {
  test.each([
    { counts: [40, 30, 20, 10], d: 6, spread: 0.5 },
    { counts: [50, 7, 1], d: 4, spread: 2 },
    { counts: [9, 8, 7, 6, 5, 4, 3, 2], d: 3, spread: 0.1 },
    { counts: [9, 8, 8, 6, 6, 6, 3, 2], d: 3, spread: 0.1 },
  ])("$counts in $d dimensions", ({ counts, d, spread }) => {
    const data = clouds(counts, d, spread, 5);
    const m = measureFeatures(data);
    const expected = plain(data);
    near(m.nc1.paper, expected.paper);
    near(m.nc1.sampleWeighted, expected.sampleWeighted);
    near(m.nc1.classBalanced, expected.classBalanced);
    near(m.traceRatio, expected.traceRatio);
    near(m.cdnv, expected.cdnv);
    near(m.nc2.equiangularMeans, expected.equiangular);
    near(m.nc2.equiangularWeights, expected.equiangularWeights);
    near(m.nc2.etfDistance, expected.etfDistance);
    // No block has two entries where every count occurs once.
    if (new Set(counts).size === counts.length) expect(m.blockDeviation).toBeNull();
    else near(m.blockDeviation, expected.blockDeviation);
    near(m.nc3, expected.nc3);
    near(m.nc4, expected.nc4);
    m.Z?.forEach((row, i) => {
      row.forEach((z, k) => {
        near(z, expected.Z[i][k]);
      });
    });
    expect(m.counts).toEqual(counts);
  });
});

describe("planted geometry", () => {
  test("a simplex ETF with collapsed classes: every distance from neural collapse is 0", () => {
    const K = 5;
    const means = Array.from({ length: K }, (_, k) => Array.from({ length: K }, (_, j) => (j === k ? 1 : 0) - 1 / K));
    const labels = Array.from({ length: 35 }, (_, i) => i % K);
    const features = Float64Array.from(labels.flatMap((k) => means[k]));
    const m = measureFeatures({
      features,
      labels,
      d: K,
      K,
      head: { W: Float64Array.from(means.flat()), b: new Float64Array(K) },
    });
    for (const x of [
      m.nc1.paper,
      m.nc1.classBalanced,
      m.traceRatio,
      m.cdnv,
      m.nc3,
      m.nc4,
      m.blockDeviation,
      ...Object.values(m.nc2),
    ])
      near(x, 0, 1e-14);
    expect(m.accuracy).toEqual([1, 1, 1, 1, 1]);
  });

  test("an orthogonal frame has an ETF's angles after centring, but not the head's own", () => {
    const labels = [0, 1, 2, 0, 1, 2];
    const I = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    const features = Float64Array.from(labels.flatMap((k) => I.slice(3 * k, 3 * k + 3)));
    const m = measureFeatures({ features, labels, d: 3, K: 3, head: { W: Float64Array.from(I), b: new Float64Array(3) } });
    near(m.nc2.equiangularMeans, 0, 1e-14);
    near(m.nc2.equiangularWeights, 0.5, 1e-14);
  });

  test("the optimum of the model itself: error 0, the true lambdas recovered, a stationary head", () => {
    const counts = [50, 50, 20, 20, 5];
    const N = 145;
    const lambdaW = 0.04;
    const lambdaH = 0.0009;
    const p = problem({ counts, lambdaW, lambdaH, lambdaB: 0.02 });
    const prediction = predict(p, { tolerance: 1e-13 });
    const { W, H, d } = factors(p, prediction.Z);
    const labels = counts.flatMap((n, k) => new Array<number>(n).fill(k));
    const features = Float64Array.from(labels.flatMap((k) => Array.from(H.subarray(k * d, k * d + d))));
    const head = { W, b: Float64Array.from(prediction.b) };
    const m = measureFeatures(
      { features, labels, d, K: 5, head },
      { weightDecay: lambdaW, lambdas: { lambdaW, lambdaH, lambdaB: 0.02 } },
    );
    near(m.comparison?.Zerror.frobenius, 0, 1e-10);
    near(m.comparison?.berror.sup, 0, 1e-10);
    near((m.effective?.lambdaH ?? 0) / lambdaH, 1, 1e-9);
    near(m.effective?.criticalCount, lambdaW * lambdaH * N * N, 1e-9);
    near(m.effective?.stationarityResidual, 0, 1e-8);
    near(m.nc1.paper, 0, 1e-14);
    expect(m.comparison?.mergedMeasured).toEqual(m.comparison?.mergedPredicted);
  });

  test("two merged classes are found by name", () => {
    const Z = predict(problem({ counts: [500, 500, 500, 100, 100], lambdaZ: 0.011, lambdaB: 0.02 })).Z;
    expect(mergedGroups(Z)).toEqual([[3, 4]]);
    expect(mergedGroups(predict(problem({ counts: [500, 500, 500, 100, 100], lambdaZ: 0.001 })).Z)).toEqual([]);
  });
});

test("complete collapse, with what training leaves of it, is one group", () => {
  const Z = [0, 1, 2].map((i) => [0, 1, 2].map((k) => 0.001 * Math.cos(3 * i + k)));
  expect(mergedGroups(Z)).toEqual([[0, 1, 2]]);
});

test("blocks and shards in any order give the same numbers to 1e-12", () => {
  const data = clouds([60, 25, 10, 5], 7, 0.7, 9);
  const whole = measureFeatures(data);
  const r = random(3);
  const order = r.shuffle(Array.from({ length: 100 }, (_, i) => i));
  const parts = [order.slice(0, 13), order.slice(13, 50), order.slice(50)].map((rows) => ({
    n: rows.length,
    features: Float64Array.from(rows.flatMap((i) => Array.from(data.features.subarray(i * 7, i * 7 + 7)))),
    labels: rows.map((i) => data.labels[i]),
  }));
  const sums = parts.map((part) => {
    const s = emptySums(4, 7);
    addToSums(s, part);
    return s;
  });
  const frame = frameOf(sums.reverse().reduce(mergeSums));
  const withins = parts.map((part) => {
    const w = emptyWithin(frame, data.head);
    addToWithin(w, frame, data.head, part);
    return w;
  });
  const merged = finish(frame, withins.reduce(mergeWithin), data.head, {});
  for (const key of ["paper", "sampleWeighted", "classBalanced"] as const) near(merged.nc1[key], whole.nc1[key] as number, 1e-12);
  near(merged.cdnv, whole.cdnv as number, 1e-12);
  near(merged.nc4, whole.nc4 as number, 0);
});

test("a second pass without the force on the head gives all but the effective regularization, which is refused then", () => {
  const data = clouds([20, 15, 5], 6, 0.5, 3);
  const block = { n: 40, features: data.features, labels: data.labels };
  const sums = emptySums(3, 6);
  addToSums(sums, block);
  const frame = frameOf(sums);
  const passes = [true, false].map((force) => {
    const within = emptyWithin(frame, data.head, { force });
    addToWithin(within, frame, data.head, block);
    return within;
  });
  expect(finish(frame, passes[1], data.head)).toEqual(finish(frame, passes[0], data.head));
  expect(finish(frame, passes[0], data.head, { weightDecay: 0.1 }).effective).not.toBeNull();
  expect(() => finish(frame, passes[1], data.head, { weightDecay: 0.1 })).toThrow(/weightDecay: expected a second pass/);
  expect(mergeWithin(passes[0], passes[1]).head?.force).toBeNull();
});

test("what is undefined is null with a note, never NaN", () => {
  const equal = measureFeatures({ features: new Float64Array(12).fill(1), labels: [0, 1, 2, 0, 1, 2], d: 2, K: 3 });
  expect(equal.nc1).toEqual({ paper: null, sampleWeighted: null, classBalanced: null });
  expect(equal.traceRatio).toBeNull();
  expect(equal.cdnv).toBeNull();
  expect(equal.notes.join()).toMatch(/all class means are equal/);
  expect(equal.Z).toBeNull();
  expect(JSON.stringify(equal)).not.toMatch(/NaN/);
  const missing = measureFeatures(clouds([5, 0, 5], 3, 0.1, 1));
  expect(missing.notes.join()).toMatch(/1 of 3 classes do not occur/);
  expect(missing.nc3).toBeNull();
  expect(missing.nc1.paper).toBeGreaterThan(0);
  const dead = measureFeatures(
    { ...clouds([5, 5], 3, 0.1, 1), head: { W: new Float64Array(6), b: new Float64Array(2) } },
    { weightDecay: 0.1 },
  );
  expect(dead.effective).toBeNull();
  expect(dead.nc2.equinormWeights).toBeNull();
});

test("wrong labels and features are refused by name", () => {
  const data = clouds([4, 4], 2, 1, 1);
  expect(() => measureFeatures({ ...data, labels: [0, 1, 2, 0, 0, 0, 0, 0] })).toThrow(/labels\[2\].*from 0 to 1.*2/);
  data.features[5] = Number.NaN;
  expect(() => measureFeatures(data)).toThrow(InputError);
  expect(() => measureFeatures(data)).toThrow(/features\[2\]\[1\].*finite/);
});
