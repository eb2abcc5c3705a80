// Nonnegative features (a ReLU at the end) put traps into the landscape; free features have none.
// Gradient descent on the factored problem from seeded random starts, beside the certified optimum: node examples/traps.mjs [starts]
import { predict } from "nclab/prediction";
import { problem } from "nclab/problem";
import { descend } from "nclab/solver";

const starts = Number(process.argv[2] ?? 20);
const counts = [500, 500, 500, 500, 500, 100, 100, 100, 100, 100];

for (const nonnegative of [false, true]) {
  const p = problem({ counts, lambdaZ: 0.0027, lambdaB: 0.02, nonnegative });
  const { objective } = predict(p);
  console.log(`\n${nonnegative ? "nonnegative" : "free"} features: certified optimum ${objective.toFixed(5)}`);
  for (const [d, scale] of [
    [10, 0.1],
    [20, 0.1],
    [20, 0.01],
    [64, 0.1],
  ]) {
    const ends = new Map();
    for (let seed = 1; seed <= starts; seed++) {
      const run = descend(p, { seed, d, scale });
      const end = `${run.objective.toFixed(5)} (${run.dead.length} dead)`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    const reached = [...ends]
      .filter(([end]) => Math.abs(Number.parseFloat(end) - objective) < 1e-5)
      .reduce((n, [, m]) => n + m, 0);
    console.log(`  d = ${d}, start ${scale}: ${reached} of ${starts} reach it`);
    for (const [end, times] of [...ends].sort()) console.log(`    ${String(times).padStart(3)} x ${end}`);
  }
}
