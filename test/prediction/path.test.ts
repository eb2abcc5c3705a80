import { describe, expect, it, test } from "vitest";
import { freeEvents, nonnegativeEvents, type Path, type PathEvent, predict, predictPath } from "../../src/prediction/index.ts";
import { family, type ProblemInput, problem } from "../../src/problem/index.ts";
import { coreBoundaries } from "../../src/theory/index.ts";

const repeat = (k: number, n: number): number[] => new Array<number>(k).fill(n);
const close = (x: number, y: number, tolerance: number): void =>
  expect(Math.abs(x / y - 1), `${x} against ${y}`).toBeLessThan(tolerance);
const ofKind = (events: readonly PathEvent[], kind: string): number[] =>
  events.filter((e) => e.kind === kind).map((e) => e.value);

/** Certified predictions 1e-5 below and above every event have the ranks, merged clusters and vanished classes that it says. */
function agreesWithPredictions(input: ProblemInput, path: Path): void {
  const at = family(input, path.range.over);
  for (const e of path.events) {
    // Another event within the 1e-5 has its own say.
    if (path.events.some((f) => f.value !== e.value && Math.abs(f.value / e.value - 1) < 2.1e-5)) continue;
    const [below, above] = [-1, 1].map((side) => predict(at(e.value * (1 + side * 1e-5)), { tolerance: 1e-12 }));
    expect([below.rank, above.rank], `${e.kind} at ${e.value}`).toEqual([e.rankBefore, e.rankAfter]);
    const so = e.side === "above" ? above : below;
    const not = e.side === "above" ? below : above;
    const merged = (p: typeof so): boolean => p.clusters.some((c) => c.merged && e.classes.every((k) => c.classes.includes(k)));
    if (e.kind === "merge") expect([merged(so), merged(not)]).toEqual([true, false]);
    if (e.kind === "vanish")
      expect([e.classes.every((k) => so.vanished.includes(k)), e.classes.some((k) => not.vanished.includes(k))]).toEqual([
        true,
        false,
      ]);
    if (e.kind === "complete") expect([so.rank, not.rank > 0]).toEqual([0, true]);
  }
}

describe("along lambda_Z", () => {
  const inputs: Record<string, ProblemInput> = {
    "two clusters": { counts: [...repeat(5, 500), ...repeat(5, 100)], lambdaB: 0.02 },
    "three clusters, one class alone": { counts: [...repeat(3, 900), ...repeat(4, 150), 20], lambdaB: 0.01 },
    "a long tail": { counts: Array.from({ length: 8 }, (_, k) => Math.round(5000 * 100 ** (-k / 7))), lambdaB: 0.02 },
    "weights and smoothing": { counts: [600, 600, 90, 90, 12], weights: [1, 1, 2, 2, 3], smoothing: 0.1 },
  };
  it.each(Object.entries(inputs))("%s: the events are those of the thresholds, whatever the rows", (_, input) => {
    const all = freeEvents(problem({ ...input, lambdaZ: 1 })).events;
    const [from, to] = [all[0].lambdaZ * 0.7, all[all.length - 1].lambdaZ * 1.3];
    for (const points of [2, 17]) {
      const path = predictPath(input, { over: "lambdaZ", from, to, points });
      expect(path.certified).toBe(true);
      const expected = all.filter((e) => e.lambdaZ >= from);
      expect(path.events.map((e) => [e.kind, e.side, e.rankAfter])).toEqual(expected.map((e) => [e.kind, "above", e.rankAfter]));
      for (const [i, e] of expected.entries()) close(path.events[i].value, e.lambdaZ, 1e-9);
      expect(path.events.map((e) => e.classes)).toEqual(expected.map((e) => e.classes));
    }
  });

  it("two clusters: the closed forms", () => {
    const c = { kA: 5, nA: 500, kB: 5, nB: 100, lambdaB: 0.02 };
    const { events } = predictPath(inputs["two clusters"], { over: "lambdaZ", from: 1e-3, to: 1e-2, points: 9 });
    close(ofKind(events, "merge")[0], Math.sqrt(100) / 3000, 1e-14);
    close(ofKind(events, "rank")[0], coreBoundaries(c)[0], 1e-11);
    close(ofKind(events, "complete")[0], Math.sqrt(500) / 3000, 1e-12);
  });

  it("each row is what predict says of its problem; warm and cold agree", () => {
    for (const input of [inputs["a long tail"], { ...inputs["a long tail"], nonnegative: true }]) {
      const range = { over: "lambdaZ", from: 1e-4, to: 5e-3, points: 9 } as const;
      const warm = predictPath(input, range);
      const cold = predictPath(input, range, { warm: false });
      for (const [i, row] of warm.rows.entries()) {
        const p = predict(problem({ ...input, lambdaZ: row.value }));
        for (const other of [p, cold.rows[i]]) {
          close(row.objective, other.objective, 2e-10);
          expect(row.rank).toBe(other.rank);
          // The gap bounds the square of what the values are off by.
          for (const [k, s] of other.singularValues.entries()) expect(Math.abs(row.singularValues[k] - s)).toBeLessThan(1e-3);
        }
        expect(row.vanished).toBe(p.vanished.length);
        expect(row.own + row.outvoted + row.faded + row.merged).toBe(8);
      }
    }
  });

  it("the convention is that of the input: without halves lambda_Z counts twice", () => {
    const path = predictPath(
      { ...inputs["two clusters"], convention: "no-half" },
      { over: "lambdaZ", from: 1e-3, to: 4e-3, points: 5 },
    );
    close(ofKind(path.events, "merge")[0], Math.sqrt(100) / 3000 / 2, 1e-14);
    close(path.events[0].lambdaZ, Math.sqrt(100) / 3000, 1e-14);
  });
});

test("square loss: class k is 0 from s = sqrt(n_k) on (theory, section 6), while others share directions still", () => {
  for (const counts of [
    [...repeat(3, 500), ...repeat(3, 100)],
    [500, 120, 20],
  ]) {
    const N = counts.reduce((a, b) => a + b, 0);
    const range = { over: "lambdaZ", from: 0.3 / N, to: 30 / N, points: 7 } as const;
    const { events, certified } = predictPath({ counts, loss: "square" }, range);
    expect(certified).toBe(true);
    const least = Math.max(...counts);
    for (const n of new Set(counts.filter((n) => n < least))) {
      const classes = [...counts.keys()].filter((k) => counts[k] === n);
      const gone = events.filter((e) => e.kind === "vanish" && e.classes.includes(classes[0]));
      expect(gone.map((e) => [e.classes, e.side])).toEqual([[classes, "above"]]);
      close(gone[0].value, Math.sqrt(n) / N, 1e-8);
      expect((gone[0].rankBefore as number) - (gone[0].rankAfter as number)).toBe(classes.length);
    }
    close(ofKind(events, "complete")[0], Math.sqrt(least) / N, 1e-8);
  }
});

describe("along the samples of the minority", () => {
  it("two clusters: it parts where lambda_Z (k_A n_A + k_B n_B) = sqrt(n_B), and rows have whole counts", () => {
    const input = { counts: [...repeat(5, 500), ...repeat(5, 100)], lambdaZ: 0.003 };
    const path = predictPath(input, { over: "nB", from: 10, to: 500, points: 12 });
    // 0.015 u^2 - u + 7.5 = 0 in u = sqrt(n_B).
    const u = (1 - Math.sqrt(1 - 4 * 0.015 * 7.5)) / (2 * 0.015);
    const merge = path.events.filter((e) => e.kind === "merge");
    expect(merge).toHaveLength(1);
    close(merge[0].value, u * u, 1e-12);
    expect(merge[0].side).toBe("below");
    for (const { value, N } of path.rows) expect([Number.isInteger(value), N]).toEqual([true, 2500 + 5 * value]);
    // The last row is balanced: all margins are equal.
    const last = path.rows[path.rows.length - 1];
    close(last.groups[0].margin, last.groups[1].margin, 1e-12);
    agreesWithPredictions(input, path);
  });

  it("a large minority parts and merges again, both between two rows", () => {
    const input = { counts: [...repeat(2, 1e5), ...repeat(1000, 100)], lambdaZ: 1 / 27_000 };
    const { events } = predictPath(input, { over: "nB", from: 1, to: 50_000, points: 2 });
    // 1000 v - 27000 sqrt(v) + 2e5 = 0: sqrt(v) = (27 -+ sqrt(729 - 800))/2 has no root; with a smaller lambda_Z it has two.
    const ofMinority = (e: PathEvent): boolean => e.kind === "merge" && e.classes.length === 1000;
    expect(events.filter(ofMinority)).toEqual([]);
    // The two large classes are drowned: sqrt(1e5) 27000 = 2e5 + 1000 n_B.
    close(ofKind(events, "merge")[0], Math.sqrt(1e5) * 27 - 200, 1e-12);
    const path = predictPath({ ...input, lambdaZ: 1 / 30_000 }, { over: "nB", from: 1, to: 50_000, points: 2 });
    const merges = path.events.filter(ofMinority);
    expect(merges.map((e) => e.side)).toEqual(["below", "above"]);
    for (const [i, root] of [10, 20].entries()) close(merges[i].value, root * root, 1e-11);
  });
});

describe("along the imbalance", () => {
  it("two clusters: the ratio at which the minority merges", () => {
    const input = { counts: [...repeat(5, 500), ...repeat(5, 100)], lambdaZ: 0.003, lambdaB: 0.02 };
    const path = predictPath(input, { over: "imbalance", from: 1, to: 50, points: 11 });
    // 0.003 (2500 + 2500/F) = sqrt(500/F) in v = F^-1/2: 7.5 v^2 - sqrt(500) v + 7.5 = 0.
    const v = (Math.sqrt(500) - Math.sqrt(500 - 4 * 7.5 * 7.5)) / 15;
    const merges = path.events.filter((e) => e.kind === "merge");
    expect(merges.map((e) => [e.side, e.classes])).toEqual([["above", [5, 6, 7, 8, 9]]]);
    close(merges[0].value, v ** -2, 1e-11);
    agreesWithPredictions(input, path);
    // The inverse says the same.
    const inverse = predictPath(input, { over: "imbalance", from: 1 / 50, to: 1, points: 11 });
    expect(inverse.events.map((e) => e.kind).sort()).toEqual(path.events.map((e) => e.kind).sort());
    for (const e of inverse.events) {
      const same = path.events.find((f) => f.kind === e.kind && Math.abs(f.value * e.value - 1) < 1e-8);
      expect(same?.side).toBe(e.side === "above" ? "below" : "above");
      expect([same?.rankBefore, same?.rankAfter]).toEqual([e.rankAfter, e.rankBefore]);
    }
  });

  it("a long tail stays one: exp:K:nmax:F at every F", () => {
    const counts = Array.from({ length: 6 }, (_, k) => 10 ** (5 - k));
    const at = family({ counts, lambdaZ: 1e-4 }, "imbalance");
    for (const [k, n] of at(1e10 ** 0.3).counts.entries()) close(n, 1e5 * 1e-3 ** (k / 5), 1e-12);
    expect(at(1e5).counts.map((n) => Math.round(n * 1e6) / 1e6)).toEqual(counts);
    const input = { counts: [1000, 250, 60, 15, 4], lambdaZ: 0.006, lambdaB: 0.02 };
    const path = predictPath(input, { over: "imbalance", from: 1, to: 500, points: 15 });
    expect(path.certified).toBe(true);
    expect(ofKind(path.events, "rank").length).toBeGreaterThan(1);
    agreesWithPredictions(input, path);
  });
});

describe("along a weight decay", () => {
  it("classes merge at n/N = X^2/J, and all collapses", () => {
    const input = { counts: [...repeat(5, 500), ...repeat(5, 100)], ends: "batch-norm", branches: 2 } as const;
    const path = predictPath(input, { over: "weightDecay", from: 0.01, to: 1, points: 9 });
    close(ofKind(path.events, "merge")[0], Math.sqrt((2 * 100) / 3000), 1e-12);
    close(ofKind(path.events, "complete")[0], Math.sqrt((2 * 500) / 3000), 1e-9);
    const all = freeEvents(problem({ ...input, weightDecay: 1 })).events;
    expect(path.events.map((e) => e.kind)).toEqual(all.map((e) => e.kind));
    for (const [i, e] of all.entries()) close(path.events[i].lambdaZ, e.lambdaZ, 1e-9);
  });

  it("decays of their own stay: every row has them as given", () => {
    const input = { counts: [500, 500, 100, 100], ends: "batch-norm", normWeightDecay: 0.05, biasWeightDecay: 0.01 } as const;
    const path = predictPath(input, { over: "weightDecay", from: 0.01, to: 1, points: 5 });
    for (const row of path.rows) {
      close(row.lambdaZ, Math.sqrt((row.value * 0.05) / 1200), 1e-14);
      expect(row.lambdaB).toBe(0.01);
    }
    agreesWithPredictions({ ...input }, path);
  });
});

describe("nonnegative features", () => {
  it("bias-free along n_B: n_B = s^2 K/(K-1), again a quadratic", () => {
    const input = { counts: [...repeat(5, 500), ...repeat(5, 100)], lambdaZ: 0.003, nonnegative: true };
    const path = predictPath(input, { over: "nB", from: 10, to: 400, points: 6 });
    const r = Math.sqrt(10 / 9) * 0.003;
    const u = (1 - Math.sqrt(1 - 4 * 5 * r * 2500 * r)) / (2 * 5 * r);
    expect(path.events.map((e) => [e.kind, e.side, e.rankBefore, e.rankAfter])).toEqual([["vanish", "below", 5, 9]]);
    close(path.events[0].value, u * u, 1e-12);
  });

  it("with a bias along lambda_Z: the events of the thresholds; along the imbalance those of predictions", () => {
    const input = { counts: [...repeat(3, 900), ...repeat(4, 150), 20], lambdaB: 0.05, nonnegative: true };
    const all = nonnegativeEvents(problem({ ...input, lambdaZ: 1 })).events;
    const path = predictPath(input, {
      over: "lambdaZ",
      from: all[0].lambdaZ / 2,
      to: all[all.length - 1].lambdaZ * 1.2,
      points: 9,
    });
    expect(path.events.map((e) => [e.kind, e.classes, e.rankAfter])).toEqual(all.map((e) => [e.kind, e.classes, e.rankAfter]));
    for (const [i, e] of all.entries()) close(path.events[i].value, e.lambdaZ, 1e-9);
    const imbalanced = { ...input, lambdaZ: 0.004 };
    const along = predictPath(imbalanced, { over: "imbalance", from: 1.5, to: 400, points: 9 });
    expect(along.events.length).toBeGreaterThan(0);
    agreesWithPredictions(imbalanced, along);
  });
});

it("a row that is not proved to the tolerance says so", () => {
  const path = predictPath(
    { counts: [500, 100, 20], lambdaB: 0.02 },
    { over: "lambdaZ", from: 1e-3, to: 1e-2, points: 3 },
    { tolerance: 1e-18 },
  );
  expect(path.certified).toBe(false);
  expect(path.rows.some((row) => !row.certified && row.relativeGap > 0)).toBe(true);
});

describe("what is no path", () => {
  const two = { counts: [500, 500, 100, 100], lambdaZ: 0.003 };
  it.each([
    [
      { over: "lambdaZ", from: 2e-3, to: 1e-3, points: 5 },
      /lambdaZ: expected a range FROM:TO with FROM below TO, got "0.002:0.001"/,
    ],
    [{ over: "lambdaZ", from: 0, to: 1e-3, points: 5 }, /lambdaZ: expected a range between positive finite numbers, got 0/],
    [{ over: "lambdaZ", from: 1e-3, to: Number.POSITIVE_INFINITY, points: 5 }, /positive finite/],
    [{ over: "lambdaZ", from: 1e-3, to: 2e-3, points: 1 }, /lambdaZ: points: expected a whole number from 2 to 10000, got 1/],
    [
      { over: "nB", from: 10, to: 600, points: 5 },
      /nB: expected a positive number of at most 500, the next larger count, got 600/,
    ],
    [{ over: "nB", from: 10.5, to: 60, points: 5 }, /nB: expected a range between whole numbers/],
    [{ over: "imbalance", from: 0.5, to: 20, points: 5 }, /imbalance: expected a range above 1 .* or one below it/],
    [{ over: "imbalance", from: 2, to: 501, points: 5 }, /imbalance: expected a number from 1 to 500/],
    [{ over: "weightDecay", from: 0.01, to: 0.1, points: 5 }, /weightDecay: expected no lambdaZ beside it/],
  ] as const)("%j", (range, message) => {
    expect(() => predictPath(two, range)).toThrow(message);
  });
  it("200,000 classes vary like few", () => {
    const counts = Array.from({ length: 200_000 }, (_, k) => (k < 100_000 ? 500 : 5));
    expect(family({ counts, lambdaZ: 0.1 }, "imbalance")(10).counts.slice(99_999, 100_001)).toEqual([500, expect.closeTo(50, 9)]);
    expect(family({ counts, lambdaZ: 0.1 }, "nB")(7).counts.slice(99_999, 100_001)).toEqual([500, 7]);
  });

  it("balanced classes have no minority and no imbalance", () => {
    for (const over of ["nB", "imbalance"] as const)
      expect(() => predictPath({ counts: [50, 50], lambdaZ: 0.01 }, { over, from: 2, to: 40, points: 3 })).toThrow(
        /at least two different counts/,
      );
  });
});

test("rows at the events themselves: a prediction that vanishes there is 0 there, and what it is between its neighbours", () => {
  const found = predictPath(
    { counts: [500, 500, 500, 100, 100], loss: "square", lambdaB: 0.05, lambdaZ: 4e-3 },
    { over: "imbalance", from: 1, to: 200, points: 40 },
  );
  const at = [...new Set(found.events.map((e) => e.value))];
  expect(found.corners.map((row) => row.value)).toEqual(at);
  const gone = found.events.find((e) => e.kind === "vanish");
  const corner = found.corners.find((row) => row.value === gone?.value);
  // Classes 3 and 4 are the second group; the neighbours are 20 and 23, where their length is 0.03 and 0.
  expect(corner?.groups[1].norm).toBeLessThan(1e-6);
  expect(found.rows.filter((row) => row.value < (gone?.value ?? 0)).every((row) => row.groups[1].norm > 0.01)).toBe(true);
  for (const row of found.corners) expect(row.certified).toBe(true);
});

test("more events than rows: no corners; none inside: none", () => {
  const input = { counts: [500, 500, 100, 100], lambdaB: 0.02, lambdaZ: 4e-3 };
  const two = predictPath(input, { over: "lambdaZ", from: 1e-4, to: 1, points: 2 });
  expect(new Set(two.events.map((e) => e.value)).size).toBeGreaterThan(2);
  expect(two.corners).toEqual([]);
  expect(predictPath(input, { over: "lambdaZ", from: 1e-5, to: 2e-5, points: 3 }).corners).toEqual([]);
});
