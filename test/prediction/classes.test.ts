import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import {
  addToSums,
  addToWithin,
  type ClassMeasurement,
  emptySums,
  emptyWithin,
  finishWithClasses,
  frameOf,
  mergedGroups,
} from "../../src/measure/index.ts";
import {
  asMeasured,
  classesOf,
  expand,
  factors,
  mergedExactly,
  nearness,
  type PredictionSummary,
  sameLimit,
  shortLimit,
  statusOf,
  summarize,
} from "../../src/prediction/index.ts";
import { type Problem, type ProblemInput, problem } from "../../src/problem/index.ts";

/** What `nclab measure` says of samples that sit at given class means, under a given head. */
function measured(
  counts: readonly number[],
  d: number,
  W: Float64Array,
  H: Float64Array,
  b: readonly number[],
): ClassMeasurement {
  const K = counts.length;
  const labels = counts.flatMap((n, k) => new Array<number>(Math.min(n, 3)).fill(k));
  const features = Float64Array.from(labels.flatMap((k) => Array.from(H.subarray(k * d, k * d + d))));
  const head = { W, b: Float64Array.from(b) };
  const block = { n: labels.length, features, labels };
  const sums = emptySums(K, d);
  addToSums(sums, block);
  const frame = frameOf(sums);
  const within = emptyWithin(frame, head);
  addToWithin(within, frame, head, block);
  // The counts of the problem: three samples a class say the same of the means.
  return finishWithClasses({ ...frame, counts: Float64Array.from(counts) }, within, head);
}

function onItsOwnSolution(p: Problem, summary: PredictionSummary): ClassMeasurement {
  const { Z, b } = expand(summary);
  const { d, W, H } = factors(p, Z);
  return measured(p.counts, d, W, H, b);
}

/** Theory, section 11, from the whole Z, one loop a sentence. */
function plainly(
  Z: number[][],
  b: number[],
): { margin: number[]; rival: number[]; pOwn: number[]; nearest: number[]; largest: number } {
  const K = Z.length;
  const column = (k: number): number[] => Z.map((row) => row[k]);
  const apart = (k: number, l: number): number => Math.hypot(...column(k).map((z, i) => z - Z[i][l]));
  const found = { margin: [] as number[], rival: [] as number[], pOwn: [] as number[], nearest: [] as number[], largest: 0 };
  for (let k = 0; k < K; k++) {
    const u = column(k).map((z, i) => z + b[i]);
    const others = u.map((x, i) => (i === k ? Number.NEGATIVE_INFINITY : x));
    found.margin.push(u[k] - Math.max(...others));
    found.rival.push(others.indexOf(Math.max(...others)));
    found.pOwn.push(Math.exp(u[k]) / u.reduce((s, x) => s + Math.exp(x), 0));
    const distances = Z.map((_, l) => (l === k ? Number.POSITIVE_INFINITY : apart(k, l)));
    found.nearest.push(Math.min(...distances));
    found.largest = Math.max(found.largest, ...distances.filter(Number.isFinite));
  }
  return found;
}

const r = random(12);
function randomProblem(i: number): ProblemInput {
  const K = 2 + r.integer(9);
  const distinct = 1 + r.integer(K);
  const sizes = Array.from({ length: distinct }, () => Math.ceil(10 ** (3.2 * r.uniform())));
  const counts = Array.from({ length: K }, (_, k) => sizes[k < distinct ? k : r.integer(distinct)]);
  const N = counts.reduce((x, y) => x + y, 0);
  // From far below the thresholds to complete collapse.
  const lambdaZ = (Math.sqrt(Math.max(...counts)) / N) * 10 ** (-2 + 2.2 * r.uniform());
  const lambdaB = i % 3 === 0 ? undefined : 10 ** (-3 + 3 * r.uniform());
  return { counts, lambdaZ, lambdaB, nonnegative: i % 4 === 3 };
}

describe("one rule for prediction and measurement", () => {
  test("random problems: measure says of predict's own solution what predict says of it", () => {
    const seen = new Map<string, number>();
    for (let i = 0; i < 240; i++) {
      const p = problem(randomProblem(i));
      const summary = summarize(p);
      if (!summary.certified && !p.nonnegative) continue;
      const { Z, b } = expand(summary);
      const m = onItsOwnSolution(p, summary);
      const predicted = classesOf(summary);
      const expected = plainly(Z, b);
      const limit = Math.max(0.05 * expected.largest, 0.01);
      const what = JSON.stringify(p);
      expect({ merged: m.merged, vanished: m.vanished }, what).toEqual(asMeasured(summary));
      expect(m.merged, what).toEqual(mergedGroups(Z));
      // What is exact is found by measuring too.
      for (const group of mergedExactly(summary))
        expect(
          m.merged.some((found) => group.every((k) => found.includes(k))),
          what,
        ).toBe(true);
      for (const k of summary.vanished) expect(m.vanished, what).toContain(k);
      for (const c of predicted) {
        const k = c.class;
        const scale = Math.max(1, Math.abs(expected.margin[k]));
        for (const other of [c, m.classes[k]]) {
          expect(Math.abs((other.margin as number) - expected.margin[k]), what).toBeLessThan(1e-8 * scale);
          expect(Math.abs((other.pOwn as number) - expected.pOwn[k]), what).toBeLessThan(1e-8);
          if (expected.largest > 1e-6)
            expect(Math.abs((other.distance as number) - expected.nearest[k] / expected.largest), what).toBeLessThan(1e-7);
        }
        // The one difference: classes of equal count that are nearer than a measurement sees.
        const twins = p.counts.flatMap((n, l) => (n === p.counts[k] && l !== k ? [l] : []));
        const near = twins.some((l) => Math.hypot(...Z.map((row) => row[k] - row[l])) <= limit);
        const status = c.status !== "merged" && near && expected.margin[k] <= Math.SQRT2 * limit ? "merged" : c.status;
        expect(m.classes[k].status, `class ${k} of ${what}`).toBe(status);
        seen.set(c.status, (seen.get(c.status) ?? 0) + 1);
      }
    }
    // All four were met.
    for (const status of ["own", "outvoted", "faded", "merged"]) expect(seen.get(status), status).toBeGreaterThan(10);
  });

  test.each([false, true])(
    "a cluster at its threshold, nonnegative %s: exact in a prediction, within 5 %% in a measurement",
    (nonnegative) => {
      const counts = [500, 500, 500, 100, 100];
      const K = counts.length;
      // Free: s = sqrt(n). Nonnegative, no bias: n = s^2 K/(K-1).
      const threshold = Math.sqrt((nonnegative ? (K - 1) / K : 1) * 100) / 1700;
      const at = (factor: number) => {
        const p = problem({ counts, lambdaZ: threshold * factor, nonnegative });
        const summary = summarize(p);
        return { summary, classes: classesOf(summary), m: onItsOwnSolution(p, summary) };
      };
      const above = at(1 + 1e-5);
      expect(above.summary.clusters[1].merged).toBe(true);
      expect(above.classes.map((c) => c.status)).toEqual(["own", "own", "own", "merged", "merged"]);
      expect(above.m.classes.map((c) => c.status)).toEqual(["own", "own", "own", "merged", "merged"]);
      expect(mergedExactly(above.summary)).toEqual([[3, 4]]);
      const below = at(1 - 1e-5);
      expect(below.summary.clusters[1].merged).toBe(false);
      expect(mergedExactly(below.summary)).toEqual([]);
      expect(below.classes[3].distance).toBeGreaterThan(0);
      expect(below.classes[3].distance).toBeLessThan(1e-3);
      expect(below.classes[3].status).not.toBe("merged");
      expect(below.m.classes[3].status).toBe("merged");
      for (const { summary, m } of [above, below])
        expect(asMeasured(summary)).toEqual({ merged: m.merged, vanished: m.vanished });
      // Far below, both see two classes.
      const far = at(0.5);
      expect(far.m.merged).toEqual([]);
      expect(far.m.classes.map((c) => c.status)).toEqual(far.classes.map((c) => c.status));
    },
  );

  test("vanished classes are one vector, 0: merged with those of their count whatever their weight, faded beside others", () => {
    const counts = [500, 5, 5, 3];
    const weights = [1, 1, 1.5, 1];
    const summary = summarize(problem({ counts, weights, lambdaZ: 3.5 / 513, nonnegative: true }));
    expect(summary.vanished).toEqual([1, 2, 3]);
    expect(summary.clusters.map((c) => c.size)).toEqual([1, 1, 1, 1]);
    expect(mergedExactly(summary)).toEqual([[1, 2, 3]]);
    const statuses = classesOf(summary).map((c) => c.status);
    expect(statuses).toEqual(["own", "merged", "merged", "faded"]);
    expect(
      onItsOwnSolution(problem({ counts, weights, lambdaZ: 3.5 / 513, nonnegative: true }), summary).classes.map((c) => c.status),
    ).toEqual(statuses);
    // Alone at 0, and no other near: an offset would restore it.
    const alone = summarize(problem({ counts: [500, 400, 5], lambdaZ: 5 / 905, nonnegative: true }));
    expect(alone.vanished).toEqual([2]);
    expect(mergedExactly(alone)).toEqual([]);
    expect(classesOf(alone).map((c) => c.status)).toEqual(["own", "own", "outvoted"]);
  });

  test("remedies: the margin is as the loss sees it", () => {
    const given = { counts: [50, 50, 20, 7], lambdaZ: 0.01, lambdaB: 0.1, offsets: [0, 0, 0.5, -1], factors: [1, 1, 2, 0.5] };
    const summary = summarize(problem(given));
    const { Z, b } = expand(summary);
    const seen = Z.map((row, i) => row.map((z) => given.factors[i] * (z + b[i]) + given.offsets[i]));
    const expected = plainly(seen, [0, 0, 0, 0]);
    for (const c of classesOf(summary)) {
      expect(c.margin).toBeCloseTo(expected.margin[c.class], 10);
      expect(c.pOwn).toBeCloseTo(expected.pOwn[c.class], 10);
      expect(c.rival).toBe(expected.rival[c.class]);
    }
  });
});

describe("the rule", () => {
  const at = (distance: number, margin: number, twin: boolean | number) =>
    statusOf({ distance, margin, twin, limit: 0.5, largestLogit: 10 });
  test("in words", () => {
    expect(at(8, 2, false)).toBe("own");
    expect(at(8, 2, Number.POSITIVE_INFINITY)).toBe("own");
    expect(at(8, -1, 9)).toBe("outvoted");
    expect(at(0.4, -1, 9)).toBe("faded");
    // The neighbour whose vector it shares keeps its own.
    expect(at(0.4, 1, 9)).toBe("own");
    expect(at(0.4, 0.1, 0.4)).toBe("merged");
    expect(at(0.4, 0.1, false)).toBe("own");
    expect(at(0.6, 0.1, 0.6)).toBe("own");
    // Up to sqrt(2) times 0.5 is a margin that such a distance can make, beyond it is not.
    expect(at(0.4, 0.7, 0.4)).toBe("merged");
    expect(at(0.4, 0.71, 0.4)).toBe("own");
    expect(at(0.4, 0.8, 0.4)).toBe("own");
    expect(at(0, 0, true)).toBe("merged");
    // Rounding is no margin.
    expect(at(8, 1e-9, false)).toBe("outvoted");
    expect(at(8, 1e-7, false)).toBe("own");
  });

  /** Means on a line at `at`, one head row that reads the position: z_k = (at_k, 0, 0, ...). */
  const onALine = (at: number[]) => {
    const K = at.length;
    const W = Float64Array.from({ length: K }, (_, i) => (i === 0 ? 1 : 0));
    return measured(new Array(K).fill(2), 1, W, Float64Array.from(at), new Array(K).fill(0));
  };

  test("merged: nearer than 5 % of the largest distance, not 4 % and not 6 %", () => {
    expect(onALine([-50, 50, 20, 24.9]).merged).toEqual([[2, 3]]);
    expect(onALine([-50, 50, 20, 25.1]).merged).toEqual([]);
    expect(onALine([-50, 50, 20, 24.9]).classes.map((c) => c.group)).toEqual([null, null, 0, 0]);
    // Chains: 20 and 29.6 are 9.6 apart.
    expect(onALine([-50, 50, 20, 24.8, 29.6]).merged).toEqual([[2, 3, 4]]);
  });

  test("vanished: shorter than 5 % of the longest, not 4 % and not 6 %", () => {
    expect(onALine([-100, 50, 4.9]).vanished).toEqual([2]);
    expect(onALine([-100, 50, 5.1]).vanished).toEqual([]);
  });

  test("at complete collapse, below a hundredth of a logit, all are one and all are 0", () => {
    const m = onALine([-0.004, 0.004, 0.001]);
    expect(m.merged).toEqual([[0, 1, 2]]);
    expect(m.vanished).toEqual([0, 1, 2]);
    expect(onALine([-0.02, 0.02, 0.001]).merged).toEqual([]);
  });
});

test("groups of a stream of pairs are those of a search, whatever the share and the order", () => {
  for (let i = 0; i < 30; i++) {
    const n = 40 + r.integer(40);
    const p = 1 + r.integer(3);
    const rows = Array.from({ length: n }, () => Array.from({ length: p }, () => r.normal() ** 3));
    const centre = rows[0].map((_, j) => rows.reduce((s, x) => s + x[j], 0) / n);
    const apart = (x: number[], y: number[]): number => Math.hypot(...x.map((v, j) => v - y[j]));
    const counts = rows.map(() => 1 + r.integer(5));
    const share = [0.01, 0.05, 0.2][i % 3];
    const all = Array.from({ length: n }, (_, k) => k);
    const near = nearness(all, counts, Math.max(...rows.map((x) => apart(x, centre))), (largest) => sameLimit(largest, share));
    const pairs = r.shuffle(all.flatMap((k) => all.slice(0, k).map((l) => [k, l])));
    for (const [k, l] of pairs) near.add(k, l, apart(rows[k], rows[l]) ** 2);
    const found = near.result();
    const largest = Math.max(...pairs.map(([k, l]) => apart(rows[k], rows[l])));
    expect(found.largest).toBeCloseTo(largest, 12);
    const group = all.map((k) => k);
    for (let changed = true; changed; ) {
      changed = false;
      for (const [k, l] of pairs)
        if (group[k] !== group[l] && apart(rows[k], rows[l]) <= Math.max(share * largest, 0.01)) {
          group[k] = group[l] = Math.min(group[k], group[l]);
          changed = true;
        }
    }
    const expected = all.map((root) => all.filter((k) => group[k] === root)).filter((g) => g.length > 1);
    expect(found.groups).toEqual(expected);
    all.forEach((k) => {
      const others = all.filter((l) => l !== k);
      expect(found.distance[k]).toBeCloseTo(Math.min(...others.map((l) => apart(rows[k], rows[l]))), 12);
      const twins = others.filter((l) => counts[l] === counts[k]).map((l) => apart(rows[k], rows[l]));
      expect(found.twin[k]).toBeCloseTo(Math.min(Number.POSITIVE_INFINITY, ...twins), 12);
    });
  }
});

test("pairs of one class together are the same as one by one, of equal distances too", () => {
  for (let i = 0; i < 30; i++) {
    const K = 50;
    const classes = Array.from({ length: K }, (_, k) => k).filter((k) => k % 7 !== i % 7);
    const counts = classes.map(() => 0);
    for (let k = 0; k < K; k++) counts[k] = 1 + r.integer(3);
    // Few values, so that many are equal; some are below the limit whatever the largest is, some below it or not.
    const squared = Float64Array.from({ length: K * K }, () => [1e-6, 0.004, 0.006, 0.5, 1, 2, 2, 3][r.integer(8)]);
    const two = [0, 1].map(() => nearness(classes, counts, 1, (largest) => 0.05 * largest));
    classes.forEach((k, a) => {
      const count = classes.length - a - 1;
      const row = Float64Array.from({ length: count + 2 }, (_, j) => (j < 2 ? Number.NaN : squared[k * K + classes[a + j - 1]]));
      for (let j = 0; j < count; j++) two[0].add(k, classes[a + 1 + j], row[2 + j]);
      two[1].addRow(k, classes, a + 1, count, row, 2);
    });
    expect(two[1].result()).toEqual(two[0].result());
  }
});

describe("many pairs that only the largest distance can judge", () => {
  const n = 100;
  const axis = (j: number, x: number): number[] => Array.from({ length: n + 1 }, (_, i) => (i === j ? x : 0));
  const groupsOf = (rows: number[][]): number[][] => {
    const apart = (x: number[], y: number[]): number => Math.hypot(...x.map((v, j) => v - y[j]));
    const centre = rows[0].map((_, j) => rows.reduce((s, x) => s + x[j], 0) / rows.length);
    const all = rows.map((_, k) => k);
    const near = nearness(all, all, Math.max(...rows.map((x) => apart(x, centre))), (largest) => 0.05 * largest);
    for (const k of all) for (const l of all.slice(0, k)) near.add(l, k, apart(rows[k], rows[l]) ** 2);
    return near.result().groups;
  };

  test("100 points, any two 0.07 apart: one where 0.07 is less than 5 % of the largest distance", () => {
    const points = Array.from({ length: n }, (_, k) => axis(k, 0.07 / Math.SQRT2));
    expect(groupsOf([...points, axis(n, 1)])).toEqual([]);
    expect(groupsOf([...points, axis(n, 1), axis(n, -1)])).toEqual([points.map((_, k) => k)]);
  });

  test("50 pairs 0.06 apart, 0.08 from each other, and a limit of 0.075: the pairs", () => {
    const points = Array.from({ length: n }, (_, k) => {
      const x = axis(k - (k % 2), Math.sqrt(0.0032 - 0.0009));
      x[k - (k % 2) + 1] = k % 2 === 0 ? 0.03 : -0.03;
      return x;
    });
    const pairs = Array.from({ length: n / 2 }, (_, i) => [2 * i, 2 * i + 1]);
    expect(groupsOf([...points, axis(n, 1), axis(n, -0.5)])).toEqual(pairs);
  });
});

test("limits: 5 % of the largest, and never less than the hundredth of a logit that changes no probability by more than 1 %", () => {
  expect([0, 0.1, 0.19, 10].map((x) => sameLimit(x))).toEqual([0.01, 0.01, 0.01, 0.5]);
  expect([0, 0.1, 0.19, 10].map((x) => shortLimit(x))).toEqual([0.01, 0.01, 0.01, 0.5]);
  // Any logits, one of them moved by 0.01: p changes by at most 0.01 p (1 - p) e^0.01.
  for (const p of [0.01, 0.3, 0.5, 0.9]) {
    const moved = (p * Math.exp(sameLimit(0))) / (p * Math.exp(sameLimit(0)) + 1 - p);
    expect(moved / p - 1).toBeLessThanOrEqual(0.0101);
  }
});
