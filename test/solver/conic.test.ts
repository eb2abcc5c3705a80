import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toJson } from "../../src/json.ts";
import { lossNames } from "../../src/loss/index.ts";
import { random } from "../../src/math/random.ts";
import { type Problem, problem } from "../../src/problem/index.ts";
import { solve, solveNonnegative } from "../../src/solver/index.ts";

/** Conic solvers, where they are installed (NCLAB_PYTHON or python3 with cvxpy). */
const python = [process.env.NCLAB_PYTHON, "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import cvxpy, numpy"]).status === 0,
);
if (python === undefined) console.info("skipped: no python3 with cvxpy was found");

function problems(): Problem[] {
  const r = random(50);
  return Array.from({ length: 50 }, (_, trial) => {
    const loss = lossNames[trial % lossNames.length];
    const K = 2 + r.integer(4);
    const counts = Array.from({ length: K }, () => [80, 30, 30, 7, 1][r.integer(5)]);
    const N = counts.reduce((a, b) => a + b, 0);
    const softmax = loss === "cross-entropy";
    return problem({
      counts,
      lambdaZ: (10 ** (-1.5 * r.uniform()) * Math.sqrt(Math.max(...counts))) / N,
      lambdaB: [Number.POSITIVE_INFINITY, 0, 0.01, 1][r.integer(4)],
      weights: r.integer(3) === 0 ? counts.map(() => 0.5 + r.uniform()) : null,
      offsets: softmax && r.integer(4) === 0 ? counts.map(() => r.normal()) : null,
      factors: softmax && r.integer(4) === 0 ? counts.map(() => 0.7 + 0.6 * r.uniform()) : null,
      smoothing: r.integer(3) === 0 ? 0.1 : 0,
      nonnegative: r.integer(3) === 0,
      loss,
    });
  });
}

describe.skipIf(python === undefined)("CVXPY", () => {
  it("the minimum of a conic solver lies between every certificate's bound and objective: 50 problems of all losses", () => {
    const all = problems();
    const input = all.map((p) => toJson(p).replaceAll("\n", " ")).join("\n");
    const output = execFileSync(python as string, [join(import.meta.dirname, "conic.py")], { input, encoding: "utf8" });
    const minima = output.trim().split("\n").map(Number);
    expect(minima.length).toBe(50);
    all.forEach((p, i) => {
      const { objective, dual, relativeGap } = p.nonnegative ? solveNonnegative(p).certificate.ufmPlus : solve(p).certificate;
      const label = toJson({ i, ...p, minimum: minima[i], objective, dual });
      expect(relativeGap, label).toBeLessThan(1e-10);
      // Interior points stop at about 1e-8 of the largest terms.
      expect(Math.abs(minima[i] - objective), label).toBeLessThan(1e-6 * Math.max(objective, 0.1));
      expect(dual, label).toBeLessThan(minima[i] + 1e-6 * Math.max(objective, 0.1));
    });
  }, 600_000);
});
