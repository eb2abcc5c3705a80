import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { advise, parseKinds, predict, type RemedyKind } from "../../src/prediction/index.ts";
import { type Convention, type ProblemInput, problem } from "../../src/problem/index.ts";

const spread = (a: number, b: number): number[] => [...new Array<number>(5).fill(a), ...new Array<number>(5).fill(b)];
const base: ProblemInput = { counts: spread(500, 100), lambdaZ: 0.0036, lambdaB: 0.02, convention: "paper" };
const remedy = (input: ProblemInput, kind: RemedyKind, margin: number) => advise(input, { margin, change: [kind] }).remedies[0];
const leastMargin = (input: ProblemInput): number =>
  Math.min(...predict(problem(input)).clusters.flatMap((c) => (c.margin === null ? [] : [c.margin])));

describe("what is merged now", () => {
  test("free: the cluster; nonnegative: the vanished classes; complete collapse: all classes", () => {
    expect(advise(base).merged).toEqual([[5, 6, 7, 8, 9]]);
    expect(advise({ ...base, nonnegative: true }).merged).toEqual([[5, 6, 7, 8, 9]]);
    expect(advise({ ...base, lambdaZ: 0.009 }).merged).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    expect(advise({ ...base, lambdaZ: 0.0027 }).merged).toEqual([]);
    expect(advise(base).criticalCount).toBeCloseTo(10.8 ** 2, 10);
  });
});

describe("the least change, solved", () => {
  test.each([false, true])("weight and lambda keep the margin, and 1 % less fails it (nonnegative: %s)", (nonnegative) => {
    const input = { ...base, nonnegative };
    const { perClass: w, feasible, resultingMargins } = remedy(input, "weight", 0.3);
    expect(feasible).toBe(true);
    expect(w.slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
    expect(resultingMargins[9]).toBeGreaterThanOrEqual(0.3 - 1e-9);
    expect(leastMargin({ ...input, weights: w })).toBeGreaterThanOrEqual(0.3 - 1e-9);
    expect(leastMargin({ ...input, weights: w.map((x, k) => (k < 5 ? 1 : 0.99 * x)) })).toBeLessThan(0.3 - 1e-4);
    const { perClass: l } = remedy(input, "lambda", 0.3);
    expect(leastMargin({ ...input, lambdaZ: l[0] })).toBeGreaterThanOrEqual(0.3 - 1e-9);
    expect(leastMargin({ ...input, lambdaZ: 1.01 * l[0] })).toBeLessThan(0.3 - 1e-4);
  });

  test("oversampling keeps the margin, and one sample less fails it; the copies are counted", () => {
    const { perClass, extraSamples, feasible } = remedy(base, "oversample", 0.1);
    expect(feasible).toBe(true);
    const seen = base.counts.map((n, k) => n * perClass[k]);
    expect(extraSamples).toBe(seen.reduce((x, y) => x + y, 0) - 3000);
    expect(leastMargin({ ...base, counts: seen })).toBeGreaterThanOrEqual(0.1);
    expect(leastMargin({ ...base, counts: seen.map((n, k) => (k < 5 ? n : n - 1)) })).toBeLessThan(0.1 - 1e-6);
  });

  test("where oversampling cannot help it says so, with the number: 1/(2 sqrt(k_A k_B n_A))", () => {
    const { feasible, reason, perClass, extraSamples } = remedy({ ...base, lambdaZ: 0.0051 }, "oversample", 0);
    expect(feasible).toBe(false);
    expect(reason).toContain(String(Number((1 / (2 * Math.sqrt(25 * 500))).toPrecision(5))));
    expect(perClass).toEqual(new Array(10).fill(1));
    expect(extraSamples).toBe(0);
    // Brute force agrees: no r in 1..50 separates.
    for (let r = 1; r <= 50; r++)
      expect(predict(problem({ ...base, lambdaZ: 0.0051, counts: spread(500, 100 * r) })).clusters.some((c) => c.merged)).toBe(
        true,
      );
  });

  test("with the penalty on the mean, oversampling helps where it cannot with the sum", () => {
    const mean: ProblemInput = { ...base, lambdaZ: 0.0036 * Math.sqrt(3000), convention: "mean" };
    expect(remedy(base, "oversample", 0.2).feasible).toBe(false);
    const found = remedy(mean, "oversample", 0.2);
    expect(found.feasible).toBe(true);
    expect(found.resultingMargins[9]).toBeGreaterThanOrEqual(0.2);
  });

  test("nonnegative features: oversampling to one level, the least on its 2 % grid, as a search by hand finds it", () => {
    const input: ProblemInput = {
      counts: [40, 40, 40, 15, 15, 6],
      lambdaZ: 0.026,
      lambdaB: 0.05,
      nonnegative: true,
      convention: "paper",
    };
    // Classes of a cluster are raised; the lone one keeps its count.
    const at = (level: number): number[] => input.counts.map((n) => (n === 6 ? n : Math.max(n, level)));
    for (const margin of [0.02, 0.05, 0.2]) {
      let level = 15;
      let best = Number.NEGATIVE_INFINITY;
      let wanted: number[] | null = null;
      while (!wanted && level <= 160) {
        const reached = leastMargin({ ...input, counts: at(level) });
        best = Math.max(best, reached);
        if (reached >= margin) wanted = at(level);
        level = Math.ceil(level * 1.02);
      }
      const { feasible, perClass, reason, extraSamples } = remedy(input, "oversample", margin);
      expect(feasible).toBe(wanted !== null);
      expect(input.counts.map((n, k) => n * perClass[k])).toEqual(wanted ?? input.counts);
      expect(extraSamples).toBe((wanted ?? input.counts).reduce((x, y) => x + y, 0) - 156);
      if (!wanted) expect(reason).toContain(`the largest margin that any count reaches is ${Number(best.toPrecision(5))}`);
      else expect(reason).toContain(`up to ${Math.max(...wanted.filter((n, k) => n > input.counts[k]))} samples`);
    }
  });

  test("what the words of an oversampling count: classes, the largest new count, copies and their share", () => {
    // Two clusters below the margin, raised to different counts by weights that differ.
    const input: ProblemInput = {
      counts: [500, 500, 100, 100, 60, 60],
      weights: [1, 1, 1, 1, 1.2, 1.2],
      lambdaZ: 0.0075,
      lambdaB: 0.02,
      convention: "paper",
    };
    const { reason, perClass, feasible, extraSamples } = remedy(input, "oversample", 0.05);
    expect(feasible).toBe(true);
    const seen = input.counts.map((n, k) => n * perClass[k]);
    expect(new Set(seen).size).toBe(3);
    expect(reason).toContain(
      `4 classes oversampled up to ${Math.max(seen[2], seen[4])} samples: ${extraSamples} more in an epoch`,
    );
    expect(reason).toContain(`(${Number(((100 * extraSamples) / 1320).toPrecision(5))} %)`);
  });

  test("smoothing is only ever taken away; offsets never help", () => {
    expect(remedy(base, "smoothing", 0.1).feasible).toBe(false);
    const smoothed = { ...base, lambdaZ: 0.003, smoothing: 0.2 };
    const { feasible, perClass } = remedy(smoothed, "smoothing", 0.05);
    expect(feasible).toBe(true);
    expect(perClass[0]).toBeLessThan(0.2);
    expect(leastMargin({ ...smoothed, smoothing: perClass[0] })).toBeGreaterThanOrEqual(0.05);
    expect(leastMargin({ ...smoothed, smoothing: perClass[0] + 0.01 })).toBeLessThan(0.05);
    expect(remedy(base, "offset", 0).feasible).toBe(false);
    // As the certified solver sees it: any offsets, still merged.
    expect(predict(problem({ ...base, offsets: spread(0, -3) })).clusters[1].merged).toBe(true);
  });

  test("nothing to change is feasible and changes nothing", () => {
    for (const r of advise({ ...base, lambdaZ: 0.001 }, { margin: 0.2 }).remedies) {
      expect(r.feasible).toBe(true);
      expect(r.reason).toContain("already");
      expect(r.extraSamples).toBe(0);
      expect(new Set(r.perClass).size).toBe(1);
    }
  });
});

test("whatever the classes: feasible remedies keep the margin, none lowers a weight or a count", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), count: fc.integer({ min: 2, max: 2000 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.double({ min: 0.05, max: 1.5, noNaN: true }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      fc.constantFrom<Convention>("paper", "no-half", "mean"),
      fc.constantFrom(0.01, Number.POSITIVE_INFINITY),
      (groups, share, margin, convention, lambdaB) => {
        const counts = groups.flatMap((g) => new Array<number>(g.size).fill(g.count));
        fc.pre(counts.length >= 2);
        const N = counts.reduce((x, y) => x + y, 0);
        const s = share * Math.sqrt(Math.min(...counts));
        const lambdaZ = s / (convention === "mean" ? Math.sqrt(N) : convention === "no-half" ? 2 * N : N);
        const { remedies, merged } = advise({ counts, lambdaZ, lambdaB, convention }, { margin });
        for (const r of remedies) {
          expect(r.certified).toBe(true);
          expect(r.perClass.every((x) => Number.isFinite(x))).toBe(true);
          if (r.kind === "weight" || r.kind === "oversample") expect(Math.min(...r.perClass)).toBeGreaterThanOrEqual(1);
          if (r.feasible) for (const m of r.resultingMargins) if (m !== null) expect(m).toBeGreaterThanOrEqual(margin - 1e-9);
        }
        // Weights and the regularization can always do it.
        if (groups.some((g) => g.size >= 2))
          for (const r of remedies) if (r.kind === "weight" || r.kind === "lambda") expect(r.feasible).toBe(true);
        if (merged.length > 0 && groups.some((g) => g.size >= 2)) expect(remedies[4].feasible).toBe(false);
      },
    ),
    { numRuns: 80, seed: 2 },
  );
});

test("without lone classes nothing is said of them; with one, it is one", () => {
  expect(advise(base).notes.filter((n) => n.includes("own: for them"))).toEqual([]);
  const { notes } = advise({ counts: [500, 100, 100], lambdaZ: 0.01, convention: "paper" });
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain("1 class has a count of its own");
});

test("kinds of remedies by name", () => {
  expect(parseKinds("weight, lambda", "--change")).toEqual(["weight", "lambda"]);
  expect(() => parseKinds("weight,magic", "--change")).toThrow(InputError);
  expect(() => parseKinds("weight,magic", "--change")).toThrow(/^--change: expected any of oversample, weight, .* got magic/);
  expect(advise(base, { change: ["offset", "weight"] }).remedies.map((r) => r.kind)).toEqual(["weight", "offset"]);
});

test("lone classes are pointed out, and the convention is asked for with what it would change", () => {
  const { notes } = advise({ counts: [500, 300, 100, 100], lambdaZ: 0.01 });
  expect(notes.some((n) => n.includes("2 classes have counts of their own"))).toBe(true);
  // (N lambda)^2 = 100; four times that without 1/2; N lambda^2 with the mean.
  expect(notes[0]).toContain("critical count 100.");
  expect(notes[0]).toContain("400,");
  expect(notes[0]).toContain("0.1");
  expect(advise({ ...base, convention: "paper" }).notes.some((n) => n.startsWith("convention"))).toBe(false);
});

test.each([
  [{ margin: 1 }, "margin: expected a number in [0, 1), got 1"],
  [{ margin: Number.NaN }, "margin"],
])("bad input %j is refused", (options, message) => {
  expect(() => advise(base, options)).toThrow(InputError);
  expect(() => advise(base, options)).toThrow(message);
});
