// The Layer-Peeled Model on ten problems, by nclab and by CVXPY (interior points, CLARABEL at its own tolerances): values, the proved bounds, seconds.
//
//   npm run build && NCLAB_PYTHON=python3 node bench/prediction/layer-peeled.mjs [--out results/prediction/layer-peeled.json]     (pip install cvxpy)
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { predictLayerPeeled } from "../../dist/prediction/index.js";
import { layerPeeledProblem } from "../../dist/problem/index.js";

const { values: options } = parseArgs({ options: { out: { type: "string" } } });
const python = process.env.NCLAB_PYTHON ?? "python3";
const versions = spawnSync(python, ["-c", "import cvxpy, clarabel; print(cvxpy.__version__, clarabel.__version__)"], {
  encoding: "utf8",
});
if (versions.status !== 0) throw new Error(`${python} has no cvxpy: pip install cvxpy, or name another Python in NCLAB_PYTHON`);
const [cvxpy, clarabel] = versions.stdout.trim().split(" ");

// Two groups on either side of their threshold, long tails, tight and loose bounds, a balanced one.
const problems = JSON.parse(readFileSync(join(import.meta.dirname, "layer-peeled-problems.json"), "utf8"));
const runs = problems.map((input) => {
  const began = process.cpuUsage();
  const p = predictLayerPeeled(layerPeeledProblem(input));
  const ours = process.cpuUsage(began).user / 1e6;
  const child = spawnSync(python, [join(import.meta.dirname, "layer_peeled.py")], {
    input: `${JSON.stringify(input)}\n`,
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(child.stderr);
  const peer = JSON.parse(child.stdout);
  const run = {
    ...input,
    nclab: {
      value: p.objective,
      dual: p.dual,
      relativeGap: p.relativeGap,
      multiplier: p.multiplier,
      processorSeconds: Number(ours.toFixed(3)),
    },
    cvxpy: peer,
    // Above the proved bound, but for what the peer leaves of its constraint.
    difference: peer.value / p.objective - 1,
  };
  console.log(
    `K = ${input.counts.length}: ${p.objective} (proved to ${p.relativeGap.toExponential(1)}), CVXPY ${peer.value} (${peer.status}): ${run.difference.toExponential(1)}`,
  );
  return run;
});
if (options.out)
  writeFileSync(
    options.out,
    `${JSON.stringify({ command: "node bench/prediction/layer-peeled.mjs", node: process.versions.node, cvxpy, solver: `CLARABEL ${clarabel}`, runs }, null, 1)}\n`,
  );
