import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { type ColumnAnswer, type ColumnProblem, forceOf } from "../../src/solver/column-problem.ts";
import { solveColumn } from "../../src/solver/nonnegative-column.ts";
import { entry } from "../../src/solver/nonnegative-entry.ts";
import { newtonColumn, startOf } from "../../src/solver/nonnegative-newton.ts";
import { nestedColumn } from "../../src/solver/nonnegative-roots.ts";

describe("an entry: log(q + y) + a y = G", () => {
  /** y by bisection of p = q + y, on a scale on which both ends are in reach. */
  function bisected(a: number, q: number, G: number): number {
    let low = -800;
    let high = 800;
    for (let i = 0; i < 200; i++) {
      const x = 0.5 * (low + high);
      // x = log p: rising.
      if (x + a * (Math.exp(x) - q) < G) low = x;
      else high = x;
    }
    return Math.exp(0.5 * (low + high)) - q;
  }

  test("is the root that bisection finds, wherever it starts", () => {
    const r = random(3);
    for (let i = 0; i < 4000; i++) {
      const a = i % 10 === 0 ? 0 : 10 ** (-6 + 14 * r.uniform());
      const q = i % 2 ? 0 : 10 ** (-6 * r.uniform());
      const p = 10 ** (-12 * r.uniform());
      const G = Math.log(p) + a * (p - q);
      const near = [0, p, p * (1 + 1e-7), p * 3, 1, q][i % 6];
      const y = entry(a, q, G, near);
      const wanted = bisected(a, q, G);
      // G is known to eps |G|, which moves log p by that over 1 + a p; and log p itself is rounded, here and there.
      const doubt = Number.EPSILON * ((4 * (Math.abs(G) + a * q)) / (1 + a * p) + 4 * (1 + Math.abs(Math.log(p))));
      expect(Math.abs(y - wanted), `${a} ${q} ${p} ${near}`).toBeLessThanOrEqual(p * doubt + Number.EPSILON * q);
    }
  });

  test("a residual far below the target keeps its digits", () => {
    // log(1 + y/q) = y/q - ... : with y = 1e-25, G = log q + y (a + 1/q) to 16 digits, which G itself cannot hold beside log q = 0.
    const [a, q, y] = [1e20, 1, 1e-25];
    expect(entry(a, q, y * (a + 1), 1) / y).toBeCloseTo(1, 14);
    expect(entry(a, q, y * (a + 1), 0) / y).toBeCloseTo(1, 14);
  });
});

describe("Newton's method on nu and tau at once", () => {
  /** Columns with and without factors, smoothing and entries that do not occur, from s just below the force at rest to a millionth of it. */
  function* columns(number: number): Generator<{ problem: ColumnProblem; rest: ColumnAnswer; force: number }> {
    const r = random(17);
    for (let i = 0; i < number; i++) {
      const others = 2 + r.integer(12);
      const copies = Float64Array.from({ length: others + 1 }, (_, k) => (k === others ? 1 : k === 0 ? 1 : r.integer(4)));
      const K = copies.reduce((a, b) => a + b, 0);
      const eps = i % 3 === 0 ? 0.4 * 10 ** (-4 * r.uniform()) : 0;
      const column = {
        copies,
        factor: Float64Array.from({ length: others + 1 }, () => (i % 2 ? 1 : 10 ** (r.uniform() - 0.5))),
        target: Float64Array.from({ length: others + 1 }, (_, k) => eps / K + (k === others ? 1 - eps : 0)),
        logit: Float64Array.from({ length: others + 1 }, () => (i % 5 === 0 ? 10 : 1) * r.normal()),
        scale: 10 ** (4 * r.uniform()),
      };
      const rest = solveColumn({ ...column, s: Number.MAX_VALUE });
      expect(rest.tau).toBe(0);
      const force = forceOf({ ...column, s: 1 }, rest);
      yield { problem: { ...column, s: force * (1 - 1e-6) * 10 ** (-6 * r.uniform() ** 2) }, rest, force };
    }
  }
  const copyOf = (x: ColumnAnswer): ColumnAnswer => ({ ...x, y: x.y.slice(), p: x.p.slice() });

  test("comes to the three nested roots, and nearly always comes", () => {
    let missed = 0;
    for (const { problem, rest, force } of columns(1500)) {
      const slow = copyOf(rest);
      nestedColumn(problem, slow, 0);
      const fast = copyOf(rest);
      if (!newtonColumn(problem, fast, startOf(problem, fast, force))) {
        missed++;
        continue;
      }
      expect(Math.abs(forceOf(problem, fast) / problem.s - 1)).toBeLessThan(1e-12);
      // Just below the force at rest tau is a difference: of log(force / s), known to some eps.
      expect(Math.abs(fast.tau / slow.tau - 1) * Math.min(1, Math.log(force / problem.s))).toBeLessThan(1e-12);
      fast.y.forEach((y, i) => {
        if (problem.copies[i] > 0) expect(Math.abs(y - slow.y[i])).toBeLessThan(1e-12 * Math.abs(slow.p[i]) + 1e-15);
      });
    }
    expect(missed).toBeLessThan(0.05 * 1500);
  });

  test("the nested roots come from any start, however far", () => {
    for (const { problem, rest } of columns(200)) {
      const near = copyOf(rest);
      nestedColumn(problem, near, 0);
      for (const factor of [1e-9, 1e-3, 30, 1e6, 1e12]) {
        const far = copyOf(rest);
        nestedColumn(problem, far, factor * near.tau);
        expect(Math.abs(forceOf(problem, far) / problem.s - 1), `${factor}`).toBeLessThan(1e-12);
      }
    }
  });

  test("from a nearby answer it comes to the same one, and to z = 0 where that is right", () => {
    for (const { problem, force } of columns(300)) {
      const here = solveColumn(problem);
      const other = { ...problem, logit: problem.logit.map((c, i) => c + 0.1 * Math.sin(7 * i)), s: 1.05 * problem.s };
      const cold = solveColumn(other);
      const warm = solveColumn(other, here);
      if (cold.tau === 0) expect(warm.tau).toBe(0);
      warm.y.forEach((y, i) => {
        if (problem.copies[i] > 0) expect(Math.abs(y - cold.y[i])).toBeLessThan(1e-11);
      });
      expect(solveColumn({ ...problem, s: 1.001 * force }, here).tau).toBe(0);
      expect(solveColumn(problem, here, true).tau).toBe(0);
    }
  });
});
