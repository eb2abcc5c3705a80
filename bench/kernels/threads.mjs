// Large products by one thread and by several: milliseconds (medians of rounds after a warm-up), the ratio, and whether every bit is equal.
//
//   npm run build && node bench/kernels/threads.mjs [--threads 2] [--out results/kernels/threads.json]
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { random, shareProducts, timesTranspose } from "../../dist/math/index.js";

const { values } = parseArgs({ options: { threads: { type: "string", default: "2" }, out: { type: "string" } } });
const threads = Number(values.threads);
const sizes = [
  ...[100, 130, 160, 200, 256, 300, 429, 700, 1000].map((n) => [n, n, n]),
  [512, 1000, 768],
  [1024, 100, 512],
  [1024, 32, 512],
  [1024, 10, 512],
];
const median = (x) => x.sort((a, b) => a - b)[x.length >> 1];
const normal = (length, seed) => {
  const r = random(seed);
  return Float64Array.from({ length }, () => r.normal());
};

const rows = [];
for (const [m, n, k] of sizes)
  for (const precision of ["double", "single"]) {
    const [A, B] = [normal(m * k, 1), normal(n * k, 2)];
    const timed = (count) => {
      const C = new Float64Array(m * n);
      const once = () => timesTranspose(C, A, B, m, n, k, false, precision);
      shareProducts(count);
      for (const until = performance.now() + 150; performance.now() < until; ) once();
      const milliseconds = Array.from({ length: 21 }, () => {
        const began = performance.now();
        once();
        return performance.now() - began;
      });
      return { C, milliseconds: median(milliseconds) };
    };
    const [one, several] = [timed(1), timed(threads)];
    const row = {
      m,
      n,
      k,
      precision,
      one: one.milliseconds,
      several: several.milliseconds,
      ratio: one.milliseconds / several.milliseconds,
      equal: one.C.every((x, e) => Object.is(x, several.C[e])),
    };
    rows.push(row);
    console.log(
      `${[m, n, k].join(" x ").padEnd(18)} ${precision}  ${row.one.toFixed(2).padStart(7)} ms  ${row.several.toFixed(2).padStart(7)} ms  ${row.ratio.toFixed(2)}  ${row.equal ? "equal" : "NOT EQUAL"}`,
    );
  }
if (values.out) {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const command = `node bench/kernels/threads.mjs ${process.argv.slice(2).join(" ")}`.trim();
  mkdirSync(dirname(values.out), { recursive: true });
  const about = { command, commit, node: process.version, cpu: cpus()[0].model, cores: cpus().length, threads };
  writeFileSync(values.out, `${JSON.stringify({ ...about, rows }, null, 2)}\n`);
}
