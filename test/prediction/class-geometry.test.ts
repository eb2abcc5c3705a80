import { expect, test } from "vitest";
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

test("the limits are where the rule says", () => {
  // Two of a pair at an angle: cosine -0.89 is no pair, -0.91 is one. Ten pairs, so that the mean of all hardly moves.
  const bent = (cosine: number): Rows => {
    const rows = pairRows(new Array<number>(10).fill(1), 11);
    const half = Math.sqrt((1 + cosine) / 2);
    rows[0] = [Math.sqrt(1 - half * half), ...axis(9, half, 10)];
    rows[1] = [-Math.sqrt(1 - half * half), ...axis(9, half, 10)];
    return rows;
  };
  expect(geometry(bent(-0.93))).toMatchObject({ name: "cross-polytope", rank: 10 });
  expect(geometry(bent(-0.86))).toMatchObject({ name: "other" });
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
