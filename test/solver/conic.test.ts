import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ProblemInput, problem } from "../../src/problem/index.ts";
import { solve, solveNonnegative } from "../../src/solver/index.ts";

/** Conic solvers, where they are installed (NCLAB_PYTHON or python3 with cvxpy). */
const python = [process.env.NCLAB_PYTHON, "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import cvxpy, numpy"]).status === 0,
);
if (python === undefined) console.info("skipped: no python3 with cvxpy was found (pip install cvxpy)");

const bench = join(import.meta.dirname, "../../bench/solver");
type Given = Omit<ProblemInput, "lambdaB"> & { lambdaB: number | "inf" };
const given = JSON.parse(readFileSync(join(bench, "conic-problems.json"), "utf8")) as Given[];

describe.skipIf(python === undefined)("CVXPY", () => {
  it("no point of a conic solver lies below a certificate's bound, and its minimum is the objective: 50 problems of each loss", () => {
    const input = given.map((p) => `${JSON.stringify(p)}\n`).join("");
    const output = execFileSync(python as string, [join(bench, "conic.py")], { input, encoding: "utf8" });
    const peers = output.trim().split("\n");
    expect([given.length, peers.length]).toEqual([150, 150]);
    for (const [i, g] of given.entries()) {
      const p = problem({ ...g, lambdaB: g.lambdaB === "inf" ? Number.POSITIVE_INFINITY : g.lambdaB });
      const { objective, dual, relativeGap } = p.nonnegative ? solveNonnegative(p).certificate.ufmPlus : solve(p).certificate;
      const { value } = JSON.parse(peers[i]) as { value: number };
      const label = JSON.stringify({ i, ...g, value, objective, dual });
      expect(relativeGap, label).toBeLessThan(1e-10);
      expect(dual, label).toBeLessThanOrEqual(value * (1 + 4 * Number.EPSILON));
      // Interior points stop at about 1e-8 of the largest terms.
      expect(value - objective, label).toBeLessThan(1e-6 * Math.max(objective, 0.1));
    }
  }, 600_000);
});
