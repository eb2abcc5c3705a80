// The solver beside the dense numpy reference, in one run: seconds of the solve alone, warm, medians.
//
//   npm run build && node bench/solver/solver.mjs [--peer PATH/refsolve.py] [--large] [--out results/solver/solver.json]
//
// --peer needs python3 with numpy; without it the peer's columns say "not run". --large adds the problems of a thousand classes and more.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { problem } from "../../dist/problem/index.js";
import { solve, solveBinned } from "../../dist/solver/index.js";

/** As given, without the folders of one machine. */
const shownArguments = process.argv
  .slice(2)
  .map((x) => (x.startsWith("--") ? x : x.split("/").at(-1)))
  .join(" ");

const { values } = parseArgs({
  options: { peer: { type: "string" }, large: { type: "boolean" }, out: { type: "string" }, repeats: { type: "string" } },
});
const repeats = Number(values.repeats ?? 5);
const tail = (K, nmax, factor) => Array.from({ length: K }, (_, k) => Math.round(nmax * factor ** (k / (K - 1))));
const cases = [
  { name: "K = 10, counts 1000/200/40", counts: [1000, 1000, 1000, 1000, 200, 200, 200, 40, 40, 40], s: 10, lambdaB: 0.01 },
];
for (const K of [20, 50, 100, 200])
  for (const c of [0.3, 3]) {
    const counts = tail(K, 5000, 0.01);
    cases.push({
      name: `exp long tail K = ${K}, s = ${c} sqrt(n_min)`,
      counts,
      s: c * Math.sqrt(counts[K - 1]),
      lambdaB: 0.01,
      peer: `exp:${K}:5000:0.01`,
    });
  }
if (values.large) {
  const repeat = (values, K) => Array.from({ length: K }, (_, k) => values[Math.floor((k * values.length) / K)]);
  const distinct = (K, low, step) => Array.from({ length: K }, (_, k) => Math.round(low * step ** (K - 1 - k)) + (K - 1 - k));
  for (const c of [0.3, 3]) {
    const at = (counts) => c * Math.sqrt(Math.min(...counts));
    const push = (name, counts, extra = {}) =>
      cases.push({ name: `${name}, s = ${c} sqrt(n_min)`, counts, s: at(counts), lambdaB: 0.01, once: true, ...extra });
    push(
      "1000 classes, 200 distinct counts",
      repeat(
        tail(200, 5000, 0.01).map((n, k) => n + (200 - k)),
        1000,
      ),
    );
    push(
      "8142 classes from 1000 to 2, 300 distinct counts",
      repeat(
        [...new Set(tail(2000, 1000, 0.002))]
          .filter((_, i, all) => i % Math.floor(all.length / 299) === 0)
          .slice(0, 299)
          .concat(2),
        8142,
      ),
    );
    push("1000 distinct counts, binned to 1e-4", distinct(1000, 50, 1.0046), { tolerance: 1e-4 });
    push("1000 distinct counts", distinct(1000, 50, 1.0046));
  }
}

const median = (x) => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)];
const rows = [];
for (const c of cases) {
  const N = c.counts.reduce((a, b) => a + b, 0);
  const p = problem({ counts: c.counts, lambdaZ: c.s / N, lambdaB: c.lambdaB });
  const run = () => (c.tolerance ? solveBinned(p, c.tolerance) : solve(p));
  const times = [];
  let solution;
  const n = c.once ? 1 : repeats;
  // Warm: at least three solves and 0.3 s, so that small ones are compiled.
  if (!c.once)
    for (let i = 0, from = performance.now(); i < 3 || (performance.now() - from < 300 && i < 1000); i++) solution = run();
  for (let i = 0; i < n; i++) {
    const t = performance.now();
    solution = run();
    times.push((performance.now() - t) / 1000);
  }
  const row = {
    name: c.name,
    K: p.K,
    J: solution.reduced.J,
    seconds: median(times),
    relativeGap: solution.relativeGap,
    status: solution.status,
    rank: solution.point.rank,
    products: solution.products,
    peakMB: Math.round(process.resourceUsage().maxRSS / 1024),
    peerSeconds: null,
  };
  if (values.peer && !c.once) {
    const counts = c.peer ?? c.counts.join(",");
    const code = `import sys,json; sys.path.insert(0, ${JSON.stringify(values.peer.replace(/[^/]*$/, ""))}); import refsolve as R
c=${JSON.stringify(counts)}
n=[int(round(float(c.split(':')[2])*float(c.split(':')[3])**(k/(int(c.split(':')[1])-1)))) for k in range(int(c.split(':')[1]))] if c.startswith('exp') else [int(x) for x in c.split(',')]
t=sorted(R.solve(n,${c.s / N},${c.lambdaB},tmax=600)[2] for _ in range(${p.K >= 100 ? 3 : repeats}))
print(t[len(t)//2])`;
    try {
      row.peerSeconds = Number(
        execFileSync("python3", ["-c", code], {
          env: { ...process.env, OPENBLAS_NUM_THREADS: "1" },
          encoding: "utf8",
          stdio: ["ignore", "pipe", "inherit"],
        }),
      );
    } catch (error) {
      console.error(`peer not run: ${error.message.split("\n")[0]}`);
    }
  }
  rows.push(row);
  const peer =
    row.peerSeconds === null
      ? "peer not run"
      : `numpy ${row.peerSeconds.toFixed(4)} s, ratio ${(row.seconds / row.peerSeconds).toFixed(3)}`;
  console.log(
    `${c.name.padEnd(62)} J ${String(row.J).padStart(4)}  ${row.seconds.toFixed(4)} s  gap ${row.relativeGap.toExponential(1)} ${row.status}  ${peer}  ${row.peakMB} MB`,
  );
}
if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify({ command: `node bench/solver/solver.mjs ${shownArguments}`, node: process.versions.node, cpu: cpus()[0].model, threads: cpus().length, rows }, null, 1)}\n`,
  );
