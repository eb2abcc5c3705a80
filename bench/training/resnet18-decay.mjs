// Residual networks under weight decay, trained by resnet18_decay.py, beside the prediction (theory, section 9.2): as its user would, by `nclab measure`, with the number of branches that balancedness
// tells (1 where it tells less: the network is not at its end) and with one branch.
//
//   npm run build && node bench/training/resnet18-decay.mjs --runs DIR [--out results/training/resnet18-decay.json]
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { runs: { type: "string" }, out: { type: "string" } } });
const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

const rows = readdirSync(values.runs)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => {
    const { history, end, ...run } = JSON.parse(readFileSync(join(values.runs, name), "utf8"));
    const J = Math.max(1, end.branchesByBalance);
    const measured = measure(join(values.runs, name.replace(/\.json$/, ".npz")), run.lambda, J);
    const single = measure(join(values.runs, name.replace(/\.json$/, ".npz")), run.lambda, 1);
    const row = {
      ...run,
      branchesByBalance: end.branchesByBalance,
      branches: J,
      Zerror: measured.comparison.Zerror.frobenius,
      ZerrorOneBranch: single.comparison.Zerror.frobenius,
      largestCosine: end.largestCosine,
      nc1: measured.nc1.paper,
      withinOfTotal: end.withinOfTotal,
      headSquares: end.headSquares,
      endNormSquares: end.endNormSquares,
      geometry: measured.geometry.name,
      merged: measured.merged,
      vanished: measured.vanished,
      way: history.map(({ phase, done, objective, largestCosine, branchesByBalance }) => ({
        phase,
        done,
        objective,
        largestCosine,
        branchesByBalance,
      })),
    };
    console.log(
      `${run.network}, ${run.counts.reduce((a, b) => a + b)} images, lambda ${run.lambda}: J ${J.toFixed(2)}, error of Z ${(100 * row.Zerror).toFixed(1)} % (J = 1: ${(100 * row.ZerrorOneBranch).toFixed(1)} %), largest cosine ${end.largestCosine.toFixed(3)}`,
    );
    return row;
  });

function measure(file, lambda, J) {
  const options = ["--weight-decay", `${lambda}`, "--ends", "batch-norm-relu", "--branches", `${J}`, "--json"];
  return JSON.parse(
    execFileSync(process.execPath, [main, "measure", file, ...options], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
}

if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify({ command: "node bench/training/resnet18-decay.mjs --runs DIR --out results/training/resnet18-decay.json", node: process.versions.node, rows }, null, 1)}\n`,
  );
