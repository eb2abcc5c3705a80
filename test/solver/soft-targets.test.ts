import { describe, expect, test } from "vitest";
import { type Random, random } from "../../src/math/random.ts";
import { problem } from "../../src/problem/index.ts";
import { certifyPoints, type Points, type PointsAnswer, predictionsOf, solve, solvePoints } from "../../src/solver/index.ts";
import { nearerResiduals } from "../../src/solver/points-dual.ts";
import { pointsModel } from "../../src/solver/points-model.ts";

const inf = Number.POSITIVE_INFINITY;

/** Columns of targets as points apart from each other: x_m = e_m/sqrt(n_m). */
function ofColumns(columns: readonly (readonly number[])[], counts: readonly number[], lambda: number, lambdaB: number): Points {
  const N = counts.reduce((a, b) => a + b, 0);
  const labels = columns.map((q) => q.indexOf(Math.max(...q)));
  const others = columns.map((q, i) => q.flatMap((share, k) => (k !== labels[i] && share > 0 ? [{ k, share }] : [])));
  const start = Int32Array.from({ length: columns.length + 1 }, (_, i) =>
    others.slice(0, i).reduce((sum, list) => sum + list.length, 0),
  );
  return {
    K: columns[0].length,
    m: columns.length,
    apart: true,
    x: Float64Array.from(counts, (n) => 1 / Math.sqrt(n)),
    labels,
    shares: {
      start,
      classes: Int32Array.from(others.flat(), ({ k }) => k),
      values: Float64Array.from(others.flat(), ({ share }) => share),
    },
    mass: Float64Array.from(counts, (n) => n / N),
    lambda,
    lambdaB,
  };
}

/** The same points with every coordinate written out. */
function inFull(p: Points): Points {
  const n = p.mass.length;
  const x = new Float64Array(n * n);
  for (let i = 0; i < n; i++) x[i * n + i] = p.x[i];
  return { ...p, apart: false, x };
}

/** M distributions over K classes, `most` of them at a time and class i mod K always: every class has a share somewhere where M >= K. */
function someColumns(r: Random, K: number, M: number, most = K): number[][] {
  return Array.from({ length: M }, (_, i) => {
    const q = new Array<number>(K).fill(0);
    for (let e = 0; e < most; e++) q[e === 0 ? i % K : r.integer(K)] -= Math.log(1 - r.uniform());
    const sum = q.reduce((a, b) => a + b, 0);
    return q.map((x) => x / sum);
  });
}

function someAnswer(r: Random, p: Points, rank: number, size = 1): PointsAnswer {
  const some = (length: number): Float64Array => Float64Array.from({ length }, () => size * r.normal());
  return { rank, A: some(p.K * rank), B: some(p.m * rank), b: p.lambdaB < inf ? some(p.K) : new Float64Array(p.K) };
}

/** Cross-entropies and penalties as they stand on the page; the nuclear norm by its factors, (|A|^2 + |B|^2)/2. */
function objective(columns: readonly (readonly number[])[], p: Points, { A, B, rank, b }: PointsAnswer): number {
  let f = 0;
  columns.forEach((q, i) => {
    const u = q.map((_, k) => {
      let z = 0;
      for (let l = 0; l < rank; l++) z += A[k * rank + l] * B[i * rank + l];
      return z * p.x[i] + b[k];
    });
    const logSum = Math.log(u.reduce((sum, x) => sum + Math.exp(x), 0));
    f += p.mass[i] * (logSum - u.reduce((sum, x, k) => sum + q[k] * x, 0));
  });
  const squares = (F: Float64Array): number => F.reduce((sum, x) => sum + x * x, 0);
  return f + (p.lambda / 2) * (squares(A) + squares(B)) + (p.lambdaB < inf ? (p.lambdaB / 2) * squares(b) : 0);
}

describe("label smoothing is a soft target", () => {
  const counts = [500, 320, 200, 120, 75, 40];
  test.each([inf, 0.02, 0])("lambda_b %s: what solve.ts finds by clusters", (lambdaB) => {
    for (const [eps, lambdaZ] of [
      [0.1, 0.002],
      [0.4, 0.005],
      [0.02, 1e-5],
    ]) {
      const columns = counts.map((_, k) => counts.map((_, i) => (i === k ? 1 - eps : 0) + eps / 6));
      const points = ofColumns(columns, counts, lambdaZ, lambdaB);
      const { answer, certificate, status } = solvePoints(points);
      expect(status).toBe("certified");
      const known = solve(problem({ counts, lambdaZ, lambdaB, smoothing: eps }));
      expect(known.status).toBe("certified");
      expect(Math.abs(certificate.objective / known.certificate.objective - 1)).toBeLessThan(1e-10);
      const Z = predictionsOf(points, answer);
      for (let i = 0; i < 6; i++) {
        // Z is known to about the root of the gap.
        expect(answer.b[i]).toBeCloseTo(known.answer.bias[i], 4);
        for (let k = 0; k < 6; k++)
          expect(Z[i * 6 + k]).toBeCloseTo(i === k ? known.answer.own[k] : known.answer.other[i * 6 + k], 4);
      }
    }
  });
});

test("points apart from each other are those with every coordinate written out", () => {
  const r = random(5);
  for (const lambdaB of [inf, 0.05, 0]) {
    const columns = someColumns(r, 5, 8);
    const points = ofColumns(
      columns,
      columns.map(() => 1 + r.integer(40)),
      0.01,
      lambdaB,
    );
    const full = inFull(points);
    const [a, b] = [solvePoints(points), solvePoints(full)];
    expect([a.status, b.status]).toEqual(["certified", "certified"]);
    expect(Math.abs(a.certificate.objective / b.certificate.objective - 1)).toBeLessThan(1e-10);
    // The plain bound of any answer is the same to rounding; nearer residuals can only raise it.
    for (let trial = 0; trial < 5; trial++) {
      const some = someAnswer(r, points, 1 + r.integer(4));
      const [apart, dense] = [certifyPoints(points, some), certifyPoints(full, some)];
      expect(apart.objective).toBeCloseTo(dense.objective, 11);
      expect(apart.spectralRatio).toBeCloseTo(dense.spectralRatio, 9);
      expect(apart.dual).toBeGreaterThan(dense.dual - 1e-11);
    }
  }
});

test("a target of one class is a label: the same numbers with shares and without", () => {
  const r = random(6);
  const points = ofColumns(
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 1, 0],
    ],
    [9, 4, 2, 1],
    0.02,
    0.1,
  );
  const labels = { ...points, shares: null };
  for (let trial = 0; trial < 5; trial++) {
    const some = someAnswer(r, points, 2);
    expect(certifyPoints(points, some)).toEqual(certifyPoints(labels, some));
  }
  expect(solvePoints(points).certificate).toEqual(solvePoints(labels).certificate);
});

test("the objective is that of the page, entropy of the targets and all, and the model's derivatives are its differences", () => {
  const r = random(8);
  const columns = someColumns(r, 4, 6, 3);
  for (const lambdaB of [inf, 0.05]) {
    const points = ofColumns(columns, [30, 20, 10, 5, 2, 1], 0.02, lambdaB);
    const model = pointsModel(points, 2);
    const answer = someAnswer(r, points, 2, 0.7);
    const at = model.pack(answer);
    const place = model.at(at);
    expect(place.f).toBeCloseTo(objective(columns, points, answer), 12);
    expect(certifyPoints(points, answer).objective).toBeCloseTo(place.f, 12);
    const h = 1e-5;
    const shifted = (v: Float64Array, t: number) => at.map((x, e) => x + t * v[e]);
    const v = at.map(() => r.normal());
    const slope =
      (objective(columns, points, model.unpack(shifted(v, h))) - objective(columns, points, model.unpack(shifted(v, -h)))) /
      (2 * h);
    expect(place.gradient.reduce((sum, g, e) => sum + g * v[e], 0)).toBeCloseTo(slope, 8);
    const out = new Float64Array(at.length);
    place.curvature(v, out);
    const [up, down] = [model.at(shifted(v, h)).gradient.slice(), model.at(shifted(v, -h)).gradient.slice()];
    for (let e = 0; e < out.length; e++) expect(out[e]).toBeCloseTo((up[e] - down[e]) / (2 * h), 7);
    // Its diagonal, entry by entry.
    const inverse = new Float64Array(at.length);
    place.precondition(new Float64Array(at.length).fill(1), inverse);
    for (let e = 0; e < at.length; e++) {
      const unit = at.map((_, i) => (i === e ? 1 : 0));
      place.curvature(unit, out);
      expect(1 / inverse[e]).toBeCloseTo(out[e], 9);
    }
  }
});

describe("the certificate of soft targets", () => {
  test.each([inf, 0.02, 0])("lambda_b %s: no answer's bound, good or bad, is above another's value", (lambdaB) => {
    const r = random(9);
    for (const [K, M, most] of [
      [4, 7, 4],
      [6, 9, 2],
      [3, 12, 3],
    ]) {
      const columns = someColumns(r, K, M, most);
      const points = ofColumns(
        columns,
        columns.map(() => 1 + r.integer(50)),
        0.01,
        lambdaB,
      );
      const { answer, certificate, status } = solvePoints(points);
      expect(status).toBe("certified");
      for (let trial = 0; trial < 40; trial++) {
        const size = 10 ** (-3 + 4 * r.uniform());
        const bad = someAnswer(r, points, 1 + r.integer(4), Math.sqrt(size));
        const found = certifyPoints(points, bad);
        expect(found.dual).toBeLessThanOrEqual(certificate.objective);
        expect(found.objective).toBeGreaterThan(certificate.dual);
      }
      for (const size of [1e-8, 1e-6, 1e-4, 1e-2]) {
        const near: PointsAnswer = {
          ...answer,
          A: answer.A.map((x) => x + size * r.normal()),
          B: answer.B.map((x) => x + size * r.normal()),
          b: lambdaB < inf ? answer.b.map((x) => x + size * r.normal()) : answer.b,
        };
        const found = certifyPoints(points, near);
        expect(found.dual).toBeLessThanOrEqual(certificate.objective);
        expect(found.objective).toBeGreaterThan(certificate.dual);
      }
    }
  });

  test("nearer residuals are those of distributions, and prove a rough answer better by orders", () => {
    const r = random(10);
    const columns = someColumns(r, 8, 20, 4);
    const points = ofColumns(
      columns,
      columns.map(() => 1 + r.integer(50)),
      0.004,
      inf,
    );
    const { answer, certificate } = solvePoints(points);
    const rough: PointsAnswer = { ...answer, A: answer.A.map((x) => x * (1 + 1e-4 * r.normal())) };
    const [plain, nearer] = [certifyPoints(inFull(points), rough), certifyPoints(points, rough)];
    expect(nearer.objective).toBeCloseTo(plain.objective, 12);
    expect(nearer.relativeGap).toBeLessThan(0.01 * plain.relativeGap);
    expect(nearer.dual).toBeLessThanOrEqual(certificate.objective);
    const weighted = (first: number, count: number): Float64Array => {
      const R = new Float64Array(count * 8);
      for (let i = first; i < first + count; i++) {
        const u = columns[i].map((_, k) => {
          let z = 0;
          for (let l = 0; l < rough.rank; l++) z += rough.A[k * rough.rank + l] * rough.B[i * rough.rank + l];
          return z * points.x[i];
        });
        const total = u.reduce((sum, x) => sum + Math.exp(x), 0);
        u.forEach((x, k) => {
          R[(i - first) * 8 + k] = points.mass[i] * (Math.exp(x) / total - columns[i][k]);
        });
      }
      return R;
    };
    const found = nearerResiduals(points, rough, weighted);
    for (let i = 0; i < 20; i++) {
      const p = columns[i].map((q, k) => q + found[i * 8 + k] / points.mass[i]);
      for (const x of p) expect(x).toBeGreaterThan(-1e-15);
      expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 13);
    }
  });

  test("tiny penalties: the value goes to the entropy of the targets, proved", () => {
    const columns = [
      [0.5, 0.3, 0.2],
      [0.1, 0.1, 0.8],
      [0.25, 0.5, 0.25],
    ];
    const entropy = columns.map((q) => -q.reduce((sum, x) => sum + x * Math.log(x), 0));
    const counts = [5, 3, 2];
    const least = entropy.reduce((sum, h, i) => sum + (counts[i] / 10) * h, 0);
    for (const lambda of [1e-4, 1e-7, 1e-10]) {
      const { certificate, status } = solvePoints(ofColumns(columns, counts, lambda, inf));
      expect(status).toBe("certified");
      expect(certificate.objective).toBeGreaterThan(least);
      // |log q| is at most 2.4, and the norm of three columns' logits a few times that.
      expect(certificate.objective - least).toBeLessThan(20 * lambda);
    }
  });
});

test("large ranks: few directions first, those that die out dropped; the same optimum as all at once", () => {
  const r = random(14);
  const columns = someColumns(r, 60, 90, 6);
  const points = ofColumns(
    columns,
    columns.map(() => 20 + r.integer(100)),
    3e-4,
    inf,
  );
  const found = solvePoints(points, { tolerance: 1e-6 });
  expect(found.status).toBe("certified");
  const dense = solvePoints(points, { tolerance: 1e-9 });
  expect(dense.status).toBe("certified");
  expect(found.certificate.objective).toBeGreaterThanOrEqual(dense.certificate.dual);
  expect(found.certificate.objective / dense.certificate.objective - 1).toBeLessThan(1e-6);
});

test("what is refused", () => {
  const points = ofColumns(
    [
      [0.6, 0.4, 0],
      [0, 0.3, 0.7],
    ],
    [3, 2],
    0.1,
    inf,
  );
  const shares = points.shares as NonNullable<Points["shares"]>;
  const changed = (more: Partial<typeof shares>): Points => ({ ...points, shares: { ...shares, ...more } });
  expect(() => solvePoints({ ...points, m: 3 })).toThrow("m: expected 2, one coordinate a point, got 3");
  expect(() => solvePoints({ ...points, x: Float64Array.of(1) })).toThrow("x: expected 2 numbers, got 1");
  expect(() => solvePoints(changed({ start: Int32Array.of(0, 1) }))).toThrow(
    "shares: expected where the shares of 2 points begin",
  );
  expect(() => solvePoints(changed({ classes: Int32Array.of(0, 1) }))).toThrow(
    "shares of point 0: expected those of other classes than its label, got 0",
  );
  expect(() => solvePoints(changed({ values: Float64Array.of(0, 0.3) }))).toThrow(
    "shares of point 0: expected positive numbers, got 0",
  );
  expect(() => solvePoints(changed({ values: Float64Array.of(0.6, 0.3) }))).toThrow(
    "labels[0]: expected the class that the target gives the most, got 0",
  );
});
