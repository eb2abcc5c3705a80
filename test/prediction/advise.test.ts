import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { remedyOf } from "../../src/prediction/advice/remedy.ts";
import { concluded, probe } from "../../src/prediction/advice/situation.ts";
import { type AdviseOptions, advise, predict, type Remedy, type RemedyKind, remedyKinds } from "../../src/prediction/index.ts";
import { type ProblemInput, problem } from "../../src/problem/index.ts";
import { leastWeight } from "../../src/theory/index.ts";

/** Margins are read here off Z, b and the definition alone: u_kk - max_j u_jk. */
const spread = (a: number, b: number): number[] => [...new Array<number>(5).fill(a), ...new Array<number>(5).fill(b)];
const merging: ProblemInput = { counts: spread(500, 100), lambdaZ: 0.0036, lambdaB: 0.02, convention: "paper" };
/** Weight decay alone, a tail of distinct counts, most of it lost. */
const tail: ProblemInput = { counts: [500, 300, 200, 100, 50, 20, 10, 5], weightDecay: 0.2, ends: "batch-norm" };

function marginsOf(input: ProblemInput, offsets: readonly number[] = input.counts.map(() => 0)): number[] {
  const p = problem(input);
  const { Z, b, certified, ufmPlus } = predict(p);
  expect(certified || ufmPlus?.certified).toBe(true);
  const u = (j: number, k: number): number => (p.factors?.[j] ?? 1) * (Z[j][k] + b[j]) + (p.offsets?.[j] ?? 0) + offsets[j];
  return Z.map((_, k) => u(k, k) - Math.max(...Z.flatMap((_row, j) => (j === k ? [] : [u(j, k)]))));
}

const least = (input: ProblemInput, offsets?: readonly number[]): number => Math.min(...marginsOf(input, offsets));
const remedy = (input: ProblemInput, kind: RemedyKind, options: AdviseOptions = {}): Remedy =>
  advise(input, { ...options, change: [kind] }).remedies[0];

/** The input with a remedy in place, and the offsets that come after training. */
function applied(input: ProblemInput, { kind, perClass, parameters, torch }: Remedy): [ProblemInput, number[] | undefined] {
  switch (kind) {
    case "weight":
    case "weight-per-class":
      return [{ ...input, weights: perClass }, undefined];
    case "combined":
      return [torch ? { ...input, weights: torch.weights } : input, perClass];
    case "offset":
      return [input, perClass];
    case "oversample":
      return [{ ...input, counts: input.counts.map((n, k) => Math.round(n * perClass[k])) }, undefined];
    case "smoothing":
      return [{ ...input, smoothing: perClass[0] }, undefined];
    case "lambda": {
      if (input.weightDecay !== undefined) return [{ ...input, weightDecay: parameters.weightDecay }, undefined];
      const { lambdaW, lambdaH } = parameters;
      return [{ ...input, lambdaZ: undefined, lambdaW, lambdaH, convention: "paper" }, undefined];
    }
  }
}

describe("a remedy that works gives every class its own by the margin, solved again from the problem it describes", () => {
  const cases: [string, ProblemInput][] = [
    ["a merged cluster", merging],
    ["the same with nonnegative features", { ...merging, nonnegative: true }],
    ["a long tail under weight decay", tail],
    ["the same behind a ReLU", { ...tail, ends: "batch-norm-relu" }],
    ["with label smoothing", { ...merging, lambdaZ: 0.003, smoothing: 0.2 }],
    ["with penalties on the mean", { ...merging, lambdaZ: 0.0036 * Math.sqrt(3000), convention: "mean" }],
  ];
  test.each(cases)("%s", (_, input) => {
    const before = least(input);
    expect(before).toBeLessThan(1);
    const { remedies, summary, classes } = advise(input, { margin: 1 });
    expect(remedies.map((r) => r.kind)).toEqual(remedyKinds);
    expect(summary.own).toBe(classes.filter((c) => c.status === "own").length);
    for (const r of remedies) {
      expect(r.certified, r.kind).toBe(true);
      if (!r.feasible) continue;
      const [changed, offsets] = applied(input, r);
      const margins = marginsOf(changed, offsets);
      expect(Math.min(...margins), r.kind).toBeGreaterThanOrEqual(1 - 1e-6);
      margins.forEach((m, k) => {
        expect(r.resultingMargins[k], r.kind).toBeCloseTo(m, 5);
      });
      expect(r.summary.own, r.kind).toBe(input.counts.length);
    }
    const works = (kind: RemedyKind): boolean => remedies.some((r) => r.kind === kind && r.feasible);
    for (const kind of ["weight", "weight-per-class", "lambda", "combined"] as const) expect(works(kind), kind).toBe(true);
  });

  test.each(cases)("%s: a hundredth less does not", (_, input) => {
    const less = (kind: RemedyKind): ProblemInput | null => {
      const r = remedy(input, kind);
      if (!r.feasible) return null;
      if (kind === "weight") {
        const weights = input.counts.map((n) => n ** (-0.99 * r.parameters.power));
        const N = input.counts.reduce((a, b) => a + b, 0);
        const sum = weights.reduce((a, w, k) => a + w * input.counts[k], 0);
        return { ...input, weights: weights.map((w) => (w * N) / sum) };
      }
      const [changed] = applied(input, r);
      if (kind === "smoothing") return { ...changed, smoothing: r.perClass[0] + 0.01 };
      if (changed.weightDecay !== undefined) return { ...changed, weightDecay: 1.01 * changed.weightDecay };
      return { ...changed, lambdaW: 1.01 * (changed.lambdaW as number), lambdaH: 1.01 * (changed.lambdaH as number) };
    };
    for (const kind of ["weight", "lambda", "smoothing"] as const) {
      const weaker = less(kind);
      if (weaker) expect(least(weaker), kind).toBeLessThan(1);
    }
  });
});

describe("weights", () => {
  test("one power of the counts, average 1 over the samples, larger where the count is smaller", () => {
    const { perClass, parameters, torch } = remedy(tail, "weight");
    const { counts } = tail;
    const N = counts.reduce((a, b) => a + b, 0);
    expect(perClass.reduce((sum, w, k) => sum + w * counts[k], 0)).toBeCloseTo(N, 8);
    perClass.forEach((w, k) => {
      expect(Math.log(w / perClass[0])).toBeCloseTo(-parameters.power * Math.log(counts[k] / counts[0]), 8);
    });
    torch?.weights.forEach((w, k) => {
      expect(w).toBeCloseTo(perClass[k], 12);
    });
    expect(torch?.reduction).toBe("mean");
  });

  test("PyTorch's mean over all samples, by its definition, is the loss that was solved", () => {
    const { torch } = remedy(merging, "weight-per-class");
    const w = torch?.weights as number[];
    const { counts } = merging;
    // sum_i w_{y_i} CE_i / sum_i w_{y_i}, for any losses of the classes.
    const ce = counts.map((_, k) => 0.3 + 0.1 * k);
    const pytorch = counts.reduce((a, n, k) => a + n * w[k] * ce[k], 0) / counts.reduce((a, n, k) => a + n * w[k], 0);
    const model = counts.reduce((a, n, k) => a + n * w[k] * ce[k], 0) / counts.reduce((a, n) => a + n, 0);
    expect(pytorch).toBeCloseTo(model, 12);
  });

  test("per class: what is raised has the margin and little more, what is not keeps its share", () => {
    const { perClass, resultingMargins } = remedy(tail, "weight-per-class");
    const lowest = Math.min(...perClass);
    const raised = perClass.flatMap((w, k) => (w > lowest * (1 + 1e-6) ? [k] : []));
    expect(raised.length).toBeGreaterThan(0);
    for (const k of raised) expect(resultingMargins[k]).toBeLessThan(1.02);
  });

  test("however little a class is raised, it is among those that are said to be", () => {
    const input: ProblemInput = { counts: [500, 200, 60, 20], lambdaZ: 0.002, lambdaB: 0.02, convention: "paper" };
    // A thousandth more than the third class has.
    const margin = 1.001 * marginsOf(input)[2];
    const { reason, perClass } = remedy(input, "weight-per-class", { margin });
    const ratios = perClass.map((w) => w / perClass[0]);
    expect(ratios.slice(0, 2)).toEqual([1, 1]);
    expect(ratios[2]).toBeGreaterThan(1.001);
    expect(ratios[2]).toBeLessThan(1.1);
    expect(ratios[3]).toBeGreaterThan(1.5);
    expect(reason).toMatch(/^2 classes weighted above the others/);
  });

  test("within a cluster the least weight is that of the closed form, where the cluster's own margin decides", () => {
    // Three equal clusters with no others: p_own - p_other = 1 - s/(w sqrt n) is fixed by a margin of 1 logit for balanced classes.
    const balanced: ProblemInput = { counts: [80, 80, 80], lambdaZ: 0.035 };
    const s = 240 * 0.035;
    const e = Math.exp(1);
    const gap = (e - 1) / (e + 2);
    const { perClass, feasible } = remedy({ ...balanced, weights: [0.9, 0.9, 0.9] }, "lambda");
    expect(feasible).toBe(true);
    const w = leastWeight({ count: 80, weight: 1, factor: 1 }, s, gap, 0);
    // A weight w does what lambda / w does.
    expect(perClass[0]).toBeCloseTo((0.9 * 0.035) / w, 6);
  });
});

describe("offsets after training", () => {
  /** Distinct counts, weak penalty on Z, none on the bias to speak of: the head leans to the many, nothing has merged. */
  const outvoted: ProblemInput = { counts: [1000, 300, 100, 40], lambdaZ: 0.004, lambdaB: 1e-3 };

  test("the least tau that gives the margin, and a thousandth less does not", () => {
    expect(least(outvoted)).toBeLessThan(0);
    const wanted = 0.5;
    const r = remedy(outvoted, "offset", { margin: wanted });
    expect(r.feasible).toBe(true);
    expect(r.retrain).toBe(false);
    const N = 1440;
    r.perClass.forEach((o, k) => {
      expect(o).toBeCloseTo(-r.parameters.tau * Math.log(outvoted.counts[k] / N), 10);
    });
    expect(least(outvoted, r.perClass)).toBeCloseTo(wanted, 8);
    expect(
      least(
        outvoted,
        r.perClass.map((o) => 0.999 * o),
      ),
    ).toBeLessThan(wanted);
  });

  test("where no offsets can, it says how far they come", () => {
    const r = remedy(merging, "offset");
    expect(r.feasible).toBe(false);
    expect(r.reason).toMatch(/no offsets on the logits .* is 0: the mean predictions of some classes are one/);
    expect(r.perClass).toEqual(new Array(10).fill(0));
    // What is shown is the same best: equal mean predictions leave each other 0 at most.
    expect(Math.min(...r.resultingMargins)).toBeCloseTo(0, 6);
    const far = remedy(outvoted, "offset", { margin: 50 });
    const best = Number(far.reason.match(/the most that any give the weakest class is ([0-9.]+)$/)?.[1]);
    expect(best).toBeGreaterThan(0);
    expect(Math.min(...far.resultingMargins)).toBeCloseTo(best, 2);
  });
});

describe("oversampling", () => {
  test("copies are counted, and where they cannot help it says so: lambda_Z above 1/(2 sqrt(k_A k_B n_A))", () => {
    const hopeless = remedy({ ...merging, lambdaZ: 0.0051 }, "oversample", { margin: 1e-3 });
    expect(hopeless.feasible).toBe(false);
    expect(hopeless.reason).toContain("the copies raise N");
    // Brute force agrees: no r in 1..50 separates.
    for (let r = 1; r <= 50; r++) expect(least({ ...merging, lambdaZ: 0.0051, counts: spread(500, 100 * r) })).toBeLessThan(1e-3);
    const helped = remedy(tail, "oversample");
    const seen = tail.counts.map((n, k) => n * helped.perClass[k]);
    expect(helped.extraSamples).toBe(Math.round(seen.reduce((a, b) => a + b, 0)) - 1185);
    expect(least({ ...tail, counts: seen.map(Math.round) })).toBeGreaterThanOrEqual(1);
  });
});

test("what misses the margin by one part in 10^12 is not called feasible, whoever says that it is", () => {
  const input: ProblemInput = { counts: [50, 30, 20], lambdaZ: 0.01, lambdaB: 0.02, convention: "paper" };
  const now = problem(input);
  const present = concluded(probe(now, { tolerance: 1e-10 }), 1e-10);
  expect(present.least).toBeCloseTo(least(input), 8);
  const called = (margin: number, feasible = true): boolean => {
    const near = present.found;
    const situation = { input, now, margin, tolerance: 1e-10, present, rough: now.counts, near, progress: () => {} };
    return remedyOf(situation, "lambda", present, { feasible, reason: "", perClass: [] }).feasible;
  };
  expect(called(present.least)).toBe(true);
  expect(called(present.least, false)).toBe(false);
  expect(called(present.least * (1 + 1e-12))).toBe(false);
});

test("where every class has the margin nothing is changed, and it says that the tail is not lost there", () => {
  const easy: ProblemInput = { ...tail, weightDecay: 5e-4 };
  const { remedies, notes, summary, margins } = advise(easy, { margin: 1 });
  for (const r of remedies)
    expect(r).toMatchObject({ feasible: true, reason: "every class has the margin already", retrain: false, extraSamples: 0 });
  expect(notes.join()).toContain("no class is lost: every class is its own");
  // The equalizing offsets of the summary, by what they do.
  expect(least(easy, summary.offsets as number[])).toBeGreaterThan(Math.min(...margins));
});

test("more than 60 different counts: found on rounded counts, true on the given ones", () => {
  const counts = Array.from({ length: 120 }, (_, k) => Math.floor(900 * 0.01 ** (k / 119)));
  const input: ProblemInput = { counts, weightDecay: 0.08, ends: "batch-norm-relu" };
  expect(new Set(counts).size).toBeGreaterThan(80);
  for (const kind of ["weight", "lambda"] as const) {
    const r = remedy(input, kind, { margin: 0.5 });
    expect(r.feasible, kind).toBe(true);
    const [changed, offsets] = applied(input, r);
    expect(least(changed, offsets), kind).toBeGreaterThanOrEqual(0.5 - 1e-6);
    expect(least(changed, offsets), kind).toBeLessThan(1.5);
  }
});

test("whatever the classes: what is called feasible is, and the weakest class without it is short of the margin", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 3 }), count: fc.integer({ min: 2, max: 2000 }) }), {
        minLength: 2,
        maxLength: 4,
      }),
      fc.double({ min: 0.02, max: 1.2, noNaN: true }),
      fc.double({ min: 0.05, max: 3, noNaN: true }),
      fc.constantFrom(0.01, Number.POSITIVE_INFINITY),
      fc.boolean(),
      (groups, share, margin, lambdaB, nonnegative) => {
        const counts = groups.flatMap((g) => new Array<number>(g.size).fill(g.count));
        const N = counts.reduce((x, y) => x + y, 0);
        const input: ProblemInput = {
          counts,
          lambdaZ: (share * Math.sqrt(Math.max(...counts))) / N,
          lambdaB,
          nonnegative,
          convention: "paper",
        };
        const kinds: RemedyKind[] = ["offset", "weight", "lambda", "oversample"];
        for (const r of advise(input, { margin, change: kinds }).remedies) {
          expect(r.perClass.every((x) => Number.isFinite(x))).toBe(true);
          if (!r.feasible) continue;
          const [changed, offsets] = applied(input, r);
          expect(least(changed, offsets)).toBeGreaterThanOrEqual(margin - 1e-6);
        }
      },
    ),
    { numRuns: 25, seed: 2 },
  );
});

describe("whether the theory covers it is said first", () => {
  test("explicit penalties and weight decay: yes; shared directions behind a ReLU: not quite", () => {
    expect(advise(tail, { change: ["offset"] }).applies.ok).toBe(true);
    expect(advise(merging, { change: ["offset"] }).applies.because).toContain(
      "says nothing of a network without a feature penalty",
    );
    const shared: ProblemInput = { counts: spread(500, 100), lambdaZ: 0.0027, lambdaB: 0.001, nonnegative: true };
    const { applies, certified } = advise(shared, { change: ["smoothing"] });
    expect(applies).toMatchObject({ ok: false });
    expect(certified).toBe(false);
  });

  test("certified means what it means in a prediction: no remedy is feasible where its solution is not proved", () => {
    const shared: ProblemInput = {
      counts: spread(500, 100),
      weightDecay: 0.178,
      biasWeightDecay: 0,
      ends: "batch-norm-relu",
    };
    const now = predict(problem(shared));
    expect(now.certified).toBe(false);
    const { certified, relativeGap, remedies, notes } = advise(shared);
    expect(certified).toBe(now.certified);
    expect(relativeGap).toBeCloseTo(now.relativeGap, 10);
    expect(notes.join()).toContain("no remedy is called feasible");
    for (const r of remedies) {
      const [changed] = applied(shared, r);
      const solved = predict(problem(changed));
      expect(r.certified, r.kind).toBe(solved.certified);
      expect(r.relativeGap, r.kind).toBeCloseTo(solved.relativeGap, 6);
      expect(r.feasible, r.kind).toBe(r.reaches && solved.certified);
      if (r.reaches && !r.feasible)
        expect(r.reason).toContain("; not proved: it is so in the solution that was found, whose proved");
    }
    expect(remedies.filter((r) => r.reaches && !r.certified).map((r) => r.kind)).toContain("weight");
    // Where nothing has to be changed, that rests on the same solution.
    const [kept] = advise(shared, { margin: 0.5, change: ["smoothing"] }).remedies;
    expect(kept.feasible).toBe(false);
    const easy = advise({ ...shared, weightDecay: 0.05 }, { margin: 0.1, change: ["smoothing"] });
    expect(easy.remedies[0]).toMatchObject({ reaches: true, feasible: easy.certified });
  });

  test("what batches leave open, where a batch size is given", () => {
    const { batch } = advise(tail, { change: ["offset"], batchSize: 100 });
    expect(batch).toMatchObject({ batchSize: 100 });
    expect(batch?.smallestClass).toBeCloseTo((5 * 100) / 1185, 12);
    expect(advise(tail, { change: ["offset"], batchSize: 1185 }).batch?.note).toContain("hold all 1185 samples");
    expect(() => advise(tail, { batchSize: 1 })).toThrow(
      "batchSize: expected a whole number of at least 2 (batch normalization needs two), got 1",
    );
  });

  test("the convention is asked for with what it would change", () => {
    const { notes } = advise({ counts: [500, 300, 100, 100], lambdaZ: 0.01 }, { change: ["offset"] });
    // (N lambda)^2 = 100; four times that without 1/2; N lambda^2 with the mean.
    expect(notes[0]).toContain("critical count 100.");
    expect(notes[0]).toContain("400,");
    expect(notes[0]).toContain("0.1");
    expect(advise(merging, { change: ["offset"] }).notes.some((n) => n.startsWith("convention"))).toBe(false);
  });

  test("only what another convention makes of the range of lambda_Z is passed over there, no other error", () => {
    let armed = false;
    const input = {
      counts: [50, 20],
      lambdaZ: 0.01,
      // Read wherever the input is copied, which with margins that suffice only that note does.
      get smoothing() {
        if (armed) throw new TypeError("a defect");
        return 0;
      },
    };
    const arm = (): void => {
      armed = true;
    };
    expect(() => advise(input, { change: [], progress: arm })).toThrow("a defect");
  });
});

test("a strength that is printed does what is said of it: the largest is rounded down, the least up", () => {
  const input: ProblemInput = { counts: [400, 90, 7], weightDecay: 0.3, ends: "batch-norm" };
  const printed = (kind: RemedyKind, margin: number): number =>
    Number(remedy(input, kind, { margin }).reason.match(/(?:at most|p =) ([0-9.]+)/)?.[1]);
  const N = 497;
  for (const margin of [0.5, 1, 1.3, 1.5]) {
    expect(least({ ...input, weightDecay: printed("lambda", margin) }), String(margin)).toBeGreaterThanOrEqual(margin);
    const raw = input.counts.map((n) => n ** -printed("weight", margin));
    const average = raw.reduce((sum, w, k) => sum + w * input.counts[k], 0) / N;
    expect(least({ ...input, weights: raw.map((w) => w / average) }), String(margin)).toBeGreaterThanOrEqual(margin);
  }
});

test.each([
  [{ margin: 1e300 }, "margin: expected at most 700 logits (exp(-margin), the odds of a rival, underflows beyond), got 1e+300"],
  [{ margin: 0 }, "margin: expected a positive number of logits, got 0"],
  [{ margin: Number.NaN }, "margin"],
  [{ margin: Number.POSITIVE_INFINITY }, "margin"],
])("bad input %j is refused", (options, message) => {
  expect(() => advise(merging, options)).toThrow(InputError);
  expect(() => advise(merging, options)).toThrow(message);
});
