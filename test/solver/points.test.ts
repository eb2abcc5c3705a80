import { describe, expect, test } from "vitest";
import { matrix } from "../../src/math/matrix.ts";
import { type Random, random } from "../../src/math/random.ts";
import { problem } from "../../src/problem/index.ts";
import {
  certifyPoints,
  gramPoints,
  metricPoints,
  type Points,
  type PointsAnswer,
  predictionsOf,
  solve,
  solvePoints,
} from "../../src/solver/index.ts";
import { balanced } from "../../src/theory/index.ts";

const inf = Number.POSITIVE_INFINITY;

/** Classes 0..K-1, a point each, in the metric S of counts: D^(1/2). */
function ofCounts(counts: readonly number[], lambda: number, lambdaB: number): Points {
  const K = counts.length;
  const N = counts.reduce((a, b) => a + b, 0);
  const S = matrix(K, K);
  counts.forEach((n, k) => {
    S.data[k * (K + 1)] = Math.sqrt(n);
  });
  return { K, ...metricPoints(S), labels: [...counts.keys()], mass: Float64Array.from(counts, (n) => n / N), lambda, lambdaB };
}

/** n points of m numbers about the means of K classes. */
function cloud(r: Random, { n, m, K, spread }: { n: number; m: number; K: number; spread: number }): Points {
  const means = Float64Array.from({ length: K * m }, () => r.normal());
  const labels = Array.from({ length: n }, (_, i) => (i < K ? i : r.integer(K)));
  const x = Float64Array.from({ length: n * m }, (_, e) => means[labels[Math.floor(e / m)] * m + (e % m)] + spread * r.normal());
  return { K, m, x, labels, mass: new Float64Array(n).fill(1 / n), lambda: 0.02, lambdaB: 0.02 };
}

/** The objective at M and b, written out point by point; |M|_* from the eigenvalues of M M' by Jacobi's method. */
function objective({ K, m, x, labels, mass, lambda, lambdaB }: Points, M: Float64Array, b: Float64Array): number {
  let f = 0;
  for (let i = 0; i < mass.length; i++) {
    const u = Array.from({ length: K }, (_, k) => {
      let sum = b[k];
      for (let j = 0; j < m; j++) sum += M[k * m + j] * x[i * m + j];
      return sum;
    });
    const top = Math.max(...u);
    f += mass[i] * (top + Math.log(u.reduce((sum, v) => sum + Math.exp(v - top), 0)) - u[labels[i]]);
  }
  return f + lambda * nuclear(M, K, m) + (lambdaB < inf ? (lambdaB / 2) * b.reduce((sum, v) => sum + v * v, 0) : 0);
}

function nuclear(M: Float64Array, K: number, m: number): number {
  const G = Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (_, k) => {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += M[i * m + j] * M[k * m + j];
      return sum;
    }),
  );
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < K; p++)
      for (let q = p + 1; q < K; q++) {
        if (Math.abs(G[p][q]) < 1e-300) continue;
        const angle = 0.5 * Math.atan2(2 * G[p][q], G[q][q] - G[p][p]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < K; k++) [G[k][p], G[k][q]] = [c * G[k][p] - s * G[k][q], s * G[k][p] + c * G[k][q]];
        for (let k = 0; k < K; k++) [G[p][k], G[q][k]] = [c * G[p][k] - s * G[q][k], s * G[p][k] + c * G[q][k]];
      }
  return G.reduce((sum, row, k) => sum + Math.sqrt(Math.max(0, row[k])), 0);
}

function product({ K, m }: Points, { A, B, rank }: PointsAnswer): Float64Array {
  const M = new Float64Array(K * m);
  for (let k = 0; k < K; k++)
    for (let j = 0; j < m; j++) for (let l = 0; l < rank; l++) M[k * m + j] += A[k * rank + l] * B[j * rank + l];
  return M;
}

describe("with the metric of counts it is (UFM), which solve.ts solves by clusters", () => {
  const counts = [500, 320, 200, 120, 75, 40];
  test.each([inf, 0.02, 1e-4, 0])("lambda_b %s", (lambdaB) => {
    for (const lambdaZ of [0.001, 0.004, 0.01]) {
      const points = ofCounts(counts, lambdaZ, lambdaB);
      const { answer, certificate, status } = solvePoints(points);
      expect(status).toBe("certified");
      const known = solve(problem({ counts, lambdaZ, lambdaB }));
      expect(Math.abs(certificate.objective / known.certificate.objective - 1)).toBeLessThan(1e-11);
      const Z = predictionsOf(points, answer);
      for (let i = 0; i < 6; i++) {
        expect(answer.b[i]).toBeCloseTo(known.answer.bias[i], 7);
        for (let k = 0; k < 6; k++)
          expect(Z[i * 6 + k]).toBeCloseTo(i === k ? known.answer.own[k] : known.answer.other[i * 6 + k], 7);
      }
    }
  });

  test("balanced classes: the closed form, and nothing beyond complete collapse", () => {
    for (const [K, n, lambdaZ] of [
      [3, 40, 0.01],
      [7, 100, 0.004],
      [12, 9, 0.002],
    ]) {
      const points = ofCounts(new Array<number>(K).fill(n), lambdaZ, inf);
      const Z = predictionsOf(points, solvePoints(points).answer);
      const a = balanced(K, n, lambdaZ);
      for (let e = 0; e < K * K; e++) expect(Z[e]).toBeCloseTo(e % (K + 1) === 0 ? (K - 1) * a : -a, 8);
      const over = solvePoints({ ...points, lambda: 1.01 / (K * Math.sqrt(n)) });
      expect(over.answer.rank).toBe(0);
      expect(over.certificate.objective).toBeCloseTo(Math.log(K), 12);
    }
  });
});

test("in the metric S = I classes of equal weight merge from lambda = their weight on (theory, section 10)", () => {
  const mass = Float64Array.of(0.3, 0.3, 0.1, 0.1, 0.1, 0.1);
  const at = (lambda: number): Float64Array => {
    const points = {
      K: 6,
      m: 6,
      x: ofCounts([1, 1, 1, 1, 1, 1], 1, 1).x,
      labels: [0, 1, 2, 3, 4, 5],
      mass,
      lambda,
      lambdaB: inf,
    };
    return predictionsOf(points, solvePoints(points).answer);
  };
  const distance = (Z: Float64Array): number => Math.hypot(...[0, 1, 2, 3, 4, 5].map((i) => Z[i * 6 + 2] - Z[i * 6 + 3]));
  expect(distance(at(0.101))).toBeLessThan(1e-6);
  expect(distance(at(0.099))).toBeGreaterThan(1e-2);
});

test("any invertible metric: no matrix near the solution or far from it is better than the bound", () => {
  const r = random(7);
  for (let round = 0; round < 4; round++) {
    const K = 3 + r.integer(4);
    const S = matrix(
      K,
      K,
      Float64Array.from({ length: K * K }, () => r.normal()),
    );
    const mass = Float64Array.from({ length: K }, () => 0.1 + r.uniform());
    const points: Points = {
      K,
      ...metricPoints(S),
      labels: [...mass.keys()],
      mass,
      lambda: 0.05,
      lambdaB: [0.05, inf][round % 2],
    };
    const { answer, certificate, status } = solvePoints(points);
    expect(status).toBe("certified");
    const M = product(points, answer);
    const best = objective(points, M, answer.b);
    // The least eigenvalue of M M' is 0 up to rounding, and its root up to 1e-8.
    expect(best).toBeCloseTo(certificate.objective, 8);
    // |Z S|_* = |M|_*.
    const Z = predictionsOf(points, answer);
    const ZS = new Float64Array(K * K);
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++) for (let k = 0; k < K; k++) ZS[i * K + j] += Z[i * K + k] * S.data[k * K + j];
    expect(nuclear(ZS, K, K)).toBeCloseTo(nuclear(M, K, K), 6);
    for (const size of [1e-5, 1e-3, 0.1, 1])
      for (let trial = 0; trial < 20; trial++) {
        const b = points.lambdaB < inf ? answer.b.map((v) => v + size * r.normal()) : answer.b;
        const value = objective(
          points,
          M.map((v) => v + size * r.normal()),
          b,
        );
        expect(value).toBeGreaterThan(certificate.dual);
      }
  }
});

test("points of many samples: certified, and no answer's bound is above another's value", () => {
  const r = random(11);
  for (const lambdaB of [0.02, inf, 0]) {
    const points = { ...cloud(r, { n: 700, m: 9, K: 4, spread: 1.5 }), lambdaB };
    const { certificate, status } = solvePoints(points, { tolerance: 1e-9 });
    expect(status).toBe("certified");
    for (let trial = 0; trial < 10; trial++) {
      const rank = r.integer(5);
      const some = (length: number): Float64Array => Float64Array.from({ length }, () => 0.5 * r.normal());
      const bad = { rank, A: some(4 * rank), B: some(9 * rank), b: lambdaB < inf ? some(4) : new Float64Array(4) };
      const found = certifyPoints(points, bad);
      expect(found.objective).toBeGreaterThan(certificate.objective - 1e-12);
      expect(found.dual).toBeLessThan(certificate.objective);
    }
  }
});

test("coordinates in a basis prove for the longer points what those prove themselves", () => {
  const r = random(12);
  const longer = cloud(r, { n: 90, m: 6, K: 3, spread: 1 });
  const { answer } = solvePoints(longer);
  // A permutation with signs is orthogonal to the last bit.
  const x = longer.x.map((_, e) => (e % 2 === 0 ? 1 : -1) * longer.x[e - (e % 6) + ((e + 1) % 6)]);
  const B = answer.B.map((_, e) => {
    const j = Math.floor(e / answer.rank);
    return (j % 2 === 0 ? 1 : -1) * answer.B[((j + 1) % 6) * answer.rank + (e % answer.rank)];
  });
  const direct = certifyPoints(longer, answer);
  const turned = certifyPoints({ ...longer, x }, { ...answer, B });
  expect(turned.dual).toBeCloseTo(direct.dual, 12);
  // Half of the coordinates, and the force on all: a bound for all matrices, met by none of half the coordinates.
  const half = { ...longer, m: 3, x: Float64Array.from({ length: 270 }, (_, e) => longer.x[Math.floor(e / 3) * 6 + (e % 3)]) };
  const best = solvePoints(half);
  const G = new Float64Array(18);
  let squares = 0;
  for (let i = 0; i < 90; i++) {
    const u = [0, 1, 2].map(
      (k) => best.answer.b[k] + [0, 1, 2].reduce((sum, j) => sum + product(half, best.answer)[k * 3 + j] * half.x[i * 3 + j], 0),
    );
    const total = u.reduce((sum, v) => sum + Math.exp(v), 0);
    for (let k = 0; k < 3; k++)
      for (let j = 0; j < 6; j++)
        G[k * 6 + j] += ((Math.exp(u[k]) / total - (longer.labels[i] === k ? 1 : 0)) * longer.x[i * 6 + j]) / 90;
    for (let j = 0; j < 6; j++) squares += longer.x[i * 6 + j] ** 2 / 90;
  }
  const proof = certifyPoints(half, best.answer, { force: { G, cols: 6, squares } });
  expect(proof.objective).toBeCloseTo(best.certificate.objective, 12);
  expect(proof.dual).toBeLessThan(direct.objective);
  expect(proof.spectralRatio).toBeGreaterThan(1);
});

test("points with a given Gram matrix", () => {
  const r = random(13);
  const F = Float64Array.from({ length: 5 * 3 }, () => r.normal());
  const gram = new Float64Array(25);
  for (let i = 0; i < 5; i++)
    for (let k = 0; k < 5; k++) for (let j = 0; j < 3; j++) gram[i * 5 + k] += F[i * 3 + j] * F[k * 3 + j];
  const { x, m } = gramPoints(gram, 5);
  expect(m).toBe(3);
  for (let i = 0; i < 5; i++)
    for (let k = 0; k < 5; k++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += x[i * m + j] * x[k * m + j];
      expect(sum).toBeCloseTo(gram[i * 5 + k], 12);
    }
});

test("what is refused", () => {
  const points = ofCounts([3, 2], 0.1, inf);
  expect(() => solvePoints({ ...points, K: 1 })).toThrow("K: expected a whole number of at least 2, got 1");
  expect(() => solvePoints({ ...points, lambda: 0 })).toThrow("lambda: expected a positive finite number, got 0");
  expect(() => solvePoints({ ...points, lambdaB: Number.NaN })).toThrow("lambdaB: expected a number of at least 0");
  expect(() => solvePoints({ ...points, labels: [0, 2] })).toThrow("labels[1]: expected a class from 0 to 1, got 2");
  expect(() => solvePoints({ ...points, mass: Float64Array.of(1, 0) })).toThrow(
    "mass[1]: expected a positive finite number, got 0",
  );
  expect(() => solvePoints({ ...points, x: Float64Array.of(1, 2, Number.NaN, 0) })).toThrow("x[1][0]: expected a finite number");
  expect(() => solvePoints({ ...points, x: Float64Array.of(1, 2, 3) })).toThrow("x: expected 2 x 2 numbers, got 3");
  expect(() => metricPoints(matrix(2, 2, Float64Array.of(1, 1, 1, 1)))).toThrow("S: expected an invertible matrix");
  expect(() => metricPoints(matrix(2, 3))).toThrow('S: expected a square matrix, got "2 x 3"');
  expect(() => gramPoints(new Float64Array(4), 2)).toThrow("Gram matrix: expected one that is not 0, got 0");
});
