import { describe, expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { freeEvents, nonnegativeEvents, predict, type StructuralEvent } from "../../src/prediction/index.ts";
import { clustersOf, type Problem, type ProblemInput, problem, withLambdaZ } from "../../src/problem/index.ts";
import { nonnegativePath, path, solve, solveNonnegative } from "../../src/solver/index.ts";
import { coreBoundaries, mergeThreshold } from "../../src/theory/index.ts";

const repeat = (k: number, n: number): number[] => new Array<number>(k).fill(n);
const inf = Number.POSITIVE_INFINITY;
const setting = (input: Omit<ProblemInput, "lambdaZ">): Problem => problem({ ...input, lambdaZ: 1 });
const kinds = (events: readonly StructuralEvent[]): string[] => events.map((e) => e.kind);

describe("two clusters: the solver's events are the closed form's thresholds", () => {
  // To 1e-11: the events come from Newton's method on the solver's equations, the thresholds from xi = 0; no code is shared.
  const r = random(31);
  const cases = Array.from({ length: 25 }, (_, i) => {
    const nB = 1 + r.integer(2000);
    return {
      kA: 2 + r.integer(8),
      kB: 2 + r.integer(8),
      nB,
      nA: nB + 1 + Math.floor(nB * 10 ** (3 * r.uniform() - 1)),
      lambdaB: i % 3 === 0 ? inf : i % 3 === 1 ? 0 : 10 ** (-5 + 6 * r.uniform()),
    };
  });
  it.each(cases)("%j", (c) => {
    const { events, worstGap } = freeEvents(
      setting({ counts: [...repeat(c.kA, c.nA), ...repeat(c.kB, c.nB)], lambdaB: c.lambdaB }),
    );
    expect(worstGap).toBeLessThan(1e-11);
    const N = c.kA * c.nA + c.kB * c.nB;
    const boundary = coreBoundaries(c);
    expect(boundary).toHaveLength(1);
    const expected = [Math.sqrt(c.nB) / N, boundary[0], boundary[0], Math.sqrt(c.nA) / N, Math.sqrt(c.nA) / N];
    expect(kinds(events)).toEqual(["merge", "rank", "vanish", "merge", "complete"]);
    for (const [i, e] of events.entries()) expect(Math.abs(e.lambdaZ / expected[i] - 1)).toBeLessThan(1e-11);
    // Phases (b), (c), (c), (d), (d): k_A - 1 + 1, k_A - 1, 0.
    expect(events.map((e) => e.rankAfter)).toEqual([c.kA, c.kA - 1, c.kA - 1, 0, 0]);
  });
});

it("two clusters whose core is lost far below the other events is followed down there", () => {
  // Imbalance 1e10 and hardly a penalty on the bias: the core goes at 1.4e-5 of complete collapse, just above the minority's merge.
  const c = { kA: 2, kB: 2, nA: 1e10, nB: 1, lambdaB: 1e-8 };
  const { events } = freeEvents(setting({ counts: [c.nA, c.nA, c.nB, c.nB], lambdaB: c.lambdaB }));
  const [boundary] = coreBoundaries(c);
  const found = events.filter((e) => e.kind === "rank");
  expect(found).toHaveLength(1);
  expect(Math.abs(found[0].lambdaZ / boundary - 1)).toBeLessThan(1e-11);
  expect(boundary / events[events.length - 1].lambdaZ).toBeLessThan(1e-4);
});

it("balanced classes: one merge, which is complete collapse", () => {
  const { events } = freeEvents(setting({ counts: repeat(7, 40), lambdaB: 0.1 }));
  expect(kinds(events)).toEqual(["merge", "complete"]);
  for (const e of events) expect(e.lambdaZ).toBeCloseTo(Math.sqrt(40) / 280, 15);
  expect(events.map((e) => e.rankAfter)).toEqual([0, 0]);
});

/** The events against predictions: rank of Z just below and above each, and on a fine grid, is what the events say. */
function agreesWithPredictions(p: Problem, fine: number): void {
  const { events, worstGap } = freeEvents(p);
  expect(worstGap).toBeLessThan(1e-10);
  const J = clustersOf(p).length;
  expect(events.filter((e) => e.kind === "rank")).toHaveLength(J - 1);
  const rankAt = (x: number): number => events.filter((e) => e.lambdaZ <= x).at(-1)?.rankAfter ?? p.K - 1;
  // A singular value 1e-5 below its event is about 1e-5 s, far above the 1e-9 at which predict() counts; a dead one is below it.
  const points = events.flatMap((e) => [e.lambdaZ * (1 - 1e-5), e.lambdaZ * (1 + 1e-5)]);
  const low = events[0].lambdaZ / 2;
  const high = events[events.length - 1].lambdaZ * 1.1;
  for (let i = 0; i <= fine; i++) points.push(low * (high / low) ** (i / fine));
  const merges = clustersOf(p).map((c) => mergeThreshold(p, c));
  for (const x of points) {
    const found = predict(withLambdaZ(p, x), { tolerance: 1e-13 });
    // A rank event next to another may lie within the 1e-5: then the prediction is beyond both.
    if (events.some((e) => Math.abs(e.lambdaZ / x - 1) < 0.99e-5)) continue;
    expect(found.rank, `rank at ${x}`).toBe(rankAt(x));
    for (const [j, c] of found.clusters.entries())
      expect(c.merged, `merged at ${x}`).toBe(merges[j] !== null && x >= (merges[j] as number));
    const gone = events.filter((e) => e.kind === "vanish" && e.lambdaZ <= x).flatMap((e) => e.classes);
    if (x < events[events.length - 1].lambdaZ) expect(found.vanished, `vanished at ${x}`).toEqual(gone.sort((a, b) => a - b));
  }
}

describe("more classes: rank, merged and vanished classes of predictions just around each event and on a fine grid", () => {
  it("3 clusters with a bias", () =>
    agreesWithPredictions(setting({ counts: [...repeat(3, 900), ...repeat(4, 150), ...repeat(2, 20)], lambdaB: 0.02 }), 300));
  it("3 clusters, bias-free", () =>
    agreesWithPredictions(setting({ counts: [...repeat(2, 900), ...repeat(4, 150), ...repeat(3, 20)] }), 300));
  it("a lone class above a cluster", () =>
    agreesWithPredictions(setting({ counts: [500, 100, 100, 100, 20], lambdaB: 0.01 }), 200));
  it("10 distinct counts, a long tail", () =>
    agreesWithPredictions(
      setting({ counts: Array.from({ length: 10 }, (_, k) => Math.round(5000 * 100 ** (-k / 9))), lambdaB: 0.01 }),
      60,
    ));
  it("nearly equal counts: their events are close, and all there", () =>
    agreesWithPredictions(setting({ counts: [1000, 1001, 1000, 500, 499, 1], lambdaB: 0.01 }), 60));
  it("a bias without a penalty, 3 clusters and a long tail", () => {
    agreesWithPredictions(setting({ counts: [...repeat(3, 900), ...repeat(4, 150), 20], lambdaB: 0 }), 100);
    agreesWithPredictions(
      setting({ counts: Array.from({ length: 7 }, (_, k) => Math.round(5000 * 100 ** (-k / 6))), lambdaB: 0 }),
      40,
    );
  });
  it("weights, factors and smoothing", () =>
    agreesWithPredictions(
      setting({
        counts: [600, 600, 90, 90, 90, 12],
        lambdaB: 0.05,
        weights: [1, 1, 2, 2, 2, 3],
        factors: [1, 1, 0.8, 0.8, 0.8, 1],
        smoothing: 0.1,
      }),
      100,
    ));
});

it("merges with remedies: s = w Delta (1 - eps) sqrt(n); offsets move none", () => {
  const input = { counts: [600, 600, 90, 90], weights: [1, 1, 2, 2], factors: [1, 1, 0.8, 0.8], smoothing: 0.1, lambdaB: 0.05 };
  const merges = (offsets?: number[]): number[] =>
    freeEvents(setting({ ...input, offsets }))
      .events.filter((e) => e.kind === "merge")
      .map((e) => e.lambdaZ * 1380);
  const expected = [2 * 0.8 * 0.9 * Math.sqrt(90), 0.9 * Math.sqrt(600)];
  for (const found of [merges(), merges([0, 0, 0.7, 0.7])])
    for (const [i, s] of found.entries()) expect(s).toBeCloseTo(expected[i], 10);
});

describe("nonnegative features", () => {
  it("bias-free: n_k <= s^2 K/(K-1), class by class", () => {
    const counts = [500, 100, 100, 7];
    const { events, worstGap } = nonnegativeEvents(setting({ counts }));
    expect(worstGap).toBe(0);
    expect(events.map((e) => e.classes)).toEqual([[3], [1, 2], [0], [0, 1, 2, 3]]);
    for (const [i, n] of [7, 100, 500, 500].entries()) expect(events[i].lambdaZ).toBeCloseTo(Math.sqrt((n * 3) / 4) / 707, 14);
    expect(events.map((e) => e.rankAfter)).toEqual([3, 1, 0, 0]);
  });

  it.each([
    [5, 5, 0.0067],
    [3, 7, 0.0087],
  ])("%ix500 + %ix100, lambda_b = 0.02: complete at %f (theory, section 7)", (kA, kB, complete) => {
    const { events } = nonnegativeEvents(setting({ counts: [...repeat(kA, 500), ...repeat(kB, 100)], lambdaB: 0.02 }));
    expect(kinds(events)).toEqual(["vanish", "vanish", "complete"]);
    expect(Math.abs(events[2].lambdaZ - complete)).toBeLessThan(1e-4);
    expect(events[1].lambdaZ).toBe(events[2].lambdaZ);
  });

  it("a class that returns is no departure: the rank grows there, and predictions on either side say so", () => {
    const p = problem({
      counts: [30, 87, 104, 22],
      weights: [266, 3.2, 8.6, 0.024],
      factors: [0.94, 1.04, 10, 0.52],
      lambdaZ: 1,
      lambdaB: 0.12,
      nonnegative: true,
    });
    const { events } = nonnegativeEvents(p);
    const ofClass2 = events.filter((e) => e.kind === "vanish" && e.classes[0] === 2);
    expect(ofClass2).toHaveLength(3);
    let before = p.K - 1;
    const changes = events.map((e) => {
      const change = e.rankAfter - before;
      before = e.rankAfter;
      return change;
    });
    expect(ofClass2.map((e) => changes[events.indexOf(e)])).toEqual([-1, 1, -1]);
    ofClass2.forEach((e, i) => {
      for (const [x, isAbove] of [
        [e.lambdaZ * (1 - 1e-4), false],
        [e.lambdaZ * (1 + 1e-4), true],
      ] as const) {
        const { vanished, rank } = predict(withLambdaZ(p, x));
        expect(rank, `rank at ${x}`).toBe(events.filter((f) => f.lambdaZ <= x).at(-1)?.rankAfter);
        // Gone above the first, back above the second, gone above the third.
        expect(vanished.includes(2), `class 2 at ${x}`).toBe(isAbove === (i !== 1));
      }
    });
  });

  it("a bias without a penalty: two classes in closed form, the larger of which is 0 at every lambda_Z", () => {
    // The bias may put class 0 as far ahead as z_1 makes good, which costs sqrt(n_1) and not sqrt(n_0) a logit. Collapse: p = n/N in |e_1 - p| sqrt(n_1) = s.
    for (const [n0, n1] of [
      [2045, 1352],
      [90, 7],
    ]) {
      const { events, throughout, worstGap } = nonnegativeEvents(setting({ counts: [n0, n1], lambdaB: 0 }));
      expect(worstGap).toBeLessThan(1e-11);
      expect(throughout).toEqual([0]);
      expect(events.map((e) => [e.kind, e.classes, e.rankAfter])).toEqual([
        ["vanish", [1], 0],
        ["complete", [0, 1], 0],
      ]);
      const N = n0 + n1;
      for (const e of events) expect(e.lambdaZ / ((Math.sqrt(2 * n1) * n0) / N ** 2)).toBeCloseTo(1, 12);
    }
  });

  it("a bias with next to no penalty: that class returns far below every other event", () => {
    const p = setting({ counts: [2045, 1352], lambdaB: 1e-9, nonnegative: true });
    const { events, throughout } = nonnegativeEvents(p);
    expect(throughout).toEqual([]);
    expect(events.map((e) => [e.classes[0], e.rankAfter])).toEqual([
      [0, 1],
      [1, 0],
      [0, 0],
    ]);
    expect(events[0].lambdaZ).toBeLessThan(1e-6 * events[1].lambdaZ);
    const at = (factor: number): number[] => predict(withLambdaZ(p, factor * events[0].lambdaZ)).vanished;
    expect([at(1 - 1e-5), at(1 + 1e-5)]).toEqual([[], [0]]);
  });

  it("a class that returns may be the last one missing: 1'Z = 0 takes one from the rank then", () => {
    const p = problem({
      counts: [7, 31, 2, 8],
      weights: [36, 0.6, 4.1, 2.6],
      offsets: [4.4, 0, -4.5, -6.4],
      factors: [0.27, 7.4, 2, 1.3],
      lambdaZ: 1,
      lambdaB: 0.027,
      nonnegative: true,
    });
    const { events } = nonnegativeEvents(p);
    let all = 0;
    for (const e of events.filter((e) => e.kind === "vanish")) {
      const { vanished, rank } = predict(withLambdaZ(p, e.lambdaZ * (1 + 1e-4)));
      expect(e.rankAfter).toBe(rank);
      if (vanished.length === 0) all++;
    }
    expect(all).toBe(1);
  });

  it("with a bias: certified predictions 1e-5 below and above each threshold have the class alive and dead", () => {
    const r = random(77);
    let checked = 0;
    let always = 0;
    for (let i = 0; i < 18; i++) {
      const counts = Array.from({ length: 2 + r.integer(4) }, () =>
        repeat(1 + r.integer(3), Math.ceil(10 ** (4 * r.uniform()))),
      ).flat();
      if (counts.length < 2) continue;
      const p = problem({ counts, lambdaZ: 1, lambdaB: i % 3 === 2 ? 0 : 10 ** (-4 + 4 * r.uniform()), nonnegative: true });
      const { events, worstGap, throughout } = nonnegativeEvents(p);
      always += throughout.length;
      // At a gap of 1e-11 a class that is wrongly alive or dead by 1e-5 of its threshold would be seen: it costs about the square.
      expect(worstGap).toBeLessThan(1e-11);
      for (const e of events.filter((e) => e.kind === "vanish")) {
        const vanished = (x: number): boolean => predict(withLambdaZ(p, x)).vanished.includes(e.classes[0]);
        expect(vanished(e.lambdaZ * (1 - 1e-5)), `${e.lambdaZ} below, ${counts}`).toBe(false);
        expect(vanished(e.lambdaZ * (1 + 1e-5)), `${e.lambdaZ} above, ${counts}`).toBe(true);
        checked++;
      }
      for (const e of events)
        for (const factor of [1 + 1e-5, 0.3]) {
          const { rank, vanished } = predict(withLambdaZ(p, e.lambdaZ * factor));
          const before = events.filter((f) => f.lambdaZ <= e.lambdaZ * factor).at(-1);
          expect(rank, `rank at ${e.lambdaZ} x ${factor}, ${counts}`).toBe(
            before?.rankAfter ?? Math.min(counts.length - throughout.length, counts.length - 1),
          );
          for (const k of throughout) expect(vanished).toContain(k);
        }
    }
    expect(checked).toBeGreaterThan(25);
    expect(always).toBeGreaterThan(0);
  });
});

it.each([0.02, 0])(
  "path, lambda_b %f: certified at every point, in the order asked for, the same answers as solves from scratch",
  (lambdaB) => {
    const p = setting({ counts: [5000, 800, 800, 120, 30, 8], lambdaB });
    const lambdas = [0.004, 0.0001, 0.02, 0.001, 0.0005];
    const found = path(p, lambdas);
    found.forEach(({ status, certificate, reduced }, i) => {
      expect(status).toBe("certified");
      expect(reduced.s).toBeCloseTo(p.N * lambdas[i], 8);
      const alone = solve(withLambdaZ(p, lambdas[i]));
      expect(Math.abs(certificate.objective / alone.certificate.objective - 1)).toBeLessThan(2e-10);
    });
    expect(found.map((s) => s.point.rank)).toEqual(lambdas.map((x) => solve(withLambdaZ(p, x)).point.rank));
    const nonnegative = nonnegativePath(p, lambdas, { tolerance: 1e-12 });
    nonnegative.forEach(({ certificate, answer }, i) => {
      expect(certificate.ufmPlus.certified).toBe(true);
      const alone = solveNonnegative(withLambdaZ(p, lambdas[i]), { tolerance: 1e-12 });
      for (const [j, z] of answer.own.entries()) expect(Math.abs(z - alone.answer.own[j])).toBeLessThan(1e-5);
    });
  },
);

describe("the square loss", () => {
  // Without a bias Z is diagonal: class k is 0 from w_k sqrt(n_k)/N on.
  it("without a bias every class vanishes by itself, and predict agrees on both sides", () => {
    const counts = [50, 40, 40, 30, 10];
    const N = 170;
    for (const weights of [null, [1, 1, 1, 0.5, 4]]) {
      const given = problem({ counts, lambdaZ: 0.01, loss: "square", weights });
      const at = counts.map((n, k) => ((weights?.[k] ?? 1) * Math.sqrt(n)) / N);
      const { events } = freeEvents(given);
      const last = Math.max(...at);
      expect(events.filter((e) => e.kind === "vanish").flatMap((e) => e.classes.map((k) => [k, e.lambdaZ]))).toEqual(
        expect.arrayContaining(at.flatMap((x, k) => (x < last ? [[k, expect.closeTo(x, 14)]] : []))),
      );
      expect(events.at(-1)).toMatchObject({ kind: "complete", lambdaZ: expect.closeTo(last, 14), rankAfter: 0 });
      for (const { lambdaZ, rankAfter, classes } of events) {
        const above = predict(withLambdaZ(given, lambdaZ * (1 + 1e-9)));
        expect(above.rank).toBe(rankAfter);
        expect(above.vanished).toEqual(expect.arrayContaining(classes));
        expect(predict(withLambdaZ(given, lambdaZ * (1 - 1e-9))).rank).toBeGreaterThan(rankAfter);
      }
    }
  });
});
