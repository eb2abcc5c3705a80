import { describe, expect, it, test } from "vitest";
import { matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { singularValues } from "../../src/math/svd.ts";
import { blockSingularValues } from "../../src/prediction/geometry.ts";
import { predict } from "../../src/prediction/index.ts";
import { clustersOf, type ProblemInput, problem } from "../../src/problem/index.ts";

/** What a prediction says of its Z, by blocks, against the whole matrix Z. */
const cases: [string, ProblemInput][] = [
  ["balanced", { counts: [40, 40, 40], lambdaZ: 0.02 }],
  ["two clusters", { counts: [500, 500, 100, 100, 100], lambdaZ: 0.004, lambdaB: 0.02 }],
  ["three clusters, bias-free", { counts: [300, 300, 120, 120, 40, 40], lambdaZ: 0.004 }],
  ["lone classes", { counts: [1000, 200, 30, 4], lambdaZ: 0.001, lambdaB: 0.05 }],
  ["a core that has lost rank", { counts: [900, 900, 150, 150, 20, 20], lambdaZ: 0.007, lambdaB: 0.02 }],
  ["nearly all collapsed", { counts: [900, 150, 150, 20], lambdaZ: 0.023, lambdaB: 0.02 }],
  ["complete collapse", { counts: [90, 60, 60, 20], lambdaZ: 0.2, lambdaB: 0.02 }],
  ["nonnegative", { counts: [300, 300, 120, 40, 40, 7], lambdaZ: 0.004, lambdaB: 0.02, nonnegative: true }],
  ["nonnegative, some vanished", { counts: [300, 300, 120, 40, 40, 7], lambdaZ: 0.012, lambdaB: 0.02, nonnegative: true }],
  [
    "every remedy",
    {
      counts: [300, 300, 120, 120, 40],
      lambdaZ: 0.003,
      lambdaB: 0.02,
      weights: [1, 1, 2, 2, 3],
      factors: [1, 1, 0.8, 0.8, 1.5],
      offsets: [0, 0, -0.5, -0.5, 1],
      smoothing: 0.1,
    },
  ],
];

describe.each(cases)("%s", (_, input) => {
  const p = problem(input);
  const { K } = p;

  it("singular values of Z D^(1/2), and the rank", () => {
    const found = predict(p);
    const { Z } = found;
    const direct = singularValues(
      matrix(K, K, Float64Array.from(Z.flatMap((row) => row.map((z, k) => z * Math.sqrt(p.counts[k]))))),
    );
    expect(found.singularValues).toHaveLength(K);
    found.singularValues.forEach((x, l) => {
      expect(Math.abs(x - direct[l]), `value ${l}`).toBeLessThanOrEqual(1e-9 * Math.max(1, direct[0]));
    });
    expect(found.rank).toBe([...direct].filter((x) => x > 1e-8 * Math.max(direct[0], p.N * p.lambdaZ)).length);
  });

  it("cosines between columns; null exactly where a class vanished", () => {
    const found = predict(p);
    const { Z } = found;
    const column = (k: number): number[] => Z.map((row) => row[k]);
    const largest = Math.max(...Z.flat().map(Math.abs));
    const dot = (k: number, l: number): number => column(k).reduce((sum, z, i) => sum + z * Z[i][l], 0);
    const gone = new Set(found.vanished);
    for (let k = 0; k < K; k++) {
      expect(gone.has(k)).toBe(Math.sqrt(dot(k, k)) <= 1e-8 * Math.max(1, largest));
      for (let l = 0; l < K; l++) {
        if (gone.has(k) || gone.has(l)) expect(found.cosines[k][l]).toBeNull();
        else expect(Math.abs((found.cosines[k][l] as number) - dot(k, l) / Math.sqrt(dot(k, k) * dot(l, l)))).toBeLessThan(1e-10);
      }
    }
  });

  it("margins: p_own - p_other of the softmax itself", () => {
    const found = predict(p);
    const column = (k: number): number[] => found.Z.map((row) => row[k]);
    for (const { classes, margin, size, count } of found.clusters) {
      expect(size).toBe(classes.length);
      expect(classes.every((k) => p.counts[k] === count)).toBe(true);
      if (size === 1) expect(margin).toBeNull();
      else {
        const [k, other] = classes;
        const e = column(k).map((z, i) => Math.exp((p.factors?.[i] ?? 1) * (z + found.b[i]) + (p.offsets?.[i] ?? 0)));
        const sum = e.reduce((x, y) => x + y, 0);
        expect(Math.abs((margin as number) - (e[k] - e[other]) / sum)).toBeLessThan(1e-9);
      }
    }
  });

  it("the problem is repeated as it was given, in arrays of its own", () => {
    const found = predict(p);
    for (const name of ["weights", "offsets", "factors"] as const) {
      expect(found.problem[name]).toEqual(input[name] ?? null);
      if (input[name]) expect(found.problem[name]).not.toBe(p[name]);
    }
    expect(found.problem).toMatchObject({ counts: input.counts, K, N: p.N, lambdaZ: p.lambdaZ, nonnegative: p.nonnegative });
    expect(found.problem.smoothing).toBe(input.smoothing ?? 0);
    expect(found.problem.lambdaB).toBe(input.lambdaB ?? Number.POSITIVE_INFINITY);
    expect(found.criticalCount).toBe((p.N * p.lambdaZ) ** 2);
  });
});

test("which way there is: a closed form where classes are balanced or in two clusters of two or more, and no remedy is used", () => {
  const method = (counts: number[], more: Partial<ProblemInput> = {}): [string, boolean] => {
    const { method, iterations } = predict(problem({ counts, lambdaZ: 0.003, lambdaB: 0.02, ...more }));
    return [method, iterations === 0];
  };
  expect(method([50, 50, 50])).toEqual(["balanced", true]);
  for (const counts of [
    [500, 500, 100, 100],
    [500, 500, 100, 100, 100],
    [500, 500, 500, 100, 100],
  ])
    expect(method(counts)).toEqual(["two-clusters", true]);
  expect(method([500, 100, 100])).toEqual(["reduced", false]);
  expect(method([500, 500, 100])).toEqual(["reduced", false]);
  expect(method([500, 500, 100, 100, 20, 20])).toEqual(["reduced", false]);
  expect(method([500, 200, 100])).toEqual(["dense", false]);
  const pairs = [500, 500, 100, 100];
  expect(method(pairs, { weights: [1, 1, 2, 2] })).toEqual(["reduced", false]);
  expect(method(pairs, { factors: [1, 1, 2, 2] })).toEqual(["reduced", false]);
  expect(method(pairs, { offsets: [0, 0, 1, 1] })).toEqual(["reduced", false]);
  expect(method(pairs, { smoothing: 0.1 })).toEqual(["reduced", false]);
  expect(method(pairs, { nonnegative: true })[0]).toBe("nonnegative");
});

test("random problems of lone classes: singular values, descending, with the Frobenius norm of Z D^(1/2)", () => {
  const r = random(40);
  for (let i = 0; i < 30; i++) {
    const K = 2 + r.integer(6);
    const counts = Array.from({ length: K }, () => Math.ceil(10 ** (3 * r.uniform())));
    const N = counts.reduce((x, y) => x + y, 0);
    const p = problem({ counts, lambdaZ: (0.9 * Math.sqrt(Math.max(...counts)) * r.uniform()) / N, lambdaB: 0.1 });
    const { Z, singularValues: values } = predict(p);
    const squares = Z.reduce((sum, row) => sum + row.reduce((s, z, k) => s + z * z * p.counts[k], 0), 0);
    // The Frobenius norm of Z D^(1/2) is that of its singular values.
    expect(Math.abs(Math.hypot(...values) - Math.sqrt(squares))).toBeLessThan(1e-9 * Math.max(1, Math.sqrt(squares)));
    for (let l = 1; l < K; l++) expect(values[l]).toBeLessThanOrEqual(values[l - 1]);
  }
});

test("a core of lower rank has fewer singular values: the others are 0", () => {
  const clusters = clustersOf(problem({ counts: [4, 4, 2, 1], lambdaZ: 0.1 }));
  const blocks = { other: new Float64Array(9), own: Float64Array.of(0.5, 0, 0), bias: new Float64Array(3) };
  expect(blockSingularValues(clusters, blocks, Float64Array.of(3))).toEqual([3, 1, 0, 0]);
  expect(blockSingularValues(clusters, blocks, new Float64Array(0))).toEqual([1, 0, 0, 0]);
});

test("a class whose own logit passes through 0 has not vanished: the others are not 0", () => {
  const at = (offset: number) =>
    predict(problem({ counts: [138, 10, 4], lambdaZ: 0.026855570770300295, offsets: [-1.8, offset, 0.3] }));
  // The offset at which z_kk = 0, by bisection: there it is the row's entry of the one singular vector that is 0, not the column's.
  let [low, high] = [-6, -2];
  expect(at(low).Z[1][1]).toBeGreaterThan(0.05);
  expect(at(high).Z[1][1]).toBeLessThan(-0.05);
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (at(middle).Z[1][1] > 0) low = middle;
    else high = middle;
  }
  const { Z, vanished, cosines } = at(low);
  expect(Math.abs(Z[1][1])).toBeLessThan(1e-13);
  expect(Z[0][1]).toBeGreaterThan(0.5);
  expect(vanished).toEqual([]);
  expect(cosines[0][1]).not.toBeNull();
});
