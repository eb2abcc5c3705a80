import { describe, expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { measureFeatures } from "../../src/measure/index.ts";
import { type Distances, distancesOf, distancesOfPrediction, expand, factors, summarize } from "../../src/prediction/index.ts";
import { clustersOf, type ProblemInput, problem } from "../../src/problem/index.ts";

const all = (d: Distances): (number | null)[] =>
  [d.simplex, d.seli, d.limit].flatMap((x) => (x ? [x.Z, x.weights, x.features] : [null]));

describe("distances of predictions", () => {
  it("are 0 three times for equal counts, alive, and null at complete collapse", () => {
    for (const x of all(distancesOfPrediction(summarize(problem({ counts: [50, 50, 50, 50, 50], lambdaZ: 0.01 })))))
      expect(x).toBeLessThan(1e-14);
    for (const x of all(distancesOfPrediction(summarize(problem({ counts: [50, 50, 50], lambdaZ: 1 }))))) expect(x).toBeNull();
  });

  it.each<[string, Partial<ProblemInput>, boolean]>([
    ["bias-free", {}, true],
    ["lambda_b fixed", { lambdaB: 0.01 }, true],
    ["a bias that costs nothing", { lambdaB: 0 }, false],
    ["nonnegative", { lambdaB: 0.01, nonnegative: true }, false],
    ["weights and offsets", { weights: [1, 2, 1, 4, 9], offsets: [0, 1, 0, -1, 2] }, true],
  ])("%s: the limit is come to like 1/log(1/s), SELI only where it is that limit", (_, more, isSeli) => {
    const counts = [1000, 200, 30, 4, 1];
    const found = [1e-4, 1e-8, 1e-12].map((s) => {
      const summary = summarize(problem({ counts, lambdaZ: s / 1235, ...more }), { tolerance: 1e-6 });
      expect(summary.ufmPlus?.certified ?? summary.certified).toBe(true);
      return distancesOfPrediction(summary);
    });
    for (const key of ["Z", "weights", "features"] as const) {
      const to = found.map((d) => (d.limit as Distances["seli"])[key] as number);
      expect(to[1]).toBeLessThan(to[0]);
      expect(to[2]).toBeLessThan(to[1]);
      expect(to[2] * Math.log(1e12)).toBeLessThan(2 * to[0] * Math.log(1e4));
      const seli = found.map((d) => d.seli[key] as number);
      if (isSeli) expect(seli).toEqual(to);
      // The geometries themselves are apart: what is left does not shrink to the limit's.
      else if (key !== "Z" || more.lambdaB === 0) expect(seli[2]).toBeGreaterThan(2 * to[2]);
    }
    // The simplex is SELI in Z, and only there.
    expect(found[2].simplex.Z).toBe(found[2].seli.Z);
    expect(found[2].simplex.features).toBeGreaterThan(0.3);
  });

  it("have no limit with factors, nor with smoothing under a weight decay of the bias", () => {
    const counts = [50, 20, 10];
    const limit = (input: Omit<ProblemInput, "counts">) => distancesOfPrediction(summarize(problem({ counts, ...input }))).limit;
    expect(limit({ lambdaZ: 0.01, factors: [1, 2, 3] })).toBeNull();
    expect(limit({ weightDecay: 0.01, ends: "batch-norm", smoothing: 0.1 })).toBeNull();
    expect(limit({ lambdaZ: 0.01, lambdaB: 0.1, smoothing: 0.1 })).not.toBeNull();
    expect(limit({ lambdaZ: 0.01, lambdaB: 0, nonnegative: true })).toBeNull();
    expect(limit({ lambdaZ: 0.01, loss: "square" })).toBeNull();
  });

  it("smoothing without a limit in margins goes to Pi at a finite length", () => {
    const [a, b] = [1e-5, 1e-8].map((lambdaZ) =>
      distancesOfPrediction(summarize(problem({ counts: [50, 20, 10, 3], lambdaZ, lambdaB: 0.1, smoothing: 0.1 }))),
    );
    for (const key of ["Z", "weights", "features"] as const) {
      expect(b.limit?.[key]).toBeLessThan(1e-4);
      expect(b.limit?.[key]).toBeLessThan(0.01 * ((a.limit as Distances["seli"])[key] as number));
    }
  });

  it("are the same by blocks and measured on the factors themselves, for random problems", () => {
    const r = random(3);
    for (let i = 0; i < 30; i++) {
      const K = 2 + r.integer(7);
      const counts = Array.from({ length: K }, () => [1000, 200, 50, 10 + r.integer(5)][r.integer(4)]);
      const N = counts.reduce((a, b) => a + b, 0);
      const nonnegative = r.uniform() < 0.4;
      const p = problem({
        counts,
        lambdaZ: (0.05 + 3 * r.uniform()) / N,
        lambdaB: [0.01, 1, Number.POSITIVE_INFINITY][r.integer(3)],
        nonnegative,
      });
      const summary = summarize(p);
      const { Z } = expand(summary);
      const { d, W, H } = factors(p, Z, K);
      const labels = counts.map((_, k) => k);
      // A sample a class, at its mean: what the counts are is said by hand, so the limit and SELI are those of other counts.
      const measured = measureFeatures(
        { features: H, labels, d, K, head: { W, b: new Float64Array(K) } },
        { lambdas: { lambdaZ: 0.01 } },
      );
      const blocks = distancesOfPrediction(summary);
      expect(measured.distances?.simplex.Z).toBeCloseTo(blocks.simplex.Z as number, 10);
      expect(measured.distances?.simplex.weights).toBeCloseTo(blocks.simplex.weights as number, 10);
      expect(measured.distances?.simplex.features).toBeCloseTo(blocks.simplex.features as number, 10);
      expect(measured.distances?.simplex.features).toBeCloseTo(measured.nc2.etfDistance as number, 10);
      // With every class written out n_k times they are all the same.
      const rows = counts.flatMap((n, k) => new Array<number>(n).fill(k));
      const features = Float64Array.from(rows.flatMap((k) => Array.from(H.subarray(k * d, k * d + d))));
      const again = measureFeatures(
        { features, labels: rows, d, K, head: { W, b: new Float64Array(K) } },
        { lambdas: { lambdaZ: p.lambdaZ, lambdaB: p.lambdaB }, nonnegative },
      );
      all(again.distances as Distances).forEach((x, e) => {
        expect(x).toBeCloseTo(all(blocks)[e] as number, 9);
      });
    }
  }, 60_000);

  it("are of the scale-free matrices: any positive multiple is as far, a negative one at 2, and tiny ones do not underflow", () => {
    const groups = clustersOf(problem({ counts: [5, 5, 2], lambdaZ: 0.1 }));
    const Pi = { other: Float64Array.of(-1 / 3, -1 / 3, -1 / 3, -1 / 3), own: Float64Array.of(2 / 3, 2 / 3) };
    const times = (c: number) => ({ other: Pi.other.map((x) => c * x), own: Pi.own.map((x) => c * x) });
    const of = (Z: typeof Pi) => distancesOf({ groups, Z, weights: null, features: null }, null);
    expect(of(times(7)).simplex.Z).toBeLessThan(1e-15);
    expect(of(times(1e-200)).simplex.Z).toBeLessThan(1e-15);
    expect(of(times(-3)).simplex.Z).toBeCloseTo(2, 14);
    expect(of(times(3)).simplex.weights).toBeNull();
    expect(of(times(3)).limit).toBeNull();
    expect(of({ other: Float64Array.of(1, 1, 1, 1), own: Float64Array.of(1, 1) }).simplex.Z).toBeCloseTo(Math.SQRT2, 14);
  });
});

describe("distances of measurements", () => {
  it("without a head only features have one; with a class that does not occur there is none", () => {
    const data = { features: Float64Array.of(1, 0, 0, 1, -1, -1, 0, 0.5), labels: [0, 1, 2, 1], d: 2, K: 3 };
    const m = measureFeatures(data);
    expect(m.distances?.seli.Z).toBeNull();
    expect(m.distances?.seli.weights).toBeNull();
    expect(m.distances?.seli.features).toBeGreaterThan(0);
    const missing = measureFeatures({ ...data, K: 4 });
    expect(missing.distances).toBeNull();
    expect(missing.notes.join()).toContain("distances to SELI need a sample of each");
  });

  it("of equal means are null", () => {
    const m = measureFeatures({ features: Float64Array.of(1, 2, 1, 2), labels: [0, 1], d: 2, K: 2 });
    expect(m.distances?.simplex.features).toBeNull();
  });
});
