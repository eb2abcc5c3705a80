// What `nclab advise` costs on the class counts of ImageNet-LT (310 different ones), Places-LT (201) and LVIS v1 (429), in processor seconds: the machine may be shared, so the
// clock is written down only where nothing else ran. Beside them a fixed amount of work (products of 300 x 300 matrices), for comparison with other machines and other loads.
//
//   npm run build && node bench/prediction/advise.mjs [--only TEXT] [--program dist/cli/main.js] [--out results/prediction/advise.json]
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { timesTranspose } from "../../dist/math/products.js";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    program: { type: "string", default: "dist/cli/main.js" },
    out: { type: "string" },
  },
});

const commands = [
  ...["0.02", "0.005", "5e-4"].flatMap((decay) =>
    ["batch-norm-relu", "batch-norm"].map((ends) => `--counts dataset:imagenet-lt --weight-decay ${decay} --ends ${ends}`),
  ),
  ...["places-lt", "lvis-v1"].flatMap((name) =>
    ["0.02", "5e-4"].flatMap((decay) =>
      ["batch-norm-relu", "batch-norm"].map((ends) => `--counts dataset:${name} --weight-decay ${decay} --ends ${ends}`),
    ),
  ),
].filter((command) => command.includes(values.only));

/** Processor seconds of 200 products of 300 x 300 matrices. */
function reference() {
  const n = 300;
  const A = Float64Array.from({ length: n * n }, (_, i) => Math.sin(i));
  const C = new Float64Array(n * n);
  timesTranspose(C, A, A, n, n, n);
  const before = process.cpuUsage();
  for (let i = 0; i < 200; i++) timesTranspose(C, A, A, n, n, n);
  return process.cpuUsage(before).user / 1e6;
}

/** At its end the child writes what it used to its fourth file. */
const report = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from "node:fs"; process.on("exit", () => writeSync(3, JSON.stringify({ ...process.cpuUsage(), memory: process.resourceUsage().maxRSS })));`,
)}`;

const runs = [];
for (const command of commands) {
  const load = loadavg()[0];
  const began = performance.now();
  const child = spawnSync(process.execPath, ["--import", report, values.program, "advise", ...command.split(" "), "--json"], {
    stdio: ["ignore", "pipe", "ignore", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  const wall = (performance.now() - began) / 1000;
  if (child.status !== 0 && child.status !== 3) throw new Error(`${command}: ended with ${child.status}`);
  const { user, memory } = JSON.parse(child.output[3]);
  const advice = JSON.parse(child.stdout);
  const run = {
    command: `nclab advise ${command}`,
    processorSeconds: Number((user / 1e6).toFixed(1)),
    // One thread works: with another process a core the clock says little.
    wallSeconds: load < 0.5 * availableParallelism() ? Number(wall.toFixed(1)) : null,
    megabytes: Math.round(memory / 1024),
    certified: advice.certified && advice.remedies.every((r) => r.certified),
    feasible: Object.fromEntries(advice.remedies.map((r) => [r.kind, r.feasible])),
    parameters: Object.fromEntries(advice.remedies.filter((r) => r.feasible).map((r) => [r.kind, r.parameters])),
    reference: Number(reference().toFixed(2)),
  };
  runs.push(run);
  console.log(
    `${run.processorSeconds} s  ${run.command}  (${Object.keys(run.feasible)
      .filter((kind) => run.feasible[kind])
      .join(", ")}; reference ${run.reference} s)`,
  );
}

const shown = process.argv
  .slice(2)
  .filter((x, i, all) => x !== "--out" && all[i - 1] !== "--out")
  .join(" ");
const machine = { node: process.versions.node, cpu: cpus()[0].model, threads: cpus().length };
if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify({ command: `node bench/prediction/advise.mjs ${shown}`.trim(), ...machine, runs }, null, 1)}\n`,
  );
