import { expect, test } from "vitest";
import { matrix } from "../../src/math/matrix.ts";
import { diagonalMetric, problem } from "../../src/problem/index.ts";
import { metricPoints, solve, solvePoints } from "../../src/solver/index.ts";

const diagonal = (S: readonly number[]) => {
  const M = matrix(S.length, S.length);
  S.forEach((x, k) => {
    M.data[k * S.length + k] = x;
  });
  return M;
};

test.each<[number[], number[], number, number]>([
  [[0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1], 0.02, Number.POSITIVE_INFINITY],
  [[0.4, 0.3, 0.2, 0.1], [3, 0.5, 2, 0.7], 0.01, 0.1],
  [[1, 5, 0.2], [0.1, 20, 3], 0.05, Number.POSITIVE_INFINITY],
  [[2, 2, 2, 1, 1], [1.5, 1.5, 1.5, 4, 4], 0.1, 0.02],
])("masses %j, metric %j: the solver of points in that metric finds the same value", (masses, S, lambda, lambdaB) => {
  const found = solve(diagonalMetric({ masses, metric: S, lambda, lambdaB }));
  const points = solvePoints({
    K: masses.length,
    ...metricPoints(diagonal(S)),
    labels: [...masses.keys()],
    mass: Float64Array.from(masses),
    lambda,
    lambdaB,
  });
  expect([found.status, points.status]).toEqual(["certified", "certified"]);
  expect(found.certificate.objective / points.certificate.objective).toBeCloseTo(1, 9);
});

test("S = D^(1/2) and masses n_k/N are the problem of these counts", () => {
  const counts = [500, 120, 120, 7];
  const N = 747;
  const given = diagonalMetric({ masses: counts.map((n) => n / N), metric: counts.map(Math.sqrt), lambda: 0.003 });
  const usual = problem({ counts, lambdaZ: 0.003 });
  expect(solve(given).certificate.objective).toBeCloseTo(solve(usual).certificate.objective, 12);
});

test.each<[object, RegExp]>([
  [{ masses: [1], lambda: 1 }, /masses: expected at least 2 classes/],
  [{ masses: [1, 0], lambda: 1 }, /masses\[1\]: expected a number from/],
  [{ masses: [1, 1], metric: [1], lambda: 1 }, /metric: expected 2 numbers/],
  [{ masses: [1, 1], metric: [1, -2], lambda: 1 }, /metric\[1\]/],
  [{ masses: [1, 1], lambda: 0 }, /lambda: expected/],
  [{ masses: [1, 1], lambda: 1, lambdaB: -1 }, /lambdaB/],
])("bad input: %j", (input, message) => {
  expect(() => diagonalMetric(input as never)).toThrow(message);
});
