import { describe, expect, it } from "vitest";
import { type ColumnLoss, scalesOf } from "../../src/loss/index.ts";
import { columnLoss } from "../../src/loss/softmax.ts";
import { gapShare } from "../../src/loss/softmax-curvature.ts";
import { random } from "../../src/math/random.ts";
import { problem } from "../../src/problem/index.ts";
import { toBlocks } from "../../src/solver/balance.ts";
import { evaluate, fixedRank, frameOf, gradient, hessian, moved } from "../../src/solver/fixed-rank.ts";
import { fixedRankPreconditioner } from "../../src/solver/fixed-rank-preconditioner.ts";
import { certify, type ReducedPoint, reduce } from "../../src/solver/index.ts";
import { response, solveColumn } from "../../src/solver/nonnegative-column.ts";
import { polish } from "../../src/solver/polish.ts";
import { settledStart, start } from "../../src/solver/start.ts";
import { everything } from "./everything.ts";

const p = reduce(everything);
const frame = frameOf(p);
const r = random(11);

it("the gaps' share is what they take off the curvature of the loss, column by column", () => {
  const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => r.normal());
  const { rowScale, colScale, mass } = scalesOf(p);
  // Two clusters of five have a gap of their own here, and more with less label smoothing.
  for (const q of [p, { ...p, s: 0.2 * p.s }]) {
    const { J } = q;
    let P: Float64Array = new Float64Array();
    const at: ColumnLoss["at"] = (...values) => {
      ({ P } = columnLoss(...values));
      return q.loss.at(...values);
    };
    const of = frameOf({ ...q, loss: { ...q.loss, at } });
    const { curvature } = evaluate(of, fixedRank(of, normal(2 * J), normal(2 * J), 2, normal(J)));
    const share = gapShare(q, P);
    expect(Math.max(...share)).toBeGreaterThan(1.1);
    for (let j = 0; j < J; j++) {
      // Only column j moves: dM is stored transposed.
      const dM = new Float64Array(J * J);
      dM.set(normal(J), j * J);
      const x = Float64Array.from({ length: J }, (_, i) => q.factor[i] * rowScale[i] * colScale[j] * dM[j * J + i]);
      const change = dM.slice();
      curvature.times(change, new Float64Array(J), null);
      const bent = dM.reduce((sum, d, e) => sum + d * change[e], 0);
      let squares = 0;
      let mean = 0;
      for (let i = 0; i < J; i++) {
        if (i === j) continue;
        squares += P[i * J + j] * (x[i] - x[j]) ** 2;
        mean += P[i * J + j] * (x[i] - x[j]);
      }
      expect(Math.abs(bent / mass[j] - (squares - share[j] * mean ** 2))).toBeLessThan(1e-12 * squares);
      expect(share[j] * P.reduce((sum, y, e) => sum + (e % J === j && e !== j * J + j ? y : 0), 0)).toBeLessThanOrEqual(
        1 + 1e-12,
      );
    }
  }
});

describe("the core among the matrices of one rank", () => {
  it.each([1, 2, 3])("rank %i: derivatives by differences, the preconditioner symmetric and positive", (rank) => {
    const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => r.normal());
    const at = fixedRank(
      frame,
      normal(p.J * rank),
      normal(p.J * rank).map((x) => 3 * x),
      rank,
      normal(p.J),
    );
    expect(at.rank).toBe(rank);
    const place = evaluate(frame, at);
    const g = gradient(frame, place);
    const H = hessian(frame, place);
    const precondition = fixedRankPreconditioner(frame, place);
    const f = (v: Float64Array, t: number): number => evaluate(frame, moved(frame, place, v, t)).f;
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
    for (let trial = 0; trial < 4; trial++) {
      const v = normal(g.length).map((x) => 0.3 * x);
      const h = 1e-3;
      const slope = (8 * (f(v, h) - f(v, -h)) - (f(v, 2 * h) - f(v, -2 * h))) / (12 * h);
      expect(Math.abs(slope - dot(g, v))).toBeLessThan(1e-7 * Math.abs(place.f));
      const w = normal(g.length);
      const Hv = new Float64Array(g.length);
      const Hw = new Float64Array(g.length);
      H(v, Hv);
      H(w, Hw);
      expect(Math.abs(dot(w, Hv) - dot(v, Hw))).toBeLessThan(1e-9 * Math.hypot(...Hw) * Math.hypot(...v));
      precondition(v, Hv);
      precondition(w, Hw);
      expect(Math.abs(dot(w, Hv) - dot(v, Hw))).toBeLessThan(1e-9 * Math.hypot(...Hw) * Math.hypot(...v));
      expect(dot(v, Hv)).toBeGreaterThan(0);
    }
  });

  it("the Hessian at the optimum is that of the objective", () => {
    const { point } = polish(p, [start(p)]);
    const place = evaluate(frame, fixedRank(frame, point.A, point.B, point.rank, point.c));
    const g = gradient(frame, place);
    // Stationary: what is bent in the chart does not count.
    expect(Math.hypot(...g)).toBeLessThan(1e-10 * place.f);
    const v = Float64Array.from(g, () => r.normal());
    const Hv = new Float64Array(g.length);
    hessian(frame, place)(v, Hv);
    const f = (t: number): number => evaluate(frame, moved(frame, place, v, t)).f;
    const h = 1e-3;
    const bent = (16 * (f(h) + f(-h)) - (f(2 * h) + f(-2 * h)) - 30 * place.f) / (12 * h * h);
    const expected = v.reduce((sum, x, i) => sum + x * Hv[i], 0);
    expect(Math.abs(bent / expected - 1)).toBeLessThan(1e-5);
  });

  it("wherever it starts, with too many directions, too few or none, the same optimum and rank", () => {
    const best = polish(p, [start(p)]);
    for (const from of [
      settledStart(p, 1) as ReducedPoint,
      settledStart(p, 0.01) as ReducedPoint,
      { ...start(p), rank: 0, A: new Float64Array(0), B: new Float64Array(0) },
    ]) {
      const found = polish(p, [from]);
      expect(found.point.rank).toBe(best.point.rank);
      found.singularValues.forEach((x, l) => {
        expect(Math.abs(x / best.singularValues[l] - 1)).toBeLessThan(1e-10);
      });
    }
    const input = problem({ counts: [9, 9, 4, 4, 2], lambdaZ: 0.03, smoothing: 0.2 });
    const reduced = reduce(input);
    expect(
      certify(input, toBlocks(reduced, polish(reduced, [settledStart(reduced, 1) as ReducedPoint]).point)).relativeGap,
    ).toBeLessThan(1e-13);
  });
});

describe("one column of nonnegative features", () => {
  it("is stationary, with the force at s, and answers a change of the logits as `response` says", () => {
    for (let trial = 0; trial < 200; trial++) {
      const entries = 3 + r.integer(5);
      const eps = trial % 2 === 0 ? 0 : 10 ** (-4 * r.uniform());
      const copies = Float64Array.from({ length: entries }, (_, i) => (i === entries - 1 ? 1 : r.integer(4)));
      const K = copies.reduce((sum, x) => sum + x, 0);
      if (K < 2) continue;
      const column = {
        copies,
        factor: Float64Array.from({ length: entries }, () => 10 ** (r.uniform() - 0.5)),
        target: Float64Array.from({ length: entries }, (_, i) => eps / K + (i === entries - 1 ? 1 - eps : 0)),
        logit: Float64Array.from({ length: entries }, () => 2 * r.normal()),
        scale: 10 ** (4 * r.uniform()),
        s: 0,
      };
      // |Delta o (p - q)| of z = 0, by hand.
      const e = column.logit.map((u, i) => copies[i] * Math.exp(u));
      const sum = e.reduce((a, b) => a + b, 0);
      const rest = column.logit.map((u, i) => (Math.exp(u) / sum - column.target[i]) * column.factor[i]);
      const force = column.scale * Math.sqrt(rest.reduce((total, x, i) => total + copies[i] * x * x, 0));
      const below = 10 ** (-8 * r.uniform());
      for (const s of [force * (1 + 1e-9), force * (1 - 1e-9), force * below]) {
        const problem = { ...column, s };
        const { tau, y, p: probabilities } = solveColumn(problem);
        if (s > force) {
          expect(tau).toBe(0);
          continue;
        }
        expect(tau).toBeGreaterThan(0);
        const norm = (z: Float64Array): number =>
          column.scale * Math.sqrt(z.reduce((total, x, i) => total + copies[i] * (column.factor[i] * x) ** 2, 0));
        expect(Math.abs(norm(y) / s - 1)).toBeLessThan(1e-8);
        // Started far above or below too.
        for (const near of [1e-6 * tau, 0.1 * tau, 30 * tau, 1e6 * tau])
          expect(Math.abs(norm(solveColumn(problem, { tau: near }).y) / s - 1)).toBeLessThan(1e-8);
        // p = softmax(Delta z + c) at z = -tau Delta o y.
        const u = column.logit.map((c, i) => c - tau * column.factor[i] ** 2 * y[i]);
        const top = Math.max(...u.filter((_, i) => copies[i] > 0));
        const total = u.reduce((a, x, i) => a + (copies[i] > 0 ? copies[i] * Math.exp(x - top) : 0), 0);
        u.forEach((x, i) => {
          if (copies[i] > 0)
            expect(Math.abs(Math.exp(x - top) / total - probabilities[i])).toBeLessThan(
              1e-9 * (1 + Math.max(...u.map(Math.abs))),
            );
        });
      }
      const s = force * 0.3;
      const at = (shift: number, way: Float64Array) =>
        solveColumn({ ...column, s, logit: column.logit.map((c, i) => c + shift * way[i]) });
      const way = Float64Array.from({ length: entries }, () => r.normal());
      const here = at(0, way);
      const { R, out } = response({ ...column, s }, here);
      const inner = (a: Float64Array, b: Float64Array): number => a.reduce((t, x, i) => t + copies[i] * R[i] * x * b[i], 0);
      const change = way.map((x, i) => R[i] * out.reduce((rest, v) => rest - v[i] * inner(v, way), x));
      const h = 1e-5;
      const [plus, minus] = [at(h, way), at(-h, way)];
      change.forEach((x, i) => {
        if (copies[i] > 0) expect(Math.abs((plus.y[i] - minus.y[i]) / (2 * h) - x)).toBeLessThan(1e-6);
      });
    }
  });
});
