import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { matrix, random, svd } from "../../src/math/index.ts";
import {
  addToSums,
  addToWithin,
  emptySums,
  emptyWithin,
  finish,
  frameOf,
  measureFeatures,
  mergeWithin,
  stateFromArrays,
  stateToArrays,
} from "../../src/measure/index.ts";
import { type Cloud, clouds } from "./plain.ts";

/** The formulas as they are printed, one loop each. */
function printed({ features, labels, d, K, head: { W, b } }: Cloud, ood: Float64Array) {
  const rows = labels.map((_, i) => Array.from(features.subarray(i * d, i * d + d)));
  const mean = (x: number[][]): number[] => x[0].map((_, j) => x.reduce((sum, r) => sum + r[j], 0) / x.length);
  const mu = Array.from({ length: K }, (_, k) => mean(rows.filter((_, i) => labels[i] === k)));
  const g = mean(mu);
  const M = mu.map((m) => m.map((x, j) => x - g[j]));
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => Array.from(x).reduce((sum, v, j) => sum + v * y[j], 0);
  const size = (x: ArrayLike<number>): number => Math.sqrt(dot(x, x));
  const w = M.map((_, k) => W.slice(k * d, k * d + d));
  const S = w.map((row) => M.map((m) => dot(row, m)));
  const length = size(S.flat());
  const structure = size(S.flatMap((row, i) => row.map((x, k) => x / length - ((i === k ? 1 : 0) - 1 / K) / Math.sqrt(K - 1))));
  const own = S.map((row, k) => row[k]);
  const average = (x: number[]): number => x.reduce((a, c) => a + c, 0) / x.length;
  const spread = (x: number[]): number => Math.sqrt(average(x.map((v) => (v - average(x)) ** 2)));
  const r: number[] = [];
  for (let k = 0; k < K; k++) for (let l = 0; l < k; l++) r.push(size(M[k].map((x, j) => x / size(M[k]) - M[l][j] / size(M[l]))));
  const kernel = (of: (x: number) => number) => ({
    mean: average(r.map(of)),
    variation: spread(r.map(of)) / Math.abs(average(r.map(of))),
  });
  const entropy = (A: number[][]): number => {
    const { S: s } = svd(
      A.length >= d
        ? matrix(A.length, d, Float64Array.from(A.flat()))
        : matrix(d, A.length, Float64Array.from(A[0].flatMap((_, j) => A.map((x) => x[j])))),
    );
    const p = Array.from(s, (x) => x / s.reduce((a, c) => a + c, 0)).filter((x) => x > 1e-12);
    return Math.exp(-p.reduce((sum, x) => sum + x * Math.log(x), 0));
  };
  const right = rows.map((h, i) => {
    const z = w.map((row, k) => dot(row, h) + b[k]);
    return z.indexOf(Math.max(...z)) === labels[i];
  });
  const counts = mu.map((_, k) => labels.filter((l) => l === k).length);
  const accuracy = counts.map((n, k) => right.filter((yes, i) => yes && labels[i] === k).length / n);
  const shot = (has: (n: number) => boolean): number | null => {
    const found = accuracy.filter((_, k) => has(counts[k]));
    return found.length ? average(found) : null;
  };
  return {
    structure,
    unc3: spread(own) ** 2,
    distance: kernel((x) => x),
    logarithmic: kernel((x) => -Math.log(x)),
    riesz: kernel((x) => Math.sign(d - 2 || 1) * x ** (2 - d)),
    features: entropy(rows),
    means: entropy(M),
    nc5: average(mu.map((m) => Math.abs(dot(m, ood)) / size(m) / size(ood))),
    shots: { many: shot((n) => n > 100), medium: shot((n) => n >= 20 && n <= 100), few: shot((n) => n < 20) },
  };
}

const near = (x: number | null | undefined, y: number): void => {
  expect(x).not.toBeNull();
  expect(Math.abs((x as number) - y)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(y)));
};

test.each([
  { counts: [120, 30, 20, 19], d: 6, spread: 0.5 },
  { counts: [50, 7, 1], d: 2, spread: 2 },
  { counts: [9, 8, 7, 6, 5, 4, 3, 2], d: 3, spread: 0.1 },
  { counts: [9, 101], d: 1, spread: 0.1 },
])("against the formulas as printed: $counts in $d dimensions", ({ counts, d, spread }) => {
  const data = clouds(counts, d, spread, 3);
  const r = random(9);
  const oodMean = Float64Array.from({ length: d }, () => r.normal());
  const m = measureFeatures(data, { oodMean });
  const expected = printed(data, oodMean);
  near(m.nc3Structure, expected.structure);
  near(m.unc3, expected.unc3);
  for (const name of ["distance", "logarithmic", "riesz"] as const) {
    near(m.gnc2?.[name].mean, expected[name].mean);
    near(m.gnc2?.[name].variation, expected[name].variation);
  }
  near(m.effectiveRank.features, expected.features);
  near(m.effectiveRank.means, expected.means);
  near(m.nc5, expected.nc5);
  for (const name of ["many", "medium", "few"] as const)
    if (expected.shots[name] === null) expect(m.shots?.[name]).toBeNull();
    else near(m.shots?.[name], expected.shots[name]);
});

/** A simplex of K classes in K dimensions, two samples a class, the head turned to it: every variation and nc3Structure are 0. */
function collapsed(K: number, d: number, scale = 1): Cloud {
  const features = new Float64Array(2 * K * d);
  const W = new Float64Array(K * d);
  for (let k = 0; k < K; k++)
    for (let j = 0; j < K; j++) {
      W[k * d + j] = scale * ((j === k ? 1 : 0) - 1 / K);
      features[2 * k * d + j] = features[(2 * k + 1) * d + j] = W[k * d + j] + 1;
    }
  return { features, labels: Array.from({ length: 2 * K }, (_, i) => i >> 1), d, K, head: { W, b: new Float64Array(K) } };
}

test("at collapse the variations and nc3Structure are 0 to rounding, also where r^-S is far outside float64's middle", () => {
  const m = measureFeatures(collapsed(10, 600, 0.01));
  expect(m.nc3Structure).toBeLessThan(1e-12);
  expect(m.unc3).toBeLessThan(1e-16);
  expect(m.gnc2?.distance.mean).toBeCloseTo(Math.sqrt(20 / 9), 12);
  expect(m.gnc2?.riesz.mean).toBeCloseTo((20 / 9) ** -299, 110);
  // r to 1e-15, to the power of 598.
  for (const found of [m.gnc2?.distance, m.gnc2?.logarithmic, m.gnc2?.riesz]) expect(found?.variation).toBeLessThan(1e-11);
  expect(m.effectiveRank.means).toBeCloseTo(9, 10);
});

test("two classes of one direction: log r is infinite, and null", () => {
  const data = collapsed(4, 4);
  data.features.copyWithin(8, 0, 8);
  const m = measureFeatures(data);
  expect(m.gnc2?.distance.mean).toBeGreaterThan(0);
  expect(m.gnc2?.logarithmic).toEqual({ mean: null, variation: null });
  expect(m.gnc2?.riesz).toEqual({ mean: null, variation: null });
});

test("parts that are merged, and written and read again, have the Gram matrix of the whole", () => {
  const data = clouds([12, 9, 7], 5, 1, 2);
  const whole = measureFeatures(data);
  const block = (from: number, to: number) => ({
    n: to - from,
    features: data.features.subarray(from * 5, to * 5),
    labels: data.labels.slice(from, to),
  });
  const sums = emptySums(3, 5);
  addToSums(sums, block(0, 28));
  const frame = frameOf(sums);
  const [a, b] = [emptyWithin(frame, null), emptyWithin(frame, null)];
  addToWithin(a, frame, null, block(0, 11));
  addToWithin(b, frame, null, block(11, 28));
  const { within } = stateFromArrays(stateToArrays({ sums, within: mergeWithin(a, b), head: null }), "part");
  near(finish(frame, within, null).effectiveRank.features, whole.effectiveRank.features as number);
});

test("a Gram matrix that would cost more than all else is left out, and a note says so", () => {
  const d = 3000;
  const features = new Float64Array(500 * d).fill(1);
  features[0] = 2;
  const m = measureFeatures({ features, labels: Array.from({ length: 500 }, (_, i) => i % 2), d, K: 2 });
  expect(m.effectiveRank.features).toBeNull();
  expect(m.notes.join()).toContain("effectiveRank of the features is left out");
});

/** rhubarbwu/neural-collapse, where NCLAB_NC_PACKAGE names a folder with it and python3 has torch and scipy. */
const folder = process.env.NCLAB_NC_PACKAGE;
test.skipIf(!folder)("agrees with the PyTorch package on what both define, up to what docs/measuring.md says", () => {
  const data = clouds([40, 30, 20, 10, 5], 7, 0.4, 11);
  const r = random(4);
  const oodMean = Float64Array.from({ length: 7 }, () => r.normal());
  const m = measureFeatures({ ...data, head: { W: data.head.W, b: new Float64Array(5) } }, { oodMean });
  const code = `
import sys, json, torch as t
from neural_collapse.accumulate import *; from neural_collapse.kernels import *; from neural_collapse.measure import *
x = json.load(sys.stdin); f = t.float64
H, Y, W, o = t.tensor(x["H"], dtype=f).view(-1, 7), t.tensor(x["Y"]), t.tensor(x["W"], dtype=f).view(5, 7), t.tensor(x["o"], dtype=f)
a = MeanAccumulator(5, 7, dtype=f); a.accumulate(H, Y); M, g = a.compute()
v = VarNormAccumulator(5, 7, dtype=f, M=M); v.accumulate(H, Y, M); V, _ = v.compute()
c = CovarAccumulator(5, 7, dtype=f, M=M); c.accumulate(H, Y, M); C = c.compute()
d = DecAccumulator(5, 7, dtype=f, M=M, W=W); d.accumulate(H, Y, W, M)
print(json.dumps(dict(nc1=covariance_ratio(C, M, g), quotient=covariance_ratio(C, M, g, "quotient"), cdnv=variability_cdnv(V, M), etf=simplex_etf_error(M, g), dual=self_duality_error(W, M, g),
  unc3=similarities(W, M, g).var().item(), nc4=clf_ncc_agreement(d), nc5=orthogonality_deviation(M, o), dist=kernel_stats(M, g), log=kernel_stats(M, g, log_kernel), riesz=kernel_stats(M, g, riesz_kernel))))`;
  const input = JSON.stringify({ H: [...data.features], Y: data.labels, W: [...data.head.W], o: [...oodMean] });
  const theirs = JSON.parse(
    execFileSync("/usr/bin/python3", ["-c", code], { input, encoding: "utf8", env: { ...process.env, PYTHONPATH: folder } }),
  );
  // Their kernels are kept in float32.
  const agree = (x: number | null | undefined, y: number, digits = 1e-9): void =>
    expect(Math.abs((x ?? Number.NaN) - y)).toBeLessThan(digits * Math.max(1, Math.abs(y)));
  agree(m.nc1.classBalanced, theirs.nc1);
  agree(m.cdnv, theirs.cdnv, 1e-5);
  agree(m.nc2.etfDistance, theirs.etf);
  agree(m.nc3Structure, theirs.dual);
  agree((m.unc3 as number) * (5 / 4), theirs.unc3);
  agree(1 - (m.nc4 as number), theirs.nc4);
  agree(m.nc5, theirs.nc5);
  agree(m.gnc2?.distance.mean, theirs.dist[0], 1e-5);
  agree(m.gnc2?.logarithmic.mean, theirs.log[0], 1e-5);
  agree(m.gnc2?.riesz.mean, theirs.riesz[0], 1e-5);
  const deviation = (x: { mean: number | null; variation: number | null } | undefined): number =>
    ((x?.variation ?? Number.NaN) * Math.abs(x?.mean ?? Number.NaN)) ** 2;
  agree(deviation(m.gnc2?.distance), theirs.dist[1], 1e-5);
  agree(deviation(m.gnc2?.riesz), theirs.riesz[1], 1e-5);
});
