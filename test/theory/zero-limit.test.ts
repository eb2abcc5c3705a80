import { describe, expect, it } from "vitest";
import { symmetricEigen } from "../../src/math/eigen.ts";
import { matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { singularValues } from "../../src/math/svd.ts";
import { predict } from "../../src/prediction/index.ts";
import { type ProblemInput, problem, withLambdaZ } from "../../src/problem/index.ts";
import { balanced, type ZeroLimitOptions, zeroLimit } from "../../src/theory/index.ts";

const inf = Number.POSITIVE_INFINITY;
const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);

/** Every entry of two matrices: the largest difference. */
function distance(X: readonly (readonly number[])[], Y: readonly (readonly number[])[]): number {
  return Math.max(...X.flatMap((row, i) => row.map((x, k) => Math.abs(x - Y[i][k]))));
}

describe("lambda_Z -> 0", () => {
  it.each([
    [[500, 500, 100, 100, 7], inf],
    [[1000, 200, 30, 4, 1], inf],
    [[1000, 200, 30, 4, 1], 0.01],
    [[1_000_000, 10, 10], 0.5],
  ])(
    "%j, lambda_b %f: certified solutions approach log(1/s) Pi + E like 1/log(1/s), their direction at the stated rate",
    (counts, lambdaB) => {
      const limit = zeroLimit(counts);
      const K = counts.length;
      const N = sum(counts);
      const errors = [1e-4, 1e-8, 1e-12].map((s) => {
        const p = problem({ counts, lambdaZ: s / N, lambdaB });
        const found = predict(p);
        expect(found.certified).toBe(true);
        const L = Math.log(1 / s);
        const expansion = limit.direction.map((row, i) => row.map((x, k) => L * x + limit.offset[i][k]));
        const length = Math.hypot(...found.Z.flat());
        const turned = found.Z.map((row, i) => row.map((z, k) => (z / length - limit.direction[i][k] / Math.sqrt(K - 1)) * L));
        const bias = Math.max(
          ...found.b.map((b, k) =>
            lambdaB === inf
              ? Math.abs(b)
              : Math.abs((b * lambdaB) / p.lambdaZ - (limit.bias as number[])[k]) / Math.abs((limit.bias as number[])[k]),
          ),
        );
        return { L, Z: distance(found.Z, expansion), rate: distance(turned, limit.rate), bias };
      });
      for (const key of ["Z", "rate"] as const) {
        // O(1/L): smaller at every step; times L within a factor 2 from 1e-4 to 1e-12, where L itself trebles.
        const scaled = errors.map((e) => e[key] * e.L);
        expect(errors[1][key]).toBeLessThan(errors[0][key]);
        expect(errors[2][key]).toBeLessThan(errors[1][key]);
        expect(scaled[2]).toBeLessThan(2 * scaled[0]);
      }
      // What is left of the bias' distance to its limit is O(1/L) as well.
      for (const e of errors) expect(e.bias * e.L).toBeLessThan(1.5);
    },
  );

  const tail = [1000, 200, 30, 4, 1];
  it.each<[string, number[], ZeroLimitOptions, (N: number) => Omit<ProblemInput, "counts">]>([
    ["weight decay", tail, { ratio: 1 / Math.sqrt(1235) }, () => ({ weightDecay: 1, ends: "batch-norm" })],
    [
      "weight decay, J = 2, a tenth of it on the bias",
      tail,
      { ratio: 10 / Math.sqrt(2 * 1235) },
      () => ({ weightDecay: 1, ends: "batch-norm", branches: 2, biasWeightDecay: 0.1 }),
    ],
    ["a bias without decay", [500, 500, 100, 100, 7], { ratio: inf }, () => ({ lambdaZ: 1, lambdaB: 0 })],
    ["a bias without decay, a long tail", tail, { ratio: inf }, () => ({ lambdaZ: 1, lambdaB: 0 })],
    ["ReLU, bias-free", tail, { nonnegative: true }, () => ({ lambdaZ: 1, nonnegative: true })],
    ["ReLU, lambda_b fixed", tail, { nonnegative: true }, () => ({ lambdaZ: 1, lambdaB: 0.01, nonnegative: true })],
    [
      "ReLU, weight decay",
      tail,
      { nonnegative: true, ratio: 1 / Math.sqrt(1235) },
      () => ({ weightDecay: 1, ends: "batch-norm-relu" }),
    ],
  ])("%s: Z, its direction and the bias approach their expansion like 1/log(1/s)", (_, counts, options, input) => {
    const limit = zeroLimit(counts, options);
    const N = sum(counts);
    const length = Math.hypot(...limit.direction.flat());
    const errors = [1e-4, 1e-7, 1e-10].map((s) => {
      const p = withLambdaZ(problem({ counts, ...input(N) }), s / N);
      const found = predict(p, { tolerance: 1e-6 });
      expect(found.ufmPlus?.certified ?? found.certified).toBe(true);
      const L = Math.log(1 / s);
      const expansion = limit.direction.map((row, i) => row.map((x, k) => L * x + limit.offset[i][k]));
      const size = Math.hypot(...found.Z.flat());
      const turned = found.Z.map((row, i) => row.map((z, k) => (z / size - limit.direction[i][k] / length) * L));
      const b = limit.biasDirection.map((x, k) => L * x + limit.biasOffset[k]);
      return { L, Z: distance(found.Z, expansion), rate: distance(turned, limit.rate), b: distance([found.b], [b]) };
    });
    for (const key of ["Z", "rate", "b"] as const) {
      if (key === "b" && input(N).lambdaB === undefined && options.ratio === undefined) continue;
      expect(errors[1][key], key).toBeLessThan(errors[0][key]);
      expect(errors[2][key], key).toBeLessThan(errors[1][key]);
      expect(errors[2][key] * errors[2].L, key).toBeLessThan(2 * errors[0][key] * errors[0].L);
    }
  });

  it("without a penalty on the bias T is C^(+1/2) (I - n 1'/N): the eigendecomposition of C = D - n n'/N says the same", () => {
    const r = random(6);
    for (let i = 0; i < 40; i++) {
      const K = 2 + r.integer(20);
      const counts = Array.from({ length: K }, () => Math.ceil(10 ** (4 * r.uniform())));
      const N = sum(counts);
      const { multipliers, direction, biasDirection } = zeroLimit(counts, { ratio: inf });
      const C = matrix(K, K);
      for (let a = 0; a < K; a++)
        for (let b = 0; b < K; b++) C.data[a * K + b] = (a === b ? counts[a] : 0) - (counts[a] * counts[b]) / N;
      const { values, vectors } = symmetricEigen(C);
      const root = multipliers.map((row) => row.map(() => 0));
      for (let l = 1; l < K; l++)
        for (let a = 0; a < K; a++)
          for (let b = 0; b < K; b++) root[a][b] += (vectors.data[l * K + a] * vectors.data[l * K + b]) / Math.sqrt(values[l]);
      const T = root.map((row) => row.map((x) => x - sum(row.map((y, k) => (y * counts[k]) / N))));
      const largest = Math.max(...T.flat().map(Math.abs));
      expect(
        distance(
          multipliers,
          T.map((row) => row.map((x) => -x)),
        ),
      ).toBeLessThan(1e-9 * largest);
      // What nothing pays for: the mean of Z over all samples is 0, and all margins of Z + b are equal.
      for (const row of direction) expect(Math.abs(sum(row.map((x, k) => (x * counts[k]) / N)))).toBeLessThan(1e-14);
      direction.forEach((row, j) => {
        row.forEach((x, k) => {
          if (j !== k) expect(direction[k][k] + biasDirection[k] - x - biasDirection[j]).toBeCloseTo(1, 12);
        });
      });
    }
  });

  it("refuses nonnegative features beside a bias that costs nothing", () => {
    expect(() => zeroLimit([5, 3], { ratio: inf, nonnegative: true })).toThrow(
      /^lambdaB: expected a penalty on the bias.* got 0/,
    );
  });

  it("T is the inverse square root of Pi D Pi: the eigendecomposition says the same, and T_jk < 0 < T_kk", () => {
    const r = random(4);
    for (let i = 0; i < 50; i++) {
      const K = 2 + r.integer(30);
      const counts = Array.from({ length: K }, () => Math.ceil(10 ** (4 * r.uniform())));
      const { multipliers, bias } = zeroLimit(counts);
      const A = matrix(K, K);
      const N = sum(counts);
      for (let a = 0; a < K; a++)
        for (let b = 0; b < K; b++) A.data[a * K + b] = (a === b ? counts[a] : 0) - (counts[a] + counts[b]) / K + N / K / K;
      const { values, vectors } = symmetricEigen(A);
      const T = multipliers.map((row) => row.map(() => 0));
      for (let l = 1; l < K; l++)
        for (let a = 0; a < K; a++)
          for (let b = 0; b < K; b++) T[a][b] += (vectors.data[l * K + a] * vectors.data[l * K + b]) / Math.sqrt(values[l]);
      const largest = Math.max(...T.flat().map(Math.abs));
      expect(
        distance(
          multipliers,
          T.map((row) => row.map((x) => -x)),
        ),
      ).toBeLessThan(1e-10 * largest);
      const Tn = T.map((row) => sum(row.map((x, k) => x * counts[k])));
      expect(distance([bias as number[]], [Tn])).toBeLessThan(1e-9 * Math.max(...counts) * largest);
      multipliers.forEach((row, j) => {
        row.forEach((x, k) => {
          if (j === k) expect(x).toBeLessThan(0);
          else expect(x).toBeGreaterThan(0);
        });
      });
    }
  });

  it("Pi is the hardest-margin matrix: among those with all margins >= 1 none has a smaller |Z D^(1/2)|_*", () => {
    const r = random(9);
    for (let i = 0; i < 200; i++) {
      const K = 2 + r.integer(6);
      const counts = Array.from({ length: K }, () => Math.ceil(10 ** (3 * r.uniform())));
      const norm = (Z: readonly (readonly number[])[]): number =>
        sum([
          ...singularValues(matrix(K, K, Float64Array.from(Z.flatMap((row) => row.map((z, k) => z * Math.sqrt(counts[k])))))),
        ]);
      const { direction, multipliers } = zeroLimit(counts);
      // A random neighbour, shifted up on the diagonal until every margin is 1 at least.
      const size = 10 ** (-3 + 3 * r.uniform());
      const X = direction.map((row) => row.map((x) => x + size * r.normal()));
      for (let k = 0; k < K; k++) {
        const others = Math.max(...X.map((row, j) => (j === k ? -inf : row[k])));
        X[k][k] = Math.max(X[k][k], others + 1);
      }
      expect(norm(X)).toBeGreaterThanOrEqual(norm(direction) * (1 - 1e-13));
      // Strong duality: the multipliers add up to the norm, sum_k n_k sum_j (-T_jk) * margin 1.
      let dual = 0;
      for (let j = 0; j < K; j++) for (let k = 0; k < K; k++) if (j !== k) dual += multipliers[j][k] * counts[k];
      expect(Math.abs(dual / norm(direction) - 1)).toBeLessThan(1e-12);
    }
  });

  it("balanced classes: log(1/s) + E is the expansion of a (K I - J)", () => {
    const [K, n] = [7, 300];
    const { offset, rate, bias } = zeroLimit(new Array<number>(K).fill(n));
    const s = 1e-9;
    const a = balanced(K, n, s / (K * n));
    expect(Math.log(1 / s) / K - offset[0][1]).toBeGreaterThan(0);
    expect(-Math.log(1 / s) / K + offset[0][1]).toBeCloseTo(-a, 9);
    expect(Math.log(1 / s) * (1 - 1 / K) + offset[0][0]).toBeCloseTo(a * (K - 1), 9);
    for (const x of [...rate.flat(), ...(bias as number[])]) expect(Math.abs(x)).toBeLessThan(1e-12);
  });

  it("imbalance of 1e12 costs no digits: two classes, T = 1/sqrt((n_1 + n_2)/2) [1/2 -1/2; -1/2 1/2]", () => {
    const { multipliers } = zeroLimit([1e12, 1]);
    expect(multipliers[0][1]).toBeCloseTo(1 / Math.sqrt(1e12 + 1) / Math.SQRT2, 21);
  });
});
