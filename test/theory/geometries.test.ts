import { describe, expect, it } from "vitest";
import { fromRows, type Matrix, matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { svd } from "../../src/math/svd.ts";
import { factors } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import {
  type BlockMatrix,
  type Geometry,
  limitGeometry,
  seliGeometry,
  simplexGeometry,
  zeroLimit,
} from "../../src/theory/index.ts";

const groupsOf = (counts: readonly number[]) => counts.map((count) => ({ count, size: 1 }));
const whole = ({ other, own }: BlockMatrix): number[][] =>
  Array.from(own, (_, i) => Array.from(own, (x, k) => (i === k ? x : other[i * own.length + k])));

/** X/|X|_F beside Y/|Y|_F: the largest difference of entries. */
function apart(X: readonly (readonly number[])[], Y: readonly (readonly number[])[]): number {
  const [a, b] = [X, Y].map((M) => Math.hypot(...M.flat()));
  return Math.max(...X.flatMap((row, i) => row.map((x, k) => Math.abs(x / a - Y[i][k] / b))));
}

const gram = (F: Float64Array, K: number, d: number): number[][] =>
  Array.from({ length: K }, (_, k) =>
    Array.from({ length: K }, (_, l) =>
      Array.from({ length: d }, (_, c) => F[k * d + c] * F[l * d + c]).reduce((x, y) => x + y, 0),
    ),
  );

const centred = (G: readonly (readonly number[])[]): number[][] => {
  const mean = G.map((row) => row.reduce((a, b) => a + b, 0) / row.length);
  const columns = G[0].map((_, k) => G.reduce((sum, row) => sum + row[k], 0) / G.length);
  const all = mean.reduce((a, b) => a + b, 0) / G.length;
  return G.map((row, i) => row.map((x, k) => x - mean[i] - columns[k] + all));
};

describe("SELI", () => {
  it("is the singular value decomposition of the simplex-encoded labels, sample by sample", () => {
    for (const counts of [
      [7, 3, 2],
      [1, 9],
      [5, 5, 1, 1, 1],
      [12, 6, 3, 1],
    ]) {
      const K = counts.length;
      const labels = counts.flatMap((n, k) => new Array<number>(n).fill(k));
      const encoded: Matrix = fromRows(counts.map((_, i) => labels.map((k) => (i === k ? 1 : 0) - 1 / K)));
      const { U, S, V } = svd(encoded);
      const heads = counts.map((_, i) =>
        counts.map((_, k) =>
          Array.from(S, (s, l) => s * U.data[i * U.cols + l] * U.data[k * U.cols + l]).reduce((a, b) => a + b, 0),
        ),
      );
      const first = counts.map((_, k) => labels.indexOf(k));
      const samples = first.map((i) =>
        first.map((j) => Array.from(S, (s, l) => s * V.data[i * V.cols + l] * V.data[j * V.cols + l]).reduce((a, b) => a + b, 0)),
      );
      const seli = seliGeometry(groupsOf(counts));
      expect(apart(whole(seli.weights), heads)).toBeLessThan(1e-13);
      expect(apart(whole(seli.features), samples)).toBeLessThan(1e-13);
      expect(
        apart(
          whole(seli.Z),
          first.map((_, i) => first.map((j) => encoded.data[i * encoded.cols + j])),
        ),
      ).toBeLessThan(1e-15);
    }
  });

  // Thrampoulidis et al. 2022, the closed forms for (R, 1/2)-STEP imbalance, K = 2 m.
  it.each([
    [4, 10],
    [10, 100],
    [10, 1],
  ])("has the closed forms of STEP imbalance: K %i, R %f", (K, R) => {
    const m = K / 2;
    const { weights, features } = seliGeometry([
      { count: R, size: m },
      { count: 1, size: m },
    ]);
    const mean = Math.sqrt((R + 1) / 2);
    const check = ({ own, other }: BlockMatrix, major: number, between: number): void => {
      const expected = {
        own: [(1 - 2 / K) * major + between / K, 1 - 2 / K + between / K],
        other: [(-2 / K) * major + between / K, -between / K, -between / K, -2 / K + between / K],
      };
      own.forEach((x, j) => {
        expect(x).toBeCloseTo(expected.own[j], 11);
      });
      other.forEach((x, e) => {
        expect(x).toBeCloseTo(expected.other[e], 11);
      });
    };
    check(weights, Math.sqrt(R), mean);
    check(features, 1 / Math.sqrt(R), 1 / mean);
    if (R > 1) expect(weights.own[0] / weights.own[1]).toBeGreaterThan(1);
  });

  it("is the simplex where counts are equal, and the limit of free features where the bias costs something", () => {
    const groups = [{ count: 30, size: 7 }];
    const [a, b] = [simplexGeometry(groups), seliGeometry(groups)];
    for (const key of ["Z", "weights", "features"] as const) {
      const ratio = b[key].own[0] / a[key].own[0];
      expect(b[key].other[0]).toBeCloseTo(a[key].other[0] * ratio, 12);
    }
    expect(limitGeometry(groups, { freeBias: false, nonnegative: false })).toEqual(b);
  });
});

describe("the limit of vanishing regularization", () => {
  const r = random(11);
  const drawn = Array.from({ length: 12 }, () =>
    Array.from({ length: 2 + r.integer(7) }, () => Math.ceil(10 ** (3 * r.uniform()))),
  );
  it.each([
    ["free features", false, false],
    ["a bias that costs nothing", true, false],
    ["nonnegative features", false, true],
  ])("%s: head and features are the factors of its Z", (_, freeBias, nonnegative) => {
    for (const counts of drawn) {
      const { direction } = zeroLimit(counts, { ratio: freeBias ? Number.POSITIVE_INFINITY : 0, nonnegative });
      const { d, W, H } = factors(
        problem({ counts, lambdaZ: 0.01, lambdaB: freeBias ? 0 : 1, nonnegative }),
        direction,
        counts.length,
      );
      const limit = limitGeometry(groupsOf(counts), { freeBias, nonnegative }) as Geometry;
      expect(apart(whole(limit.Z), direction)).toBeLessThan(1e-14);
      expect(apart(whole(limit.weights), gram(W, counts.length, d))).toBeLessThan(1e-11);
      expect(apart(whole(limit.features), centred(gram(H, counts.length, d)))).toBeLessThan(1e-11);
    }
  });

  it("does not exist for nonnegative features with a bias that costs nothing", () => {
    expect(limitGeometry(groupsOf([3, 2]), { freeBias: true, nonnegative: true })).toBeNull();
  });

  it("groups of equal counts give the same numbers as their classes one by one", () => {
    const groups = [
      { count: 50, size: 3 },
      { count: 7, size: 2 },
      { count: 1, size: 1 },
    ];
    const member = [0, 0, 0, 1, 1, 2];
    const counts = member.map((j) => groups[j].count);
    for (const kind of [
      { freeBias: false, nonnegative: false },
      { freeBias: true, nonnegative: false },
      { freeBias: false, nonnegative: true },
    ]) {
      const [a, b] = [limitGeometry(groups, kind), limitGeometry(groupsOf(counts), kind)] as Geometry[];
      for (const key of ["Z", "weights", "features"] as const) {
        const X = matrix(6, 6);
        for (const [k, i] of member.entries())
          for (const [l, j] of member.entries()) X.data[k * 6 + l] = k === l ? a[key].own[i] : a[key].other[i * 3 + j];
        expect(
          apart(
            whole(b[key]),
            Array.from({ length: 6 }, (_, k) => Array.from(X.data.subarray(k * 6, k * 6 + 6))),
          ),
        ).toBeLessThan(1e-13);
      }
    }
  });
});
