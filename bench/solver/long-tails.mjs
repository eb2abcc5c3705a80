// Real long tails to a relative gap of 1e-10, the whole of `nclab predict` as a process of its own: wall and processor seconds, medians; and a thousand distinct counts, the solve alone.
//
//   npm run build && node bench/solver/long-tails.mjs [--repeats 3] [--thousand] [--out results/solver/long-tails.json]
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { problem } from "../../dist/problem/index.js";
import { solve } from "../../dist/solver/index.js";

const { values } = parseArgs({
  options: { repeats: { type: "string" }, thousand: { type: "boolean" }, out: { type: "string" } },
});
const repeats = Number(values.repeats ?? 3);
const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const median = (x) => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)];
const seconds = ({ user, system }) => (user + system) / 1e6;

const rows = [];
const add = (row) => {
  rows.push(row);
  console.log(JSON.stringify(row));
};
for (const data of ["places-lt", "imagenet-lt", "lvis-v1"]) {
  const options = ["--counts", `dataset:${data}`, "--lambda-w", "5e-4", "--lambda-h", "1e-6"];
  const runs = [];
  for (let i = 0; i < repeats; i++) {
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, "predict", ...options, "--json"], {
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    if (status !== 0) throw new Error(`${data}: exit ${status}\n${stderr}`);
    const {
      relativeGap,
      seconds: solved,
      problem: { counts },
    } = JSON.parse(stdout);
    runs.push({ wall: (performance.now() - began) / 1e3, counts, relativeGap, solved });
  }
  const { counts, relativeGap } = runs[0];
  const { products, iterations } = solve(problem({ counts, lambdaW: 5e-4, lambdaH: 1e-6 }));
  add({
    problem: data,
    K: counts.length,
    wallSeconds: median(runs.map((r) => r.wall)),
    solveSeconds: median(runs.map((r) => r.solved)),
    relativeGap,
    iterations,
    products,
  });
}
if (values.thousand)
  for (const c of [0.3, 3]) {
    const J = 1000;
    const counts = Array.from({ length: J }, (_, k) => Math.round(1000 * J * 100 ** (-k / (J - 1))));
    const N = counts.reduce((a, b) => a + b, 0);
    const begun = process.cpuUsage();
    const began = performance.now();
    const found = solve(problem({ counts, lambdaZ: (c * Math.sqrt(Math.min(...counts))) / N, lambdaB: 0.01 }));
    add({
      problem: `${new Set(counts).size} distinct counts, s = ${c} sqrt(n_min)`,
      wallSeconds: (performance.now() - began) / 1e3,
      processorSeconds: seconds(process.cpuUsage(begun)),
      relativeGap: found.relativeGap,
      products: found.products,
      rank: found.point.rank,
    });
  }
if (values.out) {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const about = {
    command: `node bench/solver/long-tails.mjs ${process.argv.slice(2).join(" ")}`.trim(),
    commit,
    node: process.version,
    cpu: cpus()[0].model,
    cores: cpus().length,
  };
  writeFileSync(values.out, `${JSON.stringify({ ...about, rows }, null, 2)}\n`);
}
