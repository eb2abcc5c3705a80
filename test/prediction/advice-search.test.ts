import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { spread } from "../../src/prediction/advice/spread.ts";
import { powerWeights } from "../../src/prediction/advice/weights.ts";
import { type AnswerOptions, answer, type Found } from "../../src/prediction/answer.ts";
import { ownMargins } from "../../src/prediction/classes.ts";
import { advise, classesOf, predict, type Remedy, type RemedyKind, summarize } from "../../src/prediction/index.ts";
import { clustersOf, type Problem, type ProblemInput, problem } from "../../src/problem/index.ts";
import { nonnegativeNearby } from "../../src/solver/nearby.ts";
import { solveNonnegative } from "../../src/solver/nonnegative.ts";

/** More than 60 different counts: the search is led on rough ones first. */
const counts = Array.from({ length: 64 }, (_, k) => Math.floor(900 * 0.02 ** (k / 63)) + (64 - k));
const decayed = (ends: ProblemInput["ends"], weightDecay: number): ProblemInput => ({ counts, weightDecay, ends });

const only = (input: ProblemInput, kind: RemedyKind, margin: number): Remedy =>
  advise(input, { margin, change: [kind] }).remedies[0];

/** By the definition, from the whole Z of a certified solution. */
function least(p: Problem): number {
  const { Z, b, certified, ufmPlus } = predict(p);
  expect(certified || ufmPlus?.certified).toBe(true);
  return Math.min(...Z.map((_, k) => Z[k][k] + b[k] - Math.max(...Z.flatMap((row, j) => (j === k ? [] : [row[k] + b[j]])))));
}

describe("very many counts: what is found is the least, to a 512th of the interval between two steps", () => {
  test.each([
    ["batch-norm", 0.06, 1],
    ["batch-norm-relu", 0.03, 3],
  ] as const)("%s, weight decay %d, margin %d", (ends, decay, margin) => {
    const input = decayed(ends, decay);
    expect(least(problem(input))).toBeLessThan(margin);
    const { power } = only(input, "weight", margin).parameters;
    const weighted = (p: number): Problem => powerWeights({ input, now: problem(input) }, p, counts);
    expect(least(weighted(power))).toBeGreaterThanOrEqual(margin * (1 - 1e-6));
    expect(least(weighted(power - 2 * (0.125 / 512)))).toBeLessThan(margin);
    const { weightDecay } = only(input, "lambda", margin).parameters;
    expect(least(problem({ ...input, weightDecay }))).toBeGreaterThanOrEqual(margin * (1 - 1e-6));
    expect(least(problem({ ...input, weightDecay: weightDecay * 10 ** (2 * (0.25 / 512)) }))).toBeLessThan(margin);
  });

  test("what the true counts reach is found where the rough ones miss it", () => {
    const input: ProblemInput = { ...decayed("batch-norm-relu", 0.01), smoothing: 0.1 };
    const margin = least(problem({ ...input, smoothing: 0 })) * (1 - 1e-9);
    expect(least(problem(input))).toBeLessThan(margin);
    expect(only(input, "smoothing", margin)).toMatchObject({ feasible: true, parameters: { smoothing: 0 } });
    const more = only(input, "smoothing", 1.001 * margin);
    expect(more.feasible).toBe(false);
    expect(Math.min(...more.resultingMargins)).toBeCloseTo(margin, 6);
  });
});

test("a strength that misses the margin by a hair is not enough, one that has it by a hair is", () => {
  const input: ProblemInput = { counts: [500, 300, 200, 100, 50, 20, 10, 5], weightDecay: 0.2, ends: "batch-norm" };
  // One of the strengths that the search tries first.
  const there = least(powerWeights({ input, now: problem(input) }, 0.375, input.counts));
  expect(there).toBeGreaterThan(0.1);
  const power = (margin: number): number => only(input, "weight", margin).parameters.power;
  expect(power(there + 5e-4)).toBeGreaterThan(0.375);
  expect(power(there + 5e-4)).toBeLessThan(0.38);
  expect(power(there - 1e-6)).toBeLessThanOrEqual(0.375);
  expect(power(there - 1e-6)).toBeGreaterThan(0.3749);
});

test("what a strength reaches is found, whatever the search's own tolerance leaves out", () => {
  // Margins grow with the power up to 3/8: every margin between is reached by some power below.
  const input: ProblemInput = { counts: [500, 300, 200, 100, 50, 20, 10, 5], weightDecay: 0.2, ends: "batch-norm" };
  const there = least(powerWeights({ input, now: problem(input) }, 0.375, input.counts));
  for (let share = 0.04; share < 0.95; share += 0.08) {
    const { feasible, parameters, resultingMargins } = only(input, "weight", share * there);
    expect(feasible, String(share)).toBe(true);
    expect(parameters.power).toBeLessThan(0.375);
    expect(Math.min(...resultingMargins)).toBeGreaterThanOrEqual(share * there);
  }
});

describe("a margin that is reached only between two of the strengths that are tried first", () => {
  const input: ProblemInput = {
    counts: [500, 500, 500, 500, 500, 100, 100, 100, 100, 100],
    weightDecay: 0.2,
    ends: "batch-norm-relu",
  };
  const weighted = (p: number): Problem => powerWeights({ input, now: problem(input) }, p, input.counts);
  /** Two groups: offsets leave the smaller of the margin within a group and the mean of those over the other group's classes. */
  const withOffsets = (p: number): number => {
    const { Z, b } = predict(weighted(p));
    const above = (k: number, j: number): number => Z[k][k] + b[k] - Z[j][k] - b[j];
    return Math.min(above(0, 1), above(5, 6), 0.5 * (above(0, 5) + above(5, 0)));
  };
  /** The largest on 400 places from 0.4 to 0.6, by trying all. */
  const largest = (margin: (p: number) => number): number =>
    Array.from({ length: 401 }, (_, i) => margin(0.4 + 0.0005 * i)).reduce((a, m) => Math.max(a, m));

  test.each([
    ["weight", (p: number) => least(weighted(p))],
    ["combined", withOffsets],
  ] as const)("%s", (kind, margin) => {
    const most = largest(margin);
    // The even steps fall short of it.
    expect(Math.max(margin(0.375), margin(0.5), margin(0.625))).toBeLessThan(most - 0.004);
    const there = only(input, kind, most - 1e-4);
    expect(there).toMatchObject({ feasible: true, certified: true });
    expect(margin(there.parameters.power)).toBeGreaterThan(most - 1e-4 - 1e-6);
    // The least such power.
    expect(margin(there.parameters.power - 1e-4)).toBeLessThan(most - 1e-4);
    const beyond = only(input, kind, most + 0.1);
    expect(beyond.feasible).toBe(false);
    expect(Math.min(...beyond.resultingMargins)).toBeGreaterThan(most - 1e-6);
    expect(Math.min(...beyond.resultingMargins)).toBeLessThan(most + 0.01);
    expect(beyond.reason).toContain("then between the neighbours of the best");
  });
});

describe("weights class by class, where none give every class the margin: the best that were found", () => {
  const shown = (input: ProblemInput): number => {
    const { feasible, reason, resultingMargins, perClass } = only(input, "weight-per-class", 50);
    expect(feasible).toBe(false);
    expect(perClass).toEqual(input.counts.map(() => 1));
    const said = reason.match(/the largest margin of the weakest class that was found is ([-0-9.e]+), with weights from /)?.[1];
    expect(Number(said)).toBeCloseTo(Math.min(...resultingMargins), 2);
    return Math.min(...resultingMargins);
  };

  test("of two groups one ratio decides: the best of 400", () => {
    const counts = [500, 500, 500, 500, 500, 100, 100, 100, 100, 100];
    const input: ProblemInput = { counts, weightDecay: 0.2, ends: "batch-norm-relu" };
    const all = Array.from({ length: 401 }, (_, i) =>
      least(powerWeights({ input, now: problem(input) }, 0.4 + 0.0005 * i, counts)),
    );
    expect(shown(input)).toBeGreaterThan(Math.max(...all) - 1e-6);
    expect(shown(input)).toBeLessThan(Math.max(...all) + 0.01);
  });

  test("of three classes two ratios: no worse than the best of a grid, and than the best power", () => {
    const input: ProblemInput = { counts: [400, 90, 7], weightDecay: 0.1, ends: "batch-norm" };
    let most = Number.NEGATIVE_INFINITY;
    for (let a = 0; a < 1.6; a += 0.1)
      for (let b = 0; b < 3; b += 0.2) {
        // Average 1 over the samples: larger ones would be less decay.
        const average = (400 + 90 * Math.exp(a) + 7 * Math.exp(b)) / 497;
        const weights = [1 / average, Math.exp(a) / average, Math.exp(b) / average];
        most = Math.max(most, least(problem({ ...input, weights })));
      }
    const reachedHere = shown(input);
    expect(reachedHere).toBeGreaterThan(most);
    expect(reachedHere).toBeGreaterThanOrEqual(Math.min(...only(input, "weight", 50).resultingMargins));
  });
});

test("what a power of the counts is of: the weights that there are", () => {
  const weighted: ProblemInput = { counts: [400, 90, 7], weightDecay: 0.3, ends: "batch-norm", weights: [1, 1.5, 2] };
  const { weights: _, ...plain } = weighted;
  for (const kind of ["weight", "combined"] as const) {
    expect(only(weighted, kind, 1.5).reason).toContain("w_k proportional to your weights times n_k^-p");
    expect(only(plain, kind, 1.5).reason).toContain("w_k proportional to n_k^-p");
  }
});

test("offsets alone are not called weights and offsets", () => {
  // Outvoted, not merged: offsets do.
  const input: ProblemInput = { counts: [1000, 300, 100, 40], lambdaZ: 0.004, lambdaB: 1e-3, convention: "paper" };
  expect(only(input, "combined", 0.5)).toMatchObject({
    feasible: true,
    retrain: false,
    torch: null,
    reason: "offsets alone (p = 0, no other weights): train as before, then add these offsets to the logits",
  });
});

test("oversampling, whose whole copies make margins jump, is halved as by hand", () => {
  const input: ProblemInput = { counts: [400, 90, 7], weightDecay: 0.3, ends: "batch-norm" };
  const reaches = (q: number): boolean =>
    least(problem({ ...input, counts: input.counts.map((n) => Math.round(n * (400 / n) ** q)) })) >= 1;
  let [low, high] = [0, 0.1];
  while (!reaches(high)) [low, high] = [high, high + 0.1];
  while (high - low > 1e-7) {
    const middle = 0.5 * (low + high);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  expect(only(input, "oversample", 1).parameters.power).toBeCloseTo(high, 6);
});

test("how near a remedy comes that does not do is what the solution with it says", () => {
  const { feasible, reason, resultingMargins } = only(decayed("batch-norm", 1), "oversample", 3);
  expect(feasible).toBe(false);
  const said = reason.match(/the largest margin of the weakest class that was found is ([-0-9.e]+), at q = /)?.[1];
  expect(Number(said)).toBeCloseTo(Math.min(...resultingMargins), 2);
});

test("every try is announced by what is tried", () => {
  const said: string[] = [];
  const tail: ProblemInput = { counts: [500, 300, 200, 100, 50, 20, 10, 5], weightDecay: 0.2, ends: "batch-norm" };
  advise(tail, { progress: (what) => said.push(what) });
  for (const wanted of [
    /^as things are$/,
    /^weight: n_k\^-0\.125$/,
    /^weight: n_k\^-\S+, to the tolerance$/,
    /^weight-per-class: raising, round 1 of at most 150$/,
    /^weight-per-class: taking back, round 30 of 30$/,
    /^weight-per-class: to the tolerance$/,
    /^oversample: \(n_max\/n_k\)\^0\.1$/,
    /^lambda: weight decay 0\.2$/,
    /^combined: weights n_k\^-0\.125, offsets after training$/,
  ])
    expect(
      said.some((what) => wanted.test(what)),
      String(wanted),
    ).toBe(true);
});

describe("weights of rough counts, for the true ones", () => {
  const now = problem({ counts: [1000, 800, 300, 90, 30, 10], lambdaZ: 0.001 });
  const rough = [1000, 900, 900, 60, 60, 10];

  test("a power of the rough counts is that power of the true ones", () => {
    const raw = spread(
      now,
      rough,
      rough.map((n) => (n / 1000) ** -0.4),
    );
    raw.forEach((w, k) => {
      expect(w).toBeCloseTo((now.counts[k] / 1000) ** -0.4, 12);
    });
  });

  test("level beyond the ends, and each present weight on a line of its own", () => {
    const weighted = problem({ counts: [...now.counts], lambdaZ: 0.001, weights: [1, 1, 2, 1, 2, 1] });
    const raw = spread(weighted, [800, 800, 400, 90, 40, 20], [1, 1, 2 * 1.5, 1.2, 2 * 3, 4]);
    expect(raw[0]).toBe(1);
    expect(raw[5]).toBeCloseTo(4, 12);
    // 300 lies between 40 (three times) and 400 (half more) in logarithms, 30 below both.
    expect(raw[2]).toBeCloseTo(2 * 1.5 * 2 ** (Math.log(4 / 3) / Math.log(10)), 12);
    expect(raw[4]).toBeCloseTo(2 * 3, 12);
  });
});

describe("starting from another answer", () => {
  const r = random(5);
  const some = (): ProblemInput => {
    const groups = Array.from({ length: 2 + Math.floor(5 * r.uniform()) }, () => Math.ceil(Math.exp(7 * r.uniform())));
    const all = groups.flatMap((n) => new Array<number>(1 + Math.floor(3 * r.uniform())).fill(n));
    const N = all.reduce((a, n) => a + n, 0);
    const lambdaZ = (0.05 + 0.9 * r.uniform()) * (Math.sqrt(Math.max(...all)) / N);
    return { counts: all, lambdaZ, lambdaB: 0.02, convention: "paper", nonnegative: r.uniform() < 0.5 };
  };
  const solved = (p: Problem, options: Partial<AnswerOptions> = {}): Found =>
    answer(p, clustersOf(p), { tolerance: 1e-10, ...options });
  const expectProved = ({ proof, ufmPlus }: Found): void => expect(proof.certified || ufmPlus?.certified).toBe(true);

  test("changes nothing, whether what becomes of classes is asked with or without distances", () => {
    for (let i = 0; i < 40; i++) {
      const input = some();
      const p = problem(input);
      const near = solved(problem({ ...input, lambdaZ: 0.9 * (input.lambdaZ as number) }), { tolerance: 1e-7, leads: true });
      const found = solved(p, { near });
      expectProved(found);
      const cold = summarize(p);
      found.blocks.own.forEach((z, j) => {
        expect(Math.abs(z - cold.blocks.own[j])).toBeLessThan(1e-4 * (1 + Math.abs(z)));
      });
      expect(ownMargins(cold)).toEqual(classesOf(cold).map(({ status, margin }) => ({ own: status === "own", margin })));
    }
  });

  test("does no harm where that leads nowhere", () => {
    const p = problem({ counts: [900, 400, 90, 40, 9], lambdaZ: 0.004, lambdaB: 0.02, convention: "paper", nonnegative: true });
    const found = solved(p);
    const clusters = clustersOf(p);
    const blocks = { ...found.blocks, bias: found.blocks.bias.map((b) => 1e5 * b) };
    const from = nonnegativeNearby(clusters, { ...found, blocks });
    expect(solveNonnegative(p, { from }).certificate.ufmPlus.certified).toBe(false);
    const after = solved(p, { near: { ...found, blocks } });
    expectProved(after);
    expect(after.blocks).toEqual(found.blocks);
  });
});
