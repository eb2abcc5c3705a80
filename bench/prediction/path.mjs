// What it saves to start each row of `nclab path` at its neighbour's answer: processor seconds of the rows (events not counted), from neighbours and each from scratch, in one
// process, in turns. Certified to 1e-10 either way, or it says so. (Nonnegative features always begin from scratch: with 10, 30 and 80 different counts a start saved between -18 % and 0.)
//
//   npm run build && node bench/prediction/path.mjs [--only TEXT] [--out results/prediction/path.json]
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { pathValues } from "../../dist/prediction/path/range.js";
import { pathRows } from "../../dist/prediction/path/rows.js";
import { family } from "../../dist/problem/index.js";

const { values: options } = parseArgs({ options: { only: { type: "string", default: "" }, out: { type: "string" } } });

/** A long tail of K classes from `most` samples down to a hundredth. */
const tail = (K, most) => Array.from({ length: K }, (_, k) => Math.round(most * 100 ** (-k / (K - 1))));
const lambdaZ = { over: "lambdaZ", from: 1e-5, to: 3e-3, points: 30 };
const cases = [
  ["10 different counts along lambda_Z", { counts: tail(10, 5000), lambdaB: 0.02 }, lambdaZ],
  ["30 different counts along lambda_Z", { counts: tail(30, 5000), lambdaB: 0.02 }, { ...lambdaZ, to: 1e-3 }],
  ["80 different counts along lambda_Z", { counts: tail(80, 5000), lambdaB: 0.02 }, { ...lambdaZ, to: 3e-4 }],
  ["80, neighbours closer", { counts: tail(80, 5000), lambdaB: 0.02 }, { ...lambdaZ, from: 2e-5, to: 4e-5 }],
  [
    "30 along the imbalance",
    { counts: tail(30, 5000), lambdaB: 0.02, lambdaZ: 1e-4 },
    { over: "imbalance", from: 2, to: 500, points: 30 },
  ],
  [
    "30 along a weight decay",
    { counts: tail(30, 5000), ends: "batch-norm" },
    { over: "weightDecay", from: 1e-3, to: 0.2, points: 30 },
  ],
  ["30 with smoothing", { counts: tail(30, 5000), lambdaB: 0.02, smoothing: 0.1 }, { ...lambdaZ, to: 1e-3 }],
].filter(([name]) => name.includes(options.only));

/** Processor seconds, and what the rows say of themselves. */
function timed(input, range, warm) {
  const before = process.cpuUsage();
  const rows = [...pathRows(family(input, range.over), range.over, pathValues(range), { tolerance: 1e-10, warm })].map(
    ({ row }) => row,
  );
  return {
    seconds: process.cpuUsage(before).user / 1e6,
    steps: rows.reduce((sum, row) => sum + row.iterations, 0),
    certified: rows.filter((row) => row.certified).length,
  };
}

const runs = [];
for (const [name, input, range] of cases) {
  // The first run of either also compiles: it is not counted.
  const found = { warm: [], cold: [] };
  for (let turn = 0; turn < 4; turn++)
    for (const kind of ["warm", "cold"]) found[kind].push(timed(input, range, kind === "warm"));
  const [warm, cold] = ["warm", "cold"].map((kind) => found[kind].slice(1).sort((p, q) => p.seconds - q.seconds)[1]);
  const run = {
    name,
    range,
    warm: { ...warm, seconds: Number(warm.seconds.toFixed(3)) },
    cold: { ...cold, seconds: Number(cold.seconds.toFixed(3)) },
    saved: Number((1 - warm.seconds / cold.seconds).toFixed(2)),
  };
  runs.push(run);
  console.log(
    `${name}: from neighbours ${run.warm.seconds} s (${warm.steps} steps, ${warm.certified} of ${range.points} proved), from scratch ${run.cold.seconds} s (${cold.steps} steps, ${cold.certified}): ${Math.round(100 * run.saved)} % saved`,
  );
}

const machine = { node: process.versions.node, cpu: cpus()[0].model, threads: cpus().length };
if (options.out)
  writeFileSync(options.out, `${JSON.stringify({ command: "node bench/prediction/path.mjs", ...machine, runs }, null, 1)}\n`);
