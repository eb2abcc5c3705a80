/**
 * Phase diagram of 1000 x 1000 two-cluster problems on one core.
 *
 *   npm run build && node bench/theory/phase.mjs [--out results/theory/phase.json]
 *
 * Three diagrams: bias-free, with a bias, and one that lies wholly between (a) and (d), where every cell needs the sign of xi.
 * Seconds of classification alone, median of 5 after one warm-up. `whole`: the complete solution (twoClusters) on every 100th cell,
 * scaled up, and how many of those disagree with the classifier (0 expected).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { phaseGrid, twoClusters } from "../../dist/theory/index.js";

const { values } = parseArgs({ options: { out: { type: "string" } } });
const rowsOut = [];
const n = 1000;
const log = (from, to) => Array.from({ length: n }, (_, i) => from * (to / from) ** (i / (n - 1)));
const fixed = { kA: 5, kB: 5, nB: 100, ratio: 50, lambdaZ: 5e-4, lambdaB: 0.02 };
const lambdaZ = { parameter: "lambdaZ", values: log(1e-4, 1e-1) };
const ratio = { parameter: "ratio", values: log(1, 100) };
const diagrams = {
  "lambda_Z x ratio, bias-free": { x: lambdaZ, y: ratio, fixed: { ...fixed, lambdaB: Number.POSITIVE_INFINITY } },
  "lambda_Z x ratio, lambda_b 0.02": { x: lambdaZ, y: ratio, fixed },
  // s from 1.05 sqrt(n_B) to 0.95 sqrt(n_A).
  "lambda_Z x lambda_b between (a) and (d)": {
    x: { parameter: "lambdaZ", values: log(10.5 / 25500, (0.95 * Math.sqrt(5000)) / 25500) },
    y: { parameter: "lambdaB", values: log(1e-6, 1) },
    fixed,
  },
};

for (const [name, grid] of Object.entries(diagrams)) {
  const seconds = [];
  let rows;
  for (let i = 0; i < 6; i++) {
    const began = performance.now();
    rows = phaseGrid(grid);
    seconds.push((performance.now() - began) / 1000);
  }
  const median = seconds.slice(1).sort((p, q) => p - q)[2];
  const { whole, disagree } = solveSome(grid, rows);
  rowsOut.push({ name, seconds: median, wholeSeconds: whole, disagree });
  const count = (letter) => rows.reduce((sum, row) => sum + row.split(letter).length - 1, 0);
  console.log(
    `${name}: ${median.toFixed(3)} s (a ${count("a")}, b ${count("b")}, c ${count("c")}, d ${count("d")}); whole ${whole.toFixed(1)} s, ${disagree} of 10000 disagree`,
  );
}

if (values.out) {
  mkdirSync(dirname(values.out), { recursive: true });
  const about = {
    command: "node bench/theory/phase.mjs",
    node: process.versions.node,
    cpu: cpus()[0].model,
    threads: cpus().length,
  };
  writeFileSync(values.out, `${JSON.stringify({ ...about, rows: rowsOut }, null, 1)}\n`);
}

function solveSome({ x, y, fixed }, rows) {
  let disagree = 0;
  const began = performance.now();
  for (let i = 5; i < n; i += 10) {
    for (let j = 5; j < n; j += 10) {
      const at = { ...fixed, [x.parameter]: x.values[j], [y.parameter]: y.values[i] };
      const { kA, kB, nB } = at;
      if (twoClusters({ kA, kB, nB, nA: at.ratio * nB, lambdaZ: at.lambdaZ, lambdaB: at.lambdaB }).phase !== rows[i][j])
        disagree++;
    }
  }
  return { whole: ((performance.now() - began) / 1000) * 100, disagree };
}
