import { describe, expect, it } from "vitest";
import { type LossName, lossNamed, lossNames, targetsOf } from "../../src/loss/index.ts";
import { type Random, random } from "../../src/math/random.ts";
import { clustersOf, type Problem, problem } from "../../src/problem/index.ts";
import type { BlockAnswer } from "../../src/solver/columns.ts";
import { evaluate, fixedRank, frameOf, gradient, hessian, moved } from "../../src/solver/fixed-rank.ts";
import { fixedRankPreconditioner } from "../../src/solver/fixed-rank-preconditioner.ts";
import { certify, certifyNonnegative, reduce, solve, solveNonnegative } from "../../src/solver/index.ts";
import { type Dense, minimized, objectiveAt } from "./proximal.ts";

/** Losses that are sums over the logits: all but the softmax's. */
const sums = lossNames.filter((name) => lossNamed(name).entry !== null);

function anyProblem(r: Random, loss: LossName, K: number, more: Partial<Parameters<typeof problem>[0]> = {}): Problem {
  const pool = Array.from({ length: 1 + r.integer(3) }, () => Math.max(1, Math.round(10 ** (3 * r.uniform()))));
  const counts = Array.from({ length: K }, () => pool[r.integer(pool.length)]);
  const N = counts.reduce((a, b) => a + b, 0);
  const u = r.uniform();
  return problem({
    counts,
    lambdaZ: (10 ** (-2.5 * r.uniform()) * Math.sqrt(Math.max(...counts))) / N,
    lambdaB: u < 0.25 ? Number.POSITIVE_INFINITY : u < 0.4 ? 0 : 10 ** (-4 + 5 * r.uniform()),
    weights: r.integer(3) === 0 ? counts.map((n) => n ** -0.3) : null,
    smoothing: r.integer(3) === 0 ? 0.2 * r.uniform() : 0,
    loss,
    ...more,
  });
}

/** The K x K matrix and K biases of an answer by blocks. */
function dense(p: Problem, { other, own, bias }: BlockAnswer): Dense {
  const clusters = clustersOf(p);
  const of = new Array<number>(p.K);
  clusters.forEach(({ classes }, j) => {
    for (const k of classes) of[k] = j;
  });
  const Z = Float64Array.from({ length: p.K * p.K }, (_, e) => {
    const [i, k] = [Math.floor(e / p.K), e % p.K];
    return i === k ? own[of[k]] : other[of[i] * clusters.length + of[k]];
  });
  return { Z, b: Float64Array.from(of, (j) => bias[j]) };
}

describe.each(sums)("%s", (loss) => {
  it("agrees with proximal gradient steps on the whole problem, free and nonnegative features", () => {
    const r = random(31);
    for (let trial = 0; trial < 6; trial++) {
      const nonnegative = trial % 3 === 2;
      // A bias without penalty leaves proximal steps nothing to hold on to.
      const K = 2 + r.integer(4);
      const p = anyProblem(r, loss, K, {
        nonnegative,
        lambdaB: r.integer(3) === 0 ? Number.POSITIVE_INFINITY : 10 ** (-2 + 2 * r.uniform()),
      });
      const found = nonnegative ? solveNonnegative(p) : solve(p);
      const answer = dense(p, found.answer);
      const value = objectiveAt(p, answer);
      expect(Math.abs(value / found.certificate.objective - 1)).toBeLessThan(1e-12);
      const route = minimized(p, 2500);
      const label = JSON.stringify({ trial, ...p });
      expect(value, label).toBeLessThanOrEqual(objectiveAt(p, route) * (1 + 1e-12));
      expect(objectiveAt(p, route) / value - 1, label).toBeLessThan(1e-6);
      const largest = Math.max(1, ...route.Z.map(Math.abs));
      const worst = Math.max(
        ...route.Z.map((z, e) => Math.abs(z - answer.Z[e])),
        ...route.b.map((x, i) => Math.abs(x - answer.b[i])),
      );
      expect(worst / largest, label).toBeLessThan(1e-2);
    }
  });

  it("random problems with every kind of bias, weights and smoothing prove themselves to 1e-10", () => {
    const r = random(32);
    for (let trial = 0; trial < 60; trial++) {
      const p = anyProblem(r, loss, 2 + r.integer(14));
      const { relativeGap } = solve(p);
      expect(relativeGap, JSON.stringify({ trial, ...p })).toBeLessThan(1e-10);
      const { ufmPlus } = solveNonnegative({ ...p, nonnegative: true }).certificate;
      expect(ufmPlus.relativeGap, JSON.stringify({ trial, ...p })).toBeLessThan(1e-10);
    }
  });

  it("nonnegative features too, smoothed: each class's own bound closes at a regularization far below the digits of a logit", () => {
    for (const rho of [1e-7, 1e-8, 1e-9]) {
      const counts = [900, 400, 150, 60, 20];
      const N = counts.reduce((a, b) => a + b, 0);
      const p = problem({ counts, lambdaZ: (rho * Math.sqrt(20)) / N, smoothing: 0.1, nonnegative: true, loss });
      expect(solveNonnegative(p).certificate.ufmPlus.relativeGap, `s/sqrt(n) = ${rho}`).toBeLessThan(1e-10);
    }
  });

  it("regularization far below the digits of a logit: with any bias, weights and smoothing the proof closes all the same", () => {
    const r = random(39);
    for (const rho of loss === "square" ? [1e-5, 1e-7, 1e-9, 1e-11] : [1e-5, 1e-7, 1e-9])
      for (let trial = 0; trial < 12; trial++) {
        const pool = Array.from({ length: 1 + r.integer(4) }, () => Math.ceil(10 ** (4 * r.uniform())));
        const counts = Array.from({ length: 3 + r.integer(9) }, () => pool[r.integer(pool.length)]);
        const N = counts.reduce((a, b) => a + b, 0);
        const p = problem({
          counts,
          lambdaZ: (rho * Math.sqrt(Math.min(...counts))) / N,
          lambdaB: [0, 1e-8, 1e-4, 0.01, 1, Number.POSITIVE_INFINITY][trial % 6],
          smoothing: trial % 4 === 3 ? 0.1 : 0,
          weights: trial % 5 === 4 ? counts.map((n) => n ** -0.3) : null,
          loss,
        });
        expect(solve(p).relativeGap, JSON.stringify({ rho, trial, ...p })).toBeLessThan(1e-10);
      }
  });

  it("many classes beyond what Newton's method on the core takes: factors alone", () => {
    const counts = Array.from({ length: 260 }, (_, k) => 1000 - 3 * k);
    const N = counts.reduce((a, b) => a + b, 0);
    const { relativeGap, point } = solve(problem({ counts, lambdaZ: (0.98 * Math.sqrt(1000)) / N, loss }), { tolerance: 1e-8 });
    expect(relativeGap).toBeLessThan(1e-8);
    // sqrt(n) > s.
    if (loss === "square") expect(point.rank).toBe(counts.filter((n) => n > 0.98 ** 2 * 1000).length);
  });

  it("derivatives in the core among the matrices of one rank, by differences, the gaps following", () => {
    const p = reduce(
      problem({
        counts: [40, 40, 40, 9, 9, 6, 3],
        lambdaZ: 0.01,
        lambdaB: 0.1,
        smoothing: 0.1,
        weights: [1, 1, 1, 2, 2, 1, 3],
        loss,
      }),
    );
    const frame = frameOf(p);
    const r = random(33);
    const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => r.normal());
    for (const rank of [1, 2, p.J]) {
      const place = evaluate(
        frame,
        fixedRank(
          frame,
          normal(p.J * rank).map((x) => 3 * x),
          normal(p.J * rank),
          rank,
          normal(p.J),
        ),
      );
      const g = gradient(frame, place);
      const H = hessian(frame, place);
      const precondition = fixedRankPreconditioner(frame, place);
      const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
      for (let trial = 0; trial < 3; trial++) {
        const v = normal(g.length).map((x) => 0.3 * x);
        const f = (t: number): number => evaluate(frame, moved(frame, place, v, t)).f;
        const h = 1e-3;
        const slope = (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
        expect(Math.abs(slope - dot(g, v))).toBeLessThan(1e-7 * Math.abs(place.f));
        const w = normal(g.length);
        const [Hv, Hw] = [new Float64Array(g.length), new Float64Array(g.length)];
        H(v, Hv);
        H(w, Hw);
        expect(Math.abs(dot(w, Hv) - dot(v, Hw))).toBeLessThan(1e-9 * Math.hypot(...Hw) * Math.hypot(...v));
        precondition(v, Hv);
        expect(dot(v, Hv)).toBeGreaterThan(0);
      }
    }
  });

  it("the Hessian at the optimum is that of the objective", () => {
    const p = problem({ counts: [40, 40, 40, 9, 9, 6], lambdaZ: 0.01, lambdaB: 0.1, smoothing: 0.1, loss });
    const reduced = reduce(p);
    const frame = frameOf(reduced);
    const { point } = solve(p);
    const place = evaluate(frame, fixedRank(frame, point.A, point.B, point.rank, point.c));
    const g = gradient(frame, place);
    const r = random(34);
    const v = Float64Array.from(g, () => r.normal());
    const Hv = new Float64Array(g.length);
    hessian(frame, place)(v, Hv);
    const f = (t: number): number => evaluate(frame, moved(frame, place, v, t)).f;
    const h = 1e-3;
    const bent = (16 * (f(h) + f(-h)) - (f(2 * h) + f(-2 * h)) - 30 * place.f) / (12 * h * h);
    expect(Math.abs(bent / v.reduce((sum, x, i) => sum + x * Hv[i], 0) - 1)).toBeLessThan(1e-5);
  });

  it("bad answers have a gap, and a wrong bound would be found: weak duality on random answers", () => {
    const r = random(35);
    for (let trial = 0; trial < 100; trial++) {
      const p = anyProblem(r, loss, 2 + r.integer(5));
      const J = clustersOf(p).length;
      const size = 10 ** (1.5 * r.uniform() - 1);
      const answer: BlockAnswer = {
        other: Float64Array.from({ length: J * J }, () => size * r.normal()),
        own: Float64Array.from({ length: J }, () => size * (1 + r.normal())),
        bias: Float64Array.from({ length: J }, () => size * r.normal()),
      };
      const label = JSON.stringify({ trial, ...p });
      const q = { ...p, nonnegative: true };
      const plus = certifyNonnegative(q, answer);
      const best = solve(p).certificate.objective;
      const bestPlus = solveNonnegative(q).certificate.objective;
      for (const [least, { objective, dual, certified }] of [
        [best, certify(p, answer)],
        [bestPlus, plus],
        [bestPlus, plus.ufmPlus],
      ] as const) {
        expect(dual, label).toBeLessThan(least * (1 + 1e-9));
        expect(objective, label).toBeGreaterThanOrEqual(least * (1 - 1e-9));
        expect(certified, label).toBe(false);
      }
    }
  });
});

it("targets leave nothing to rounding: q and what it lacks of 1", () => {
  const { own, other } = targetsOf({ K: 4, smoothing: 0.1 });
  expect([own.q, own.lack, other.q, other.lack]).toEqual([0.925, 0.1 * 0.75, 0.025, 0.975]);
});
