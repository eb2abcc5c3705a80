// The solver of two builds on the same problems: processor seconds of one solve, the least of several by turns, one process at a time. Before: the last commit
// without a room for losses; cross-entropy was the solver's own then, the square loss a closed form without a bias.
//
//   git worktree add ../before a19bc2d && (cd ../before && npm ci && npx tsc -p tsconfig.build.json) && npx tsc -p tsconfig.build.json
//   node bench/solver/before-after.mjs --before ../before/dist --after dist [--out results/solver/before-after.json]
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { before: { type: "string" }, after: { type: "string" }, out: { type: "string" }, case: { type: "string" } },
});
const twenty = Array.from({ length: 20 }, (_, k) => Math.round(5000 * 0.01 ** (k / 19))).join();
// s in shares of the root of the smallest count.
const cases = [
  { name: "10 classes, two clusters, no closed form asked", counts: "5x500,5x100", share: 0.81, lambdaB: 0.02 },
  { name: "20 different counts, nothing merges", counts: twenty, share: 0.3, lambdaB: 0.01 },
  { name: "20 different counts, rank 10", counts: twenty, share: 3, lambdaB: 0.01 },
  { name: "Places-LT, 365 classes", counts: "dataset:places-lt", share: 0.9, lambdaB: 0.01 },
  { name: "nonnegative features, 20 different counts", counts: twenty, share: 3, lambdaB: 0.01, nonnegative: true },
  { name: "square loss, 10 classes, no bias", counts: "5x500,5x100", share: 0.81, loss: "square" },
  { name: "square loss, 10 classes, bias", counts: "5x500,5x100", share: 0.81, lambdaB: 0.02, loss: "square" },
  { name: "ImageNet-LT, 1000 classes", counts: "dataset:imagenet-lt", share: 0.9, lambdaB: 0.01 },
];

/** One case in a process of its own: seconds a solve, objective, gap. */
async function measure({ counts: text, share, lambdaB, loss, nonnegative }, dist) {
  const { parseCounts, parseCountTable, problem } = await import(resolve(dist, "problem/index.js"));
  const { solve, solveNonnegative } = await import(resolve(dist, "solver/index.js"));
  const { squareLoss } = await import(resolve(dist, "theory/index.js"));
  const counts = text.startsWith("dataset:") ? parseCountTable(text, "counts").counts : parseCounts(text);
  const N = counts.reduce((a, b) => a + b, 0);
  const lambdaZ = (share * Math.sqrt(Math.min(...counts))) / N;
  const p = problem({ counts, lambdaZ, lambdaB: lambdaB ?? Number.POSITIVE_INFINITY, nonnegative, ...(loss ? { loss } : {}) });
  const run = () => {
    if (loss && lambdaB === undefined) return squareLoss(p);
    return nonnegative ? solveNonnegative(p).certificate.ufmPlus : solve(p).certificate;
  };
  if (loss && lambdaB !== undefined && p.loss !== loss) return null;
  const spent = (from) => {
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1e6;
  };
  // Compiled first, then the least of five batches: what a crowded core adds is never negative. A solve of a second and more is measured once, its compilation with it.
  let began = process.cpuUsage();
  let proof = run();
  let seconds = spent(began);
  if (seconds < 1) {
    for (began = process.cpuUsage(); spent(began) < 0.3; ) run();
    for (let batch = 0; batch < 5; batch++) {
      began = process.cpuUsage();
      let solves = 0;
      for (; spent(began) < 0.1; solves++) proof = run();
      seconds = Math.min(seconds, spent(began) / solves);
    }
  }
  return { seconds: Number(seconds.toPrecision(4)), objective: proof.objective, relativeGap: proof.relativeGap };
}

if (values.case !== undefined) {
  console.log(JSON.stringify(await measure(cases[Number(values.case)], values.after)));
} else {
  const commitOf = (dist) =>
    execFileSync("git", ["-C", resolve(dist, ".."), "rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const of = (dist, i) =>
    JSON.parse(execFileSync(process.execPath, [process.argv[1], "--case", String(i), "--after", dist], { encoding: "utf8" }));
  const faster = (x, y) => (x !== null && x.seconds <= y.seconds ? x : y);
  const head = {
    command: "node bench/solver/before-after.mjs --before ../before/dist --after dist",
    commits: { before: commitOf(values.before), after: commitOf(values.after) },
    ...{ node: process.versions.node, cpu: cpus()[0].model, threads: cpus().length, unit: "processor seconds a solve" },
  };
  const runs = [];
  for (const [i, c] of cases.entries()) {
    let [before, after] = [of(values.before, i), of(values.after, i)];
    // By turns, as another's work on the machine comes and goes.
    for (let turn = 0; turn < 2 && after.seconds < 1; turn++) {
      before = faster(before, of(values.before, i));
      after = faster(after, of(values.after, i));
    }
    console.log(`${c.name}: ${before?.seconds ?? "not solved"} -> ${after.seconds} s, gap ${after.relativeGap.toExponential(1)}`);
    runs.push({ ...c, before, after });
    // What is done stays, should the last take too long.
    if (values.out) writeFileSync(values.out, `${JSON.stringify({ ...head, runs }, null, 1)}\n`);
  }
}
