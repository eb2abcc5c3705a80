import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { predictLayerPeeled } from "../../src/prediction/index.ts";
import { layerPeeledProblem } from "../../src/problem/index.ts";

const bench = join(import.meta.dirname, "../../bench/prediction");
const tenProblems = JSON.parse(readFileSync(join(bench, "layer-peeled-problems.json"), "utf8")) as {
  counts: number[];
  EW: number;
  EH: number;
}[];

/** A Python that has CVXPY (NCLAB_PYTHON or python3). */
const python = [process.env.NCLAB_PYTHON, "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import cvxpy"]).status === 0,
);
if (python === undefined) console.info("skipped: no python3 with cvxpy was found (pip install cvxpy)");

test.skipIf(python === undefined)(
  "CVXPY finds the same ten values, none below what is proved",
  () => {
    const child = spawnSync(python as string, [join(bench, "layer_peeled.py")], {
      input: tenProblems.map((problem) => JSON.stringify(problem)).join("\n"),
      encoding: "utf8",
    });
    expect(child.stderr.includes("Error")).toBe(false);
    const answers = child.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { value: number; norm: number });
    expect(answers).toHaveLength(10);
    for (const [i, { value, norm }] of answers.entries()) {
      const p = predictLayerPeeled(layerPeeledProblem(tenProblems[i]));
      expect(p.certified).toBe(true);
      // Interior points stop at 1e-8 of gap and constraint.
      expect(Math.abs(value / p.objective - 1)).toBeLessThan(1e-6);
      expect(value).toBeGreaterThan(p.dual * (1 - 1e-6));
      expect(norm).toBeLessThan(1 + 1e-6);
    }
  },
  120_000,
);
