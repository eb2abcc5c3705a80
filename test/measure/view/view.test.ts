import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/errors.ts";
import { matrix } from "../../../src/math/matrix.ts";
import { random } from "../../../src/math/random.ts";
import { svd } from "../../../src/math/svd.ts";
import {
  addToSums,
  addToView,
  emptySums,
  emptyView,
  type FeatureView,
  frameOf,
  mergeViews,
  type ViewSettings,
  type ViewState,
  viewFeatures,
  viewOf,
} from "../../../src/measure/index.ts";
import { priority } from "../../../src/measure/view/priority.ts";
import { emptySample } from "../../../src/measure/view/sample.ts";
import { type Cloud, clouds } from "../plain.ts";

function viewed({ features, labels, d, K }: Omit<Cloud, "head">, settings: ViewSettings = {}): FeatureView {
  const { frame, ...state } = viewFeatures({ features, labels, d, K }, settings);
  return viewOf(state, frame);
}

/** By the definition: M = U S V', and coordinates V'(h - g~) of every sample. */
function plainView({ features, labels, d, K }: Cloud) {
  const members = Array.from({ length: K }, (_, k) => labels.flatMap((l, i) => (l === k ? [i] : [])));
  const row = (i: number): number[] => Array.from(features.subarray(i * d, i * d + d));
  const mean = (rows: number[][]): number[] => rows[0].map((_, j) => rows.reduce((s, h) => s + h[j], 0) / rows.length);
  const present = members.flatMap((list, k) => (list.length > 0 ? [k] : []));
  const mu = members.map((list) => (list.length > 0 ? mean(list.map(row)) : null));
  const g = mean(present.map((k) => mu[k] as number[]));
  const M = matrix(present.length, d, Float64Array.from(present.flatMap((k) => (mu[k] as number[]).map((x, j) => x - g[j]))));
  const { S, V } = svd(M);
  const along = (h: number[], a: number): number => h.reduce((s, x, j) => s + (x - g[j]) * V.data[j * V.cols + a], 0);
  const total = S.reduce((s, x) => s + x * x, 0);
  return { members, row, mu, along, shares: Array.from(S, (x) => x ** 2 / total), singular: S };
}

const sign = (x: number): number => (x < 0 ? -1 : 1);

describe.each([
  ["few classes in many dimensions", clouds([40, 30, 20, 7, 1], 12, 0.4, 1)],
  ["more classes than dimensions", clouds([9, 8, 7, 6, 5, 4, 3, 3], 3, 0.4, 2)],
  ["three classes span a plane", clouds([30, 20, 10], 7, 0.4, 3)],
  ["two classes, one direction", clouds([30, 20], 7, 0.4, 4)],
  ["one dimension", clouds([10, 20, 30, 40], 1, 0.4, 5)],
  ["a class without samples", clouds([30, 0, 10, 20], 6, 0.4, 6)],
  ["many classes: eigenvectors in place of rotations", clouds(new Array(200).fill(3), 150, 0.4, 7)],
])("%s", (_, cloud) => {
  const view = viewed(cloud);
  const by = plainView(cloud);
  const q = Math.min(3, cloud.d, by.members.filter((list) => list.length > 0).length - 1);
  // A singular vector is one up to its sign.
  const turn = view.shares.map((__, a) => {
    const k = by.mu.findIndex((m) => m !== null && Math.abs(by.along(m, a)) > 1e-3 * by.singular[a]);
    return sign(by.along(by.mu[k] as number[], a)) * sign((view.means[k] as number[])[a]);
  });

  test("shares and means are those of the singular value decomposition of M", () => {
    expect(view.shares).toHaveLength(q);
    view.shares.forEach((share, a) => {
      expect(share).toBeCloseTo(by.shares[a], 12);
    });
    view.means.forEach((mean, k) => {
      const mu = by.mu[k];
      if (mu === null) expect(mean).toBeNull();
      else mean?.forEach((x, a) => void expect(x).toBeCloseTo(turn[a] * by.along(mu, a), 9));
    });
  });

  test("covariances are those of all samples, projected one by one", () => {
    view.covariances.forEach((covariance, k) => {
      const list = by.members[k];
      if (list.length === 0) {
        expect(covariance).toBeNull();
        return;
      }
      const points = list.map((i) => turn.map((t, a) => t * by.along(by.row(i), a)));
      const centre = turn.map((__, a) => points.reduce((s, p) => s + p[a], 0) / list.length);
      for (let a = 0; a < q; a++)
        for (let b = 0; b < q; b++) {
          const plain = points.reduce((s, p) => s + (p[a] - centre[a]) * (p[b] - centre[b]), 0) / list.length;
          expect(covariance?.[a][b]).toBeCloseTo(plain, 9);
        }
    });
  });

  test("points are the samples that they say they are", () => {
    const { rows, classes, points } = view.sample;
    expect(new Set(rows).size).toBe(rows.length);
    rows.forEach((i, at) => {
      expect(classes[at]).toBe(cloud.labels[i]);
      points[at].forEach((x, a) => void expect(x).toBeCloseTo(turn[a] * by.along(by.row(i), a), 9));
    });
  });
});

test("equal means have no direction, and a sample all the same", () => {
  const cloud: Cloud = { ...clouds([3, 3], 2, 0, 1), features: Float64Array.from([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) };
  const view = viewed(cloud);
  expect(view.shares).toEqual([]);
  expect(view.means).toEqual([[], []]);
  expect(view.sample.points).toHaveLength(6);
});

describe("the sample", () => {
  const cloud = clouds([500, 300, 40, 3], 4, 0.5, 9);

  test("of every class the same number, or all there are, and never more than asked", () => {
    const { classes } = viewed(cloud, { points: 200 }).sample;
    const of = (k: number): number => classes.filter((c) => c === k).length;
    expect([0, 1, 2, 3].map(of)).toEqual([78, 78, 40, 3]);
    expect(viewed(cloud, { points: 5 }).sample.rows).toHaveLength(4);
    // Fewer than classes: one of some.
    expect(new Set(viewed(cloud, { points: 3 }).sample.classes).size).toBe(3);
    expect(viewed(cloud).sample.rows).toHaveLength(843);
  });

  test("is the same by the same seed and another by another", () => {
    const rows = (seed: number): number[] => viewed(cloud, { points: 100, seed }).sample.rows;
    expect(rows(1)).toEqual(rows(1));
    expect(rows(1)).not.toEqual(rows(2));
    expect(rows(1)).not.toEqual(rows(1 + 2 ** 32));
  });

  /** Blocks of `step` rows from `from` on. */
  function states(step: number, shards: number): ViewState[] {
    const { features, labels, d, K } = cloud;
    const n = labels.length;
    const sums = emptySums(K, d);
    addToSums(sums, { n, features, labels });
    const frame = frameOf(sums);
    return Array.from({ length: shards }, (_, s) => {
      const state = emptyView(frame, { points: 100, seed: 5 });
      const [from, to] = [s, s + 1].map((i) => Math.floor((n * i) / shards));
      for (let first = from; first < to; first += step) {
        const end = Math.min(to, first + step);
        addToView(state, frame, {
          n: end - first,
          features: features.slice(first * d, end * d),
          labels: labels.slice(first, end),
          first,
        });
      }
      return state;
    });
  }
  const [whole] = states(843, 1);
  const rowsIn = (state: ViewState): number[] =>
    state.sample.kept.flatMap((list) => list.map(({ row }) => row)).sort((a, b) => a - b);

  test.each([
    [1, 1],
    [17, 1],
    [100, 1],
    [843, 4],
    [13, 5],
  ])("blocks of %i rows in %i shards give the same", (step, shards) => {
    const merged = states(step, shards).reduce(mergeViews);
    expect(rowsIn(merged)).toEqual(rowsIn(whole));
    merged.scatter.forEach((x, i) => void expect(x).toBeCloseTo(whole.scatter[i], 9));
  });

  test("shards of other seeds do not merge", () => {
    const [a] = states(843, 1);
    expect(() => mergeViews(a, { ...a, sample: { ...a.sample, seed: 6 } })).toThrow(/^shards: expected samples by seed 5/);
  });

  test("every row is as likely as every other", () => {
    // Of 40 rows 10 are kept, over 400 seeds: a row 100 times, with a deviation of 8.7.
    const one = clouds([40, 1], 2, 0.5, 3);
    const times = new Array<number>(41).fill(0);
    for (let seed = 0; seed < 400; seed++) for (const i of viewed(one, { points: 11, seed }).sample.rows) times[i]++;
    const single = one.labels.indexOf(1);
    expect(times[single]).toBe(400);
    for (const [i, count] of times.entries()) if (i !== single) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  test("priorities are even, and unrelated from row to row", () => {
    const n = 20_000;
    const values = Array.from({ length: n }, (_, row) => priority(7, row));
    const mean = values.reduce((a, b) => a + b, 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    let covariance = 0;
    for (let i = 1; i < n; i++) covariance += (values[i] - 0.5) * (values[i - 1] - 0.5);
    expect(Math.abs(covariance / n)).toBeLessThan(4 / 12 / Math.sqrt(n));
    expect(values.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(priority(7, 2 ** 33)).not.toBe(priority(7, 0));
  });

  test("settings that make no sense are refused", () => {
    for (const settings of [{ seed: -1 }, { seed: 0.5 }, { points: 0 }, { points: 1e9 }])
      expect(() => viewed(cloud, settings)).toThrow(InputError);
  });

  test("a million rows keep no more", () => {
    const [n, d] = [1_000_000, 2];
    const r = random(1);
    const features = Float32Array.from({ length: n * d }, () => r.uniform());
    const labels = Uint8Array.from({ length: n }, (_, i) => (i % 1000 === 0 ? 1 : 0));
    const { frame, ...state } = viewFeatures({ features, labels, d, K: 2 });
    expect(viewOf(state, frame).sample.rows).toHaveLength(2000);
  });
});

test("200,000 classes, many of one sample: as many rows as were asked for, one of each class that is drawn", () => {
  const K = 200_000;
  const labels = Array.from({ length: K + 1000 }, (_, i) => i % K);
  const r = random(5);
  const cloud = { features: Float64Array.from({ length: 2 * labels.length }, () => r.normal()), labels, d: 2, K };
  const { sample, means } = viewed(cloud, { points: 500 });
  expect(means).toHaveLength(K);
  expect(new Set(sample.classes).size).toBe(500);
});

test("of 150,000 classes with a sample each one row a class, where the limit is looked for", () => {
  const counts = new Float64Array(150_000).fill(1);
  expect(Array.from(emptySample(counts, 1, { seed: 0, points: 200_000 }).limits)).toEqual(Array.from(counts));
});
