import { describe, expect, test } from "vitest";
import { matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { compare } from "../../src/measure/compare.ts";
import {
  addToSums,
  addToWithin,
  emptySums,
  emptyWithin,
  finishWithClasses,
  frameOf,
  measureFeatures,
} from "../../src/measure/index.ts";
import { eachPair } from "../../src/measure/pairs.ts";
import { spanOf } from "../../src/measure/span.ts";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { rowsIn } from "../../src/row-store.ts";
import { largestDeviationFromOrthonormal } from "../math/orthonormal.ts";
import { clouds, plain } from "./plain.ts";

const near = (x: number | null | undefined, y: number, tolerance = 1e-9): void => {
  expect(x).not.toBeNull();
  expect(Math.abs((x as number) - y)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(y)));
};

describe("many classes: no rotations, the same numbers as the printed formulas", () => {
  const classCounts = (K: number): number[] => Array.from({ length: K }, (_, k) => 1 + ((7 * k) % 5));
  test.each([
    { what: "fewer classes than features", K: 140, d: 160, change: (x: Float64Array) => x },
    { what: "more classes than features", K: 160, d: 140, change: (x: Float64Array) => x },
    { what: "features that are always 0", K: 160, d: 140, change: (x: Float64Array) => x.map((h, e) => (e % 140 < 9 ? 0 : h)) },
  ])("$what", ({ K, d, change }) => {
    const cloud = clouds(classCounts(K), d, 0.4, K);
    const data = { ...cloud, features: change(cloud.features) };
    const m = measureFeatures(data);
    const expected = plain(data);
    for (const name of ["paper", "sampleWeighted", "classBalanced"] as const) near(m.nc1[name], expected[name]);
    near(m.traceRatio, expected.traceRatio);
    near(m.cdnv, expected.cdnv);
    near(m.nc2.equiangularMeans, expected.equiangular);
    near(m.nc2.equiangularWeights, expected.equiangularWeights);
    near(m.nc2.etfDistance, expected.etfDistance);
    near(m.blockDeviation, expected.blockDeviation);
    near(m.nc3, expected.nc3);
    near(m.nc4, expected.nc4, 0);
  });

  test("merged classes: the rank is what is left, without rotations", () => {
    const K = 200;
    const d = 300;
    const r = random(1);
    const distinct = Float64Array.from({ length: (K / 2 + 40) * d }, () => r.normal());
    const means = matrix(K, d);
    for (let k = 0; k < K; k++)
      means.data.set(distinct.subarray(Math.min(k, K / 2 + 39) * d, (Math.min(k, K / 2 + 39) + 1) * d), k * d);
    for (let j = 0; j < d; j++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += means.data[k * d + j] / K;
      for (let k = 0; k < K; k++) means.data[k * d + j] -= sum;
    }
    const { basis, r: rank } = spanOf(means, 1e-13);
    // K/2 + 40 different means, about their mean.
    expect(rank).toBe(K / 2 + 39);
    expect(largestDeviationFromOrthonormal(basis as Float64Array, rank, d)).toBeLessThan(1e-13);
  });

  test("directions of 1e-8 count, those of 1e-12 do not", () => {
    // Pairs of classes at +- s_l e_l, two samples each at 1 +- 0.1 times that: tr(Sigma_W Sigma_B^+) / K is 0.005 times the share of directions that count.
    const m = 140;
    const lengths = Array.from({ length: m }, (_, l) => (l < 5 ? 1e-12 : 10 ** ((-8 * l) / (m - 1))));
    const labels = Array.from({ length: 4 * m }, (_, i) => Math.floor(i / 2));
    const features = new Float64Array(4 * m * m);
    labels.forEach((k, i) => {
      const l = Math.floor(k / 2);
      features[i * m + l] = (k % 2 === 0 ? 1 : -1) * lengths[l] * (i % 2 === 0 ? 1.1 : 0.9);
    });
    const { nc1 } = measureFeatures({ features, labels, d: m, K: 2 * m });
    for (const value of Object.values(nc1)) near(value, (0.005 * (m - 5)) / m, 1e-9 * 0.005);
  });
});

describe("classes in blocks", () => {
  test("pairs: products and distances, across blocks, however near", () => {
    const n = 600;
    const p = 5;
    const r = random(2);
    const rows = Float64Array.from({ length: n * p }, () => r.normal());
    for (let j = 0; j < p; j++) {
      rows[7 * p + j] = rows[590 * p + j];
      rows[8 * p + j] = rows[591 * p + j] * (1 + 1e-9);
    }
    let seen = 0;
    let worst = 0;
    const times = new Uint8Array(n * n);
    eachPair(rowsIn(rows, n, p), (k, first, count, dots, squares, at) => {
      if (first <= k || count < 1) throw new Error(`expected rows after ${k}, got ${count} from ${first}`);
      for (let e = 0; e < count; e++) {
        const l = first + e;
        times[k * n + l]++;
        seen++;
        let [product, distance] = [0, 0];
        for (let j = 0; j < p; j++) {
          product += rows[k * p + j] * rows[l * p + j];
          distance += (rows[k * p + j] - rows[l * p + j]) ** 2;
        }
        const [dot, squared] = [dots[at + e], squares[at + e]];
        worst = Math.max(worst, Math.abs(dot - product), distance === 0 ? squared : Math.abs(squared / distance - 1));
      }
    });
    expect(times.every((x) => x <= 1)).toBe(true);
    expect(seen).toBe((n * (n - 1)) / 2);
    expect(worst).toBeLessThan(1e-10);
  });

  test("groups, rivals, margins and neighbours are those of a search through whole matrices", () => {
    for (const [K, d] of [
      [40, 6],
      [12, 30],
    ]) {
      const r = random(K);
      const counts = Array.from({ length: K }, (_, k) => (k === 3 ? 0 : 2 + (k % 3)));
      const data = clouds(counts, d, 0.02, K);
      // Some classes on top of each other, and one at 0.
      data.features.forEach((_, e) => {
        const k = data.labels[Math.floor(e / d)];
        if (k % 5 === 4) data.features[e] = data.head.W[4 * d + (e % d)] + 0.001 * r.normal();
        if (k === 2) data.features[e] = 1e-4 * r.normal();
      });
      const sums = emptySums(K, d);
      const block = { n: data.labels.length, ...data };
      addToSums(sums, block);
      const frame = frameOf(sums);
      const within = emptyWithin(frame, data.head);
      addToWithin(within, frame, data.head, block);
      const m = finishWithClasses(frame, within, data.head);
      const { W, b } = data.head;
      const mu = (k: number): Float64Array => frame.means.subarray(k * d, k * d + d);
      const z = Array.from({ length: K }, (_, k) =>
        Array.from({ length: K }, (_, i) => mu(k).reduce((s, x, j) => s + x * W[i * d + j], 0)),
      );
      const apart = (x: ArrayLike<number>, y: ArrayLike<number>): number => Math.hypot(...Array.from(x, (v, i) => v - y[i]));
      const there = frame.present;
      const largest = Math.max(...there.flatMap((k) => there.map((l) => apart(z[k], z[l]))));
      // Groups by flooding.
      const group = new Map<number, Set<number>>();
      for (const k of there) {
        if (group.has(k)) continue;
        const reached = new Set([k]);
        for (const x of reached) for (const y of there) if (apart(z[x], z[y]) <= 0.05 * largest) reached.add(y);
        for (const x of reached) group.set(x, reached);
      }
      const groups = [...new Set(group.values())].filter((g) => g.size > 1).map((g) => [...g].sort((x, y) => x - y));
      expect(groups.length).toBeGreaterThan(0);
      expect(m.merged).toEqual(groups);
      expect(m.vanished).toEqual(
        there.filter((k) => Math.hypot(...z[k]) <= 0.05 * Math.max(...there.map((l) => Math.hypot(...z[l])))),
      );
      expect(m.vanished).toContain(2);
      for (const c of m.classes) {
        const k = c.class;
        if (k === 3) {
          expect(c).toMatchObject({
            count: 0,
            nearest: null,
            nearestMean: null,
            status: null,
            margin: null,
            rival: null,
            group: null,
            vanished: false,
          });
          continue;
        }
        const others = there.filter((l) => l !== k);
        const distances = others.map((l) => apart(mu(k), mu(l)));
        near(c.meanDistance, Math.min(...distances), 1e-12);
        near(apart(mu(k), mu(c.nearestMean as number)), Math.min(...distances), 1e-12);
        const nearest = Math.min(...others.map((l) => apart(z[k], z[l])));
        near(c.distance, nearest / largest, 1e-9);
        near(apart(z[k], z[c.nearest as number]), nearest, 1e-9);
        const logits = z[k].map((x, i) => (i === k ? Number.NEGATIVE_INFINITY : x + b[i]));
        expect(c.rival).toBe(logits.indexOf(Math.max(...logits)));
        const margin = z[k][k] + b[k] - Math.max(...logits);
        near(c.margin, margin, 1e-12);
        const same = others.some((l) => counts[l] === counts[k] && apart(z[k], z[l]) <= 0.05 * largest);
        const one = nearest <= 0.05 * largest ? "faded" : "outvoted";
        expect(c.status).toBe(same && margin <= 0.05 * Math.SQRT2 * largest ? "merged" : margin > 0 ? "own" : one);
      }
      expect(
        m.Z?.every((row, i) => row.every((x, k) => (k === 3 ? x === null : Math.abs((x as number) - z[k][i]) < 1e-12))),
      ).toBe(true);
    }
  });
});

describe("comparison by blocks", () => {
  test("the numbers of the whole matrices", () => {
    for (const { counts, lambdaZ, nonnegative } of [
      { counts: [50, 50, 50, 20, 20, 5], lambdaZ: 0.02, nonnegative: false },
      { counts: [50, 50, 20, 20, 20, 3, 2, 1], lambdaZ: 0.03, nonnegative: false },
      { counts: [50, 50, 20, 20, 5], lambdaZ: 0.03, nonnegative: true },
      { counts: [9, 9, 9], lambdaZ: 1, nonnegative: false },
    ]) {
      const K = counts.length;
      const data = clouds(counts, 4, 0.3, K);
      const m = measureFeatures(data, { lambdas: { lambdaZ, lambdaB: 0.1 }, nonnegative });
      const prediction = predict(problem({ counts, lambdaZ, lambdaB: 0.1, nonnegative }));
      const expected = compare(m.Z as number[][], m.b as number[], prediction);
      expect(m.comparison?.mergedPredicted).toEqual(expected.mergedPredicted);
      expect(m.comparison?.mergedMeasured).toEqual(expected.mergedMeasured);
      for (const name of ["Zerror", "berror"] as const)
        for (const size of ["frobenius", "sup"] as const) {
          if (expected[name][size] === null) expect(m.comparison?.[name][size]).toBeNull();
          else near(m.comparison?.[name][size], expected[name][size] as number, 1e-12);
        }
    }
  });

  test("beyond 2000 classes Z is left out with a note, the rest is there", () => {
    const counts = Array.from({ length: 2100 }, (_, k) => (k < 1000 ? 2 : 1));
    const m = measureFeatures(clouds(counts, 3, 0.3, 1), { weightDecay: 0.01, lambdas: { lambdaZ: 1e-4 } });
    expect(m.Z).toBeNull();
    expect(m.notes.join()).toMatch(/Z is left out: it has 2100 x 2100 numbers, and up to 2000 classes are written/);
    expect(m.blockDeviation).toBeGreaterThan(0);
    expect(m.comparison?.Zerror.frobenius).toBeGreaterThan(0);
    expect(m.nc1.paper).toBeGreaterThan(0);
  });
});
