// Minima and proofs of 150 problems, 50 a loss, beside a conic solver's (CVXPY with CLARABEL at its own tolerances): random counts of 3 to 8 classes in every phase, biases of every kind,
// weights, offsets, factors, smoothing; a third with nonnegative features, in the form that is convex (UFM+).
//
//   npm run build && NCLAB_PYTHON=python3 node bench/solver/conic.mjs [--out results/solver/conic.json]     (pip install cvxpy)
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { problem } from "../../dist/problem/index.js";
import { solve, solveNonnegative } from "../../dist/solver/index.js";

const { values: options } = parseArgs({ options: { out: { type: "string" } } });
const python = process.env.NCLAB_PYTHON ?? "python3";
const versions = spawnSync(python, ["-c", "import cvxpy, clarabel; print(cvxpy.__version__, clarabel.__version__)"], {
  encoding: "utf8",
});
if (versions.status !== 0) throw new Error(`${python} has no cvxpy: pip install cvxpy, or name another Python in NCLAB_PYTHON`);
const [cvxpy, clarabel] = versions.stdout.trim().split(" ");

const problems = JSON.parse(readFileSync(join(import.meta.dirname, "conic-problems.json"), "utf8"));
const child = spawnSync(python, [join(import.meta.dirname, "conic.py")], {
  input: problems.map((input) => `${JSON.stringify(input)}\n`).join(""),
  encoding: "utf8",
});
if (child.status !== 0) throw new Error(child.stderr);
const peers = child.stdout.trim().split("\n").map(JSON.parse);

const runs = problems.map((input, i) => {
  const p = problem({ ...input, lambdaB: input.lambdaB === "inf" ? Number.POSITIVE_INFINITY : input.lambdaB });
  const began = process.cpuUsage();
  const proof = p.nonnegative ? solveNonnegative(p).certificate.ufmPlus : solve(p).certificate;
  const { user, system } = process.cpuUsage(began);
  const { objective, dual, relativeGap } = proof;
  return {
    problem: i,
    loss: input.loss,
    nclab: { objective, dual, relativeGap, processorSeconds: Number(((user + system) / 1e6).toFixed(4)) },
    cvxpy: peers[i],
    // No point of any solver lies below the bound; a conic solver's stands above the minimum by its tolerance.
    boundHolds: dual <= peers[i].value * (1 + 4 * Number.EPSILON),
    excess: peers[i].value / objective - 1,
  };
});

const summary = [...new Set(runs.map((run) => run.loss))].map((loss) => {
  const of = runs.filter((run) => run.loss === loss);
  const sum = (seconds) => Number(of.reduce((total, run) => total + seconds(run), 0).toFixed(2));
  return {
    loss,
    problems: of.length,
    largestGap: Math.max(...of.map((run) => run.nclab.relativeGap)),
    boundHolds: of.filter((run) => run.boundHolds).length,
    leastExcess: Math.min(...of.map((run) => run.excess)),
    largestExcess: Math.max(...of.map((run) => run.excess)),
    nclabSeconds: sum((run) => run.nclab.processorSeconds),
    cvxpySeconds: sum((run) => run.cvxpy.seconds),
  };
});
console.table(summary);
if (options.out)
  writeFileSync(
    options.out,
    `${JSON.stringify({ command: "node bench/solver/conic.mjs", node: process.versions.node, cvxpy, solver: `CLARABEL ${clarabel}`, problems: "bench/solver/conic-problems.json", summary, runs }, null, 1)}\n`,
  );
