import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import {
  addToSums,
  addToWithin,
  type ClassMeasurement,
  emptySums,
  emptyWithin,
  type Frame,
  finish,
  finishWithClasses,
  frameOf,
  type Head,
  measureClasses,
  measureFeatures,
  mergeSums,
  mergeWithin,
  type StageProgress,
  stateFromArrays,
  stateToArrays,
  type Within,
} from "../../src/measure/index.ts";
import { meansGeometry } from "../../src/measure/means.ts";
import { distance, equalCounts, separation } from "../../src/measure/structure.ts";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { type Cloud, clouds } from "./plain.ts";

function passes(data: Cloud, head: Head | null): { frame: Frame; within: Within } {
  const block = { n: data.labels.length, features: data.features, labels: data.labels };
  const sums = emptySums(data.K, data.d);
  addToSums(sums, block);
  const frame = frameOf(sums);
  const within = emptyWithin(frame, head);
  addToWithin(within, frame, head, block);
  return { frame, within };
}

describe("few classes, missing classes, zeros", () => {
  test("two classes: cdnv and the ETF's distance by hand", () => {
    // Means -1 and 1 on a line, spreads 0.1 and 0.3: (v_1 + v_2)/(2 |mu_1 - mu_2|^2) = (0.01 + 0.09)/8.
    const features = Float64Array.of(-1.1, -0.9, 0.7, 1.3);
    const { cdnv, nc2, notes } = measureFeatures({ features, labels: [0, 0, 1, 1], d: 1, K: 2 });
    expect(cdnv).toBeCloseTo(0.0125, 14);
    // Two centred means are always opposite: an ETF of two.
    expect(nc2.equinormMeans).toBeCloseTo(0, 14);
    expect(nc2.equiangularMeans).toBeCloseTo(0, 14);
    expect(nc2.etfDistance).toBeCloseTo(0, 14);
    expect(notes).toEqual(["no head: Z, b, nc3, nc4 and the comparison need one"]);
  });

  test("one class of two: what needs a pair is null", () => {
    const m = measureFeatures({ features: Float64Array.of(1, 2, 3), labels: [1, 1, 1], d: 1, K: 2 });
    expect(m.cdnv).toBeNull();
    expect(m.nc2.etfDistance).toBeNull();
    expect(m.nc2.equiangularMeans).toBeNull();
    expect(JSON.stringify(m)).not.toMatch(/NaN/);
  });

  test("the last class does not occur: its column of Z is null in every row, its accuracy too, and there is no comparison", () => {
    const data = clouds([5, 4, 0], 3, 0.1, 2);
    const m = measureFeatures(data, { lambdas: { lambdaZ: 0.01 } });
    expect(m.Z).toHaveLength(3);
    for (const row of m.Z as (number | null)[][]) {
      expect(row).toHaveLength(3);
      expect(row.map((z) => z === null)).toEqual([false, false, true]);
    }
    expect(m.accuracy?.map((a) => a === null)).toEqual([false, false, true]);
    expect(m.comparison).toBeNull();
    expect(m.comparedAt).toBeNull();
    expect(m.nc3).toBeNull();
    const said = m.notes.join("\n");
    expect(said).toContain("1 of 3 classes do not occur: the measures are over the 2 that do");
    expect(said).toContain("classes do not occur: the theory needs a sample of each, so there is no comparison");
    expect(said).toContain("classes do not occur: nc3 is undefined");
  });

  test("a class mean in the middle of the others has no angle; well separated ones have no such note", () => {
    const labels = [0, 0, 1, 1, 2, 2];
    const at = (means: number[]): Float64Array => Float64Array.from(labels, (k, i) => means[k] + (i % 2 ? 0.25 : -0.25));
    const middle = measureFeatures({ features: at([-1, 0, 1]), labels, d: 1, K: 3 });
    expect(middle.nc2.equiangularMeans).toBeNull();
    expect(middle.nc2.equinormMeans).toBeCloseTo(Math.sqrt(2 / 9) / (2 / 3), 14);
    expect(middle.notes).toContain("a class mean equals the mean of the class means: its angles are undefined");
    const apart = measureFeatures({ features: at([-1, 0.5, 1]), labels, d: 1, K: 3 });
    expect(apart.nc2.equiangularMeans).not.toBeNull();
    expect(apart.notes.filter((text) => text.includes("angles"))).toEqual([]);
  });

  test("a head of 0 and a head with one row of 0", () => {
    const data = clouds([5, 5, 5], 4, 0.1, 3);
    const zero = measureFeatures({ ...data, head: { W: new Float64Array(12), b: new Float64Array(3) } });
    expect([zero.nc3, zero.nc2.equinormWeights, zero.nc2.equiangularWeights, zero.blockDeviation]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(zero.notes).toContain("the head is 0: nc3 is undefined");
    expect(zero.notes).toContain("a row of the head is 0: its angles are undefined");
    const W = data.head.W.map((w, e) => (e < 4 ? 0 : w));
    const one = measureFeatures({ ...data, head: { W, b: data.head.b } });
    expect(one.nc2.equiangularWeights).toBeNull();
    expect(one.nc2.equinormWeights).toBeGreaterThan(0);
    expect(one.nc3).toBeGreaterThan(0);
  });

  test("no samples at all", () => {
    const none = { features: new Float64Array(0), labels: [], d: 2, K: 2 };
    expect(() => measureFeatures(none)).toThrow(InputError);
    expect(() => measureFeatures(none)).toThrow("features: expected at least one sample, got 0");
  });

  test.each([-1, 3, 1.5, Number.NaN])("a label %f is refused", (label) => {
    const data = { features: new Float64Array(6), labels: [0, 1, label], d: 2, K: 3 };
    expect(() => measureFeatures(data)).toThrow(`labels[2]: expected a class from 0 to 2, got ${label}`);
  });
});

describe("the comparison at the effective lambdas", () => {
  const data = clouds([30, 30, 10], 5, 0.2, 8);
  test("is the prediction at them, with the lambda_b that is stated", () => {
    const m = measureFeatures(data, { weightDecay: 0.003, compareEffective: true, lambdaB: 0.5 });
    const lambdaZ = m.effective?.lambdaZ as number;
    const { Z } = predict(problem({ counts: [30, 30, 10], lambdaZ, lambdaB: 0.5 }));
    const flat = (X: readonly (readonly (number | null)[])[]): number[] => X.flat() as number[];
    const difference = Math.hypot(...flat(m.Z as number[][]).map((z, e) => z - flat(Z)[e]));
    expect(m.comparison?.Zerror.frobenius).toBeCloseTo(difference / Math.hypot(...flat(Z)), 9);
    expect(m.comparedAt).toEqual({ lambdaZ, lambdaB: 0.5, nonnegative: false, loss: "cross-entropy", from: "effective" });
  });

  test("is made only where it was asked for and there is a weight decay; stated lambdas come first", () => {
    expect(measureFeatures(data, { weightDecay: 0.003 }).comparison).toBeNull();
    expect(measureFeatures(data, { compareEffective: true }).comparison).toBeNull();
    const both = measureFeatures(data, { weightDecay: 0.003, compareEffective: true, lambdas: { lambdaZ: 0.02 } });
    expect(both.comparedAt).toMatchObject({ lambdaZ: 0.02, from: "stated" });
  });
});

test("progress: every piece of work is named and counts up to its end", () => {
  const data = clouds([8, 8, 8, 8], 3, 0.2, 4);
  const seen = new Map<string, [number, number][]>();
  const progress: StageProgress = (stage, done, total) => seen.set(stage, [...(seen.get(stage) ?? []), [done, total]]);
  measureClasses(data, { progress });
  expect([...seen.keys()].sort()).toEqual([
    "angles of the head",
    "mean predictions",
    "pairs of class means",
    "pairs of mean predictions",
  ]);
  for (const [stage, steps] of seen) {
    const [done, total] = steps.at(-1) as [number, number];
    expect(done, stage).toBe(total);
    expect(
      steps.every(([, of]) => of === total),
      stage,
    ).toBe(true);
  }
});

describe("parts", () => {
  const data = clouds([6, 5, 4], 3, 0.5, 5);

  test("one part with a head and one without make a measurement without", () => {
    const { frame, within } = passes(data, data.head);
    const without = passes(data, null).within;
    expect(mergeWithin(within, without).head).toBeNull();
    expect(mergeWithin(without, within).head).toBeNull();
    const both = mergeWithin(within, within);
    expect(both.head?.disagreements).toBe(2 * (within.head?.disagreements as number));
    expect(both.seen).toBe(30);
    // Everything twice: means of samples stay what they are.
    const once = finish(frame, within, data.head);
    const twice = finish(frameOf(mergeSums(sumsOf(), sumsOf())), both, data.head);
    for (const name of ["nc4", "crossEntropy", "accuracyOverall", "traceRatio", "cdnv"] as const)
      expect(twice[name]).toBeCloseTo(once[name] as number, 12);
  });
  const sumsOf = () => {
    const sums = emptySums(data.K, data.d);
    addToSums(sums, { n: data.labels.length, features: data.features, labels: data.labels });
    return sums;
  };

  test("parts of other sizes are refused", () => {
    expect(() => mergeSums(emptySums(3, 4), emptySums(3, 5))).toThrow(/shards: expected 3 classes and 4 features in all/);
    expect(() => mergeSums(emptySums(3, 4), emptySums(2, 4))).toThrow(InputError);
    const other = passes(clouds([6, 5], 3, 0.5, 5), null).within;
    expect(() => mergeWithin(passes(data, null).within, other)).toThrow(/parts of one measurement/);
  });

  test("a state becomes arrays and comes back, number by number; what is missing, of another size or not finite is named", () => {
    const { within } = passes(data, data.head);
    const state = { sums: sumsOf(), within, head: data.head };
    const arrays = stateToArrays(state);
    expect(stateFromArrays(arrays, "part")).toEqual(state);
    for (const [name, { shape, data }] of Object.entries(arrays)) {
      expect(
        shape.reduce((x, y) => x * y, 1),
        name,
      ).toBe(data.length);
      if (name === "weight" || name === "gram" || name === "force" || name === "nearestRight") continue;
      const { [name]: _, ...rest } = arrays;
      expect(() => stateFromArrays(rest, "part"), name).toThrow(InputError);
      const longer = { ...arrays, [name]: { shape: [data.length + 1], data: Float64Array.from([...data, 1]) } };
      if (name !== "sums" && name !== "projected")
        expect(() => stateFromArrays(longer, "part"), name).toThrow(`part: ${name}: expected ${data.length} numbers`);
      const wrong = { ...arrays, [name]: { shape, data: data.with(0, Number.NaN) } };
      expect(() => stateFromArrays(wrong, "part"), name).toThrow(`part: ${name}: expected finite numbers`);
    }
    const bare = { sums: sumsOf(), within: passes(data, null).within, head: null };
    expect(Object.keys(stateToArrays(bare)).sort()).toEqual([
      "counts",
      "gram",
      "projected",
      "scatter",
      "seen",
      "squares",
      "sums",
    ]);
    expect(stateFromArrays(stateToArrays(bare), "part")).toEqual(bare);
  });
});

test("the distance of two columns of Z, and the largest among some classes", () => {
  // Columns (0, 0), (3, 4), (3, 16): 5, 12 and sqrt(9 + 256) apart.
  const Z = [
    [0, 3, 3],
    [0, 4, 16],
  ];
  expect([distance(Z, 0, 1), distance(Z, 1, 2), distance(Z, 2, 2)]).toEqual([5, 12, 0]);
  expect(separation(Z, [0, 1, 2])).toBeCloseTo(Math.sqrt(265), 14);
  expect([separation(Z, [1, 0]), separation(Z, [2, 1]), separation(Z, [1])]).toEqual([5, 12, 0]);
});

test("classes of equal count, the largest first", () => {
  expect(equalCounts([5, 9, 5, 1, 9, 7])).toEqual([[1, 4], [5], [0, 2], [3]]);
});

describe("classes whose means are nearer than 5 % of the largest distance, whatever the unit", () => {
  /** Means on a line; a spread that is small beside them. */
  const merged = (means: number[]): number[][] => {
    const labels = means.flatMap((_, k) => [k, k]);
    const features = Float64Array.from(labels, (k, i) => means[k] * (1 + (i % 2 ? 1e-4 : -1e-4)));
    const { frame, within } = passes({ features, labels, d: 1, K: means.length } as Cloud, null);
    return meansGeometry(frame, within).merged;
  };
  test.each([1e-30, 0.001, 1, 1000, 1e30])("times %s", (unit) => {
    expect(merged([-50, 50, 20, 24.9].map((x) => x * unit))).toEqual([[2, 3]]);
    expect(merged([-50, 50, 20, 25.1].map((x) => x * unit))).toEqual([]);
  });
});

describe("class by class, without a head", () => {
  const report = (means: number[]): ClassMeasurement => {
    const labels = means.flatMap((_, k) => [k, k]);
    const features = Float64Array.from(labels, (k, i) => means[k] + (i % 2 ? 0.5 : -0.5));
    const { frame, within } = passes({ features, labels, d: 1, K: means.length } as Cloud, null);
    return finishWithClasses(frame, within, null);
  };

  test("nearest mean, its distance, beside the root mean square of |mu - g~|; the spread", () => {
    const { classes, summary, vanished } = report([0, 1, 4, 11]);
    const g = 4;
    const scale = Math.sqrt(((0 - g) ** 2 + (1 - g) ** 2 + 0 + (11 - g) ** 2) / 4);
    expect(classes.map((c) => c.nearestMean)).toEqual([1, 0, 1, 2]);
    classes.forEach((c, k) => {
      const distance = [1, 1, 3, 7][k];
      expect(c.meanDistance).toBeCloseTo(distance, 14);
      expect(c.relativeDistance).toBeCloseTo(distance / scale, 14);
      expect(c.spread).toBeCloseTo(0.5, 14);
      expect([c.pOwn, c.rival, c.margin, c.status, c.nearest, c.distance, c.predictionNorm, c.accuracy]).toEqual(
        new Array(8).fill(null),
      );
    });
    expect([summary, vanished]).toEqual([null, []]);
  });

  test("all means equal: the distance is 0, and beside a scale of 0 it is undefined", () => {
    for (const c of report([2, 2, 2]).classes) expect([c.meanDistance, c.relativeDistance]).toEqual([0, null]);
  });
});
