import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { classGeometry } from "../../src/prediction/index.ts";

type Rows = number[][];
const flat = (rows: Rows): Float64Array => Float64Array.from(rows.flat());
const geometry = (rows: Rows) => classGeometry(flat(rows), rows.length, rows[0].length);
const axis = (at: number, length: number, p: number): number[] => Array.from({ length: p }, (_, c) => (c === at ? length : 0));
/** Orthogonal class means: about their mean a simplex. */
const simplexRows = (K: number, p = K): Rows => Array.from({ length: K }, (_, k) => axis(k, 1, p));
/** Pairs +-e_j of given lengths; classes 2j and 2j + 1 are opposite. */
const pairRows = (lengths: number[], p = lengths.length): Rows =>
  lengths.flatMap((length, j) => [axis(j, length, p), axis(j, -length, p)]);

/** Moves rows into q dimensions by a random rotation, with a common shift and noise. */
function disguised(rows: Rows, q: number, noise: number, seed: number): Rows {
  const g = random(seed);
  const basis: Rows = [];
  while (basis.length < rows[0].length) {
    let v = Array.from({ length: q }, () => g.normal());
    for (const e of basis) {
      const dot = v.reduce((sum, x, c) => sum + x * e[c], 0);
      v = v.map((x, c) => x - dot * e[c]);
    }
    const length = Math.hypot(...v);
    basis.push(v.map((x) => x / length));
  }
  const shift = Array.from({ length: q }, () => 3 * g.normal());
  return rows.map((row) =>
    shift.map((s, c) => s + row.reduce((sum, x, j) => sum + x * basis[j][c], 0) + (noise * g.normal()) / Math.sqrt(q)),
  );
}

test("simplices of every size, wherever they stand", () => {
  for (const K of [2, 3, 4, 10, 30]) {
    const exact = geometry(simplexRows(K));
    expect(exact).toMatchObject({ name: "simplex", rank: K - 1, pairs: K === 2 ? [[0, 1]] : [] });
    expect(exact?.cosines.most).toBeCloseTo(-1 / (K - 1), 12);
    expect(geometry(disguised(simplexRows(K), 40, 0.05, K))).toMatchObject({ name: "simplex", rank: K - 1 });
  }
  // Imbalanced: means of other lengths.
  expect(geometry(simplexRows(10).map((row, k) => row.map((x) => (k < 5 ? 1.2 : 1) * x)))).toMatchObject({
    name: "simplex",
    rank: 9,
  });
});

test("cross-polytopes with pairs of any length, and their pairs in whatever order", () => {
  for (const lengths of [[1, 1], [3, 1, 1], [5, 3, 2, 1, 0.5], new Array<number>(20).fill(1)]) {
    const pairs = lengths.map((_, j) => [2 * j, 2 * j + 1]);
    expect(geometry(pairRows(lengths))).toEqual({
      name: "cross-polytope",
      rank: lengths.length,
      pairs,
      cosines: { least: -1, most: expect.closeTo(0, 12) },
    });
    expect(geometry(disguised(pairRows(lengths), 64, 0.05, 3))).toMatchObject({
      name: "cross-polytope",
      rank: lengths.length,
      pairs,
    });
  }
  const rows = pairRows([1, 2, 3]);
  const order = [4, 0, 2, 5, 3, 1];
  expect(geometry(order.map((k) => rows[k]))?.pairs).toEqual([
    [0, 3],
    [1, 5],
    [2, 4],
  ]);
});

test("an odd number of classes: all but one in pairs", () => {
  for (const n of [3, 4, 8]) {
    const rows = [...pairRows(new Array<number>(n).fill(1), n + 1), axis(n, 1, n + 1)];
    expect(geometry(rows)).toMatchObject({
      name: "cross-polytope",
      rank: n + 1,
      pairs: Array.from({ length: n }, (_, j) => [2 * j, 2 * j + 1]),
    });
  }
});

test("neither: some pairs, a low rank, one class at the mean, a triangle among pairs", () => {
  const rest = [2, 3, 4, 5].map((c) => axis(c, 1, 6).map((x, j) => (j < 2 ? 0 : x - 0.25)));
  const some = geometry([...pairRows([1, 1], 6), ...rest]);
  expect(some).toMatchObject({ name: "other", rank: 5 });
  expect(some?.pairs).toEqual([
    [0, 1],
    [2, 3],
  ]);
  const hexagon = Array.from({ length: 6 }, (_, k) => [Math.cos((k * Math.PI) / 3), Math.sin((k * Math.PI) / 3)]);
  expect(geometry(hexagon)).toMatchObject({
    name: "other",
    rank: 2,
    pairs: [
      [0, 3],
      [1, 4],
      [2, 5],
    ],
  });
  const icosahedron = [-1, 1].flatMap((a) =>
    [-1.618, 1.618].flatMap((b) => [
      [0, a, b],
      [a, b, 0],
      [b, 0, a],
    ]),
  );
  expect(geometry(icosahedron)).toMatchObject({ name: "other", rank: 3 });
  expect(geometry(icosahedron)?.pairs).toHaveLength(6);
  expect(geometry([...pairRows([1, 1, 1]), [0, 0, 0]])).toMatchObject({ name: "other", rank: 3 });
  const triangle = [0, 1, 2].map((k) => [0, 0, Math.cos((k * 2 * Math.PI) / 3), Math.sin((k * 2 * Math.PI) / 3)]);
  expect(geometry([...pairRows([1, 1], 4), ...triangle])).toMatchObject({
    name: "other",
    rank: 4,
    pairs: [
      [0, 1],
      [2, 3],
    ],
  });
});

describe("the limits are where the rule says, to 0.01", () => {
  /** Of two rows about the mean of all. */
  const cosineOf = (rows: Rows, k: number, l: number): number => {
    const mean = rows[0].map((_, c) => rows.reduce((sum, row) => sum + row[c] / rows.length, 0));
    const [a, b] = [k, l].map((at) => rows[at].map((x, c) => x - mean[c]));
    const dot = (x: number[], y: number[]): number => x.reduce((sum, v, c) => sum + v * y[c], 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  /** Ten pairs, the first bent at an angle so that its cosine about the mean is as wanted. */
  const bent = (wanted: number): Rows => {
    const at = (half: number): Rows => {
      const rows = pairRows(new Array<number>(10).fill(1), 11);
      rows[0] = [Math.sqrt(1 - half * half), ...axis(9, half, 10)];
      rows[1] = [-Math.sqrt(1 - half * half), ...axis(9, half, 10)];
      return rows;
    };
    let [low, high] = [0, 0.9];
    for (let i = 0; i < 60; i++) {
      const half = (low + high) / 2;
      if (cosineOf(at(half), 0, 1) < wanted) low = half;
      else high = half;
    }
    expect(cosineOf(at(low), 0, 1)).toBeCloseTo(wanted, 12);
    return at(low);
  };

  test("a pair: cosine at most -0.9", () => {
    const pair = geometry(bent(-0.91));
    expect(pair).toMatchObject({ name: "cross-polytope", rank: 10 });
    expect(pair?.pairs).toContainEqual([0, 1]);
    const none = geometry(bent(-0.89));
    expect(none).toMatchObject({ name: "other" });
    expect(none?.pairs).not.toContainEqual([0, 1]);
    expect(none?.pairs).toHaveLength(9);
  });

  test("a direction: from 0.25 of the largest singular value on", () => {
    // (+-c, +-s): singular values of the unit vectors 2c and 2s.
    const flatter = (share: number): Rows => [1, -1].flatMap((a) => [1, -1].map((b) => [a, b * share]));
    expect(geometry(flatter(0.24))?.rank).toBe(1);
    expect(geometry(flatter(0.26))?.rank).toBe(2);
  });

  test("a simplex: all cosines within 0.2 of -1/(K-1)", () => {
    // Three directions in a plane whose lengths add up to 0: two at the cosine that is asked for, the third opposite to their middle.
    const three = (cosine: number): Rows => {
      const half = Math.acos(cosine) / 2;
      return [
        [Math.cos(half), Math.sin(half)],
        [Math.cos(half), -Math.sin(half)],
        [-2 * Math.cos(half), 0],
      ];
    };
    const names = [-0.29, -0.31, -0.5, -0.69, -0.71].map((cosine) => {
      expect(cosineOf(three(cosine), 0, 1)).toBeCloseTo(cosine, 12);
      return geometry(three(cosine))?.name;
    });
    expect(names).toEqual(["other", "simplex", "simplex", "simplex", "other"]);
  });

  test("a cross-polytope: all other cosines within 0.2 of 0", () => {
    const pairsAt = (cosine: number): Rows => {
      const v = [cosine, Math.sqrt(1 - cosine * cosine)];
      return [[1, 0], [-1, 0], v, v.map((x) => -x)];
    };
    const names = [0.19, 0.21, -0.19, -0.21].map((cosine) => geometry(pairsAt(cosine))?.name);
    expect(names).toEqual(["cross-polytope", "other", "cross-polytope", "other"]);
  });
});

test("classes without samples have no place; equal means have no geometry", () => {
  const rows = pairRows([1, 1, 1]);
  rows.splice(2, 0, [9, 9, 9]);
  expect(classGeometry(flat(rows), 7, 3, [0, 1, 3, 4, 5, 6])).toMatchObject({
    name: "cross-polytope",
    rank: 3,
    pairs: [
      [0, 1],
      [3, 4],
      [5, 6],
    ],
  });
  expect(
    geometry([
      [1, 2],
      [1, 2],
      [1, 2],
    ]),
  ).toBeNull();
  expect(
    geometry([
      [0.1, 0.3],
      [0.1 + 1e-17, 0.3],
      [0.1, 0.3 + 1e-17],
    ]),
  ).toBeNull();
});

test("classes that share a direction are in no pair, and those at the mean of all have no direction", () => {
  // Two groups of three opposite each other: who would be paired with whom?
  const two = geometry([1, 1, 1, -1, -1, -1].map((x) => [x, 0]));
  expect(two).toMatchObject({ name: "other", rank: 1, pairs: [] });
  // A pair, and two classes that share the other direction's end.
  const shared = geometry([
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, 1],
    [0, -2],
  ]);
  expect(shared).toMatchObject({ name: "other", pairs: [[0, 1]] });
  // Five classes as a simplex, five whose features have died but for what a descent leaves: rank 4, not one more for noise.
  const g = random(5);
  const dead = Array.from({ length: 5 }, () => Array.from({ length: 6 }, () => 1e-5 * g.normal()));
  const simplexOfFive = simplexRows(5, 6).map((row) => row.map((x, c) => x - (c < 5 ? 0.2 : 0)));
  expect(geometry([...simplexOfFive, ...dead])).toMatchObject({ name: "other", rank: 4, pairs: [] });
});
