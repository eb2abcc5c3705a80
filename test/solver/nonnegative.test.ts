import { describe, expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { problem, withLambdaZ } from "../../src/problem/index.ts";
import { nonnegativePath, solveNonnegative } from "../../src/solver/index.ts";

const inf = Number.POSITIVE_INFINITY;

describe("the path along lambda_Z for nonnegative features", () => {
  it.each([0.02, inf])(
    "lambda_b %f: every point is the certified solution that a cold start finds, for no more work",
    (lambdaB) => {
      const p = problem({
        counts: [...new Array(5).fill(500), ...new Array(5).fill(100), 20, 3],
        lambdaZ: 1,
        lambdaB,
        nonnegative: true,
      });
      // Out of order on purpose; beyond the last class's threshold too.
      const lambdas = Array.from({ length: 60 }, (_, i) => 2e-4 * 40 ** (((i * 7) % 60) / 59));
      const path = nonnegativePath(p, lambdas);
      let warm = 0;
      let cold = 0;
      lambdas.forEach((lambdaZ, i) => {
        const alone = solveNonnegative(withLambdaZ(p, lambdaZ));
        const { objective, ufmPlus } = path[i].certificate;
        expect(ufmPlus.gap / objective).toBeLessThan(1e-10);
        expect(Math.abs(objective / alone.certificate.objective - 1)).toBeLessThan(1e-10);
        path[i].answer.own.forEach((z, j) => {
          expect(Math.abs(z - alone.answer.own[j])).toBeLessThan(1e-5);
        });
        warm += path[i].products;
        cold += alone.products;
      });
      expect(path[lambdas.indexOf(Math.max(...lambdas))].answer.own.every((z) => z === 0)).toBe(true);
      // Bias-free the cold start is exact already.
      if (lambdaB === inf) expect(warm).toBe(cold);
      else expect(warm).toBeLessThan(cold);
    },
  );

  it("a start of another problem is refused", () => {
    const of = (counts: number[]) => problem({ counts, lambdaZ: 0.01, nonnegative: true });
    const { point } = solveNonnegative(of([50, 20, 3]));
    expect(() => solveNonnegative(of([50, 20]), { from: point })).toThrow(RangeError);
  });
});

it("random problems: (UFM+) is certified, and its bound for nonnegative features never exceeds the objective", () => {
  const r = random(77);
  for (let i = 0; i < 80; i++) {
    const counts = Array.from({ length: 2 + r.integer(10) }, () => Math.ceil(10 ** (5 * r.uniform())));
    const N = counts.reduce((a, b) => a + b, 0);
    const s = Math.sqrt(Math.max(...counts)) * 10 ** (-3 * r.uniform());
    const p = problem({ counts, lambdaZ: s / N, lambdaB: i % 4 ? 10 ** (-4 + 5 * r.uniform()) : inf, nonnegative: true });
    const { objective, ufmPlus, dual } = solveNonnegative(p).certificate;
    expect(ufmPlus.gap / objective).toBeLessThan(1e-10);
    expect(ufmPlus.dual).toBeLessThanOrEqual(objective);
    // The features may be shared, so the true optimum can only lie below that of (UFM+).
    expect(dual).toBeLessThanOrEqual(ufmPlus.dual + 1e-14 * objective);
  }
});

it("penalties over fourteen decades: (UFM+) is proved to 1e-12, also where next to nothing is left of the loss", () => {
  const r = random(9);
  for (let i = 0; i < 60; i++) {
    const counts: number[] = [];
    for (let j = 2 + r.integer(6); j > 0; j--)
      counts.push(...new Array<number>(1 + r.integer(5)).fill(Math.ceil(10 ** (4 * r.uniform()))));
    const N = counts.reduce((a, b) => a + b, 0);
    const input = {
      counts,
      lambdaZ: (Math.sqrt(Math.max(...counts)) * 10 ** (-14 * r.uniform())) / N,
      lambdaB: 10 ** (-12 * r.uniform()),
      offsets: r.integer(2) ? counts.map(() => 3 * r.normal()) : null,
    };
    const { ufmPlus } = solveNonnegative(problem({ ...input, nonnegative: true })).certificate;
    expect(ufmPlus.relativeGap, JSON.stringify(input)).toBeLessThan(1e-12);
  }
});

it("a class whose probability at rest is below every float64 still gets its column", () => {
  // Own logit 1200 below the largest: p_own = 0 in float64, its logarithm is not. tau solves sqrt(n) |y| = s, y = p - e_own.
  const counts = [1000, 1000, 1000];
  const p = problem({ counts, lambdaZ: 0.002, lambdaB: 1e-12, nonnegative: true, offsets: [600, -600, 0] });
  const { answer, certificate } = solveNonnegative(p);
  for (const z of answer.own) expect(Number.isFinite(z)).toBe(true);
  expect(Number.isFinite(certificate.objective)).toBe(true);
  // Classes of one count without a penalty on the bias to speak of: the bias undoes the offsets, and all are alike.
  expect(certificate.ufmPlus.relativeGap).toBeLessThan(1e-10);
  const alike = solveNonnegative(problem({ counts, lambdaZ: 0.002, nonnegative: true }));
  for (const z of answer.own) expect(z).toBeCloseTo(alike.answer.own[0], 3);
});

describe("a first answer to nonnegative features", () => {
  it("is proved to the tolerance asked for, for less work, and as good as it says", () => {
    const { uniform } = random(5);
    let [rough, exact] = [0, 0];
    for (let trial = 0; trial < 12; trial++) {
      const counts = Array.from({ length: 12 }, () => Math.round(2 + 500 * uniform() ** 3));
      const p = problem({ counts, lambdaZ: 10 ** (-6 + 4 * uniform()), lambdaB: 10 ** (-5 + 4 * uniform()), nonnegative: true });
      const whole = solveNonnegative(p);
      const first = solveNonnegative(p, { tolerance: 1e-4 });
      expect(whole.certificate.ufmPlus.certified).toBe(true);
      expect(first.certificate.ufmPlus.certified).toBe(true);
      const { objective, ufmPlus } = first.certificate;
      expect(objective / whole.certificate.objective - 1).toBeLessThanOrEqual(1e-4);
      expect(objective - whole.certificate.objective).toBeLessThanOrEqual(ufmPlus.gap + 1e-12 * objective);
      rough += first.products;
      exact += whole.products;
    }
    expect(rough).toBeLessThan(0.8 * exact);
  });
});
