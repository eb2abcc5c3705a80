// 2,000 random problems, each to prove itself to a relative gap of 1e-10: K 2 to 60, counts 1 to 1e7, s from 1e-4 to 1.1 sqrt(n_max),
// lambda_b 1e-6 to 100 and infinity.
//
//   npm run build && node bench/solver/random.mjs [number] [seed]
import { random } from "../../dist/math/random.js";
import { problem } from "../../dist/problem/index.js";
import { solve } from "../../dist/solver/index.js";

const number = Number(process.argv[2] ?? 2000);
const seed = Number(process.argv[3] ?? 1);
let failed = 0;
let worst = 0;
const times = [];
for (let t = 0; t < number; t++) {
  const r = random(seed * 100000 + t);
  const K = 2 + r.integer(59);
  const mode = r.integer(3);
  const pool = Array.from({ length: mode === 0 ? K : mode === 1 ? 3 : Math.ceil(K / 2) }, () =>
    Math.max(1, Math.round(10 ** (r.uniform() * 7))),
  );
  const counts = mode === 0 ? pool : Array.from({ length: K }, () => pool[r.integer(pool.length)]);
  const N = counts.reduce((a, b) => a + b, 0);
  const [low, high] = [Math.log(1e-4), Math.log(1.1 * Math.sqrt(Math.max(...counts)))];
  const s = Math.exp(low + (high - low) * r.uniform());
  const lambdaB = r.uniform() < 0.25 ? Number.POSITIVE_INFINITY : 10 ** (-6 + 8 * r.uniform());
  const began = performance.now();
  const { status, relativeGap, reduced } = solve(problem({ counts, lambdaZ: s / N, lambdaB }));
  times.push(performance.now() - began);
  worst = Math.max(worst, relativeGap);
  if (status !== "certified") {
    failed++;
    console.log(`not proved: problem ${t}, K ${K}, J ${reduced.J}, s ${s}, lambda_b ${lambdaB}, gap ${relativeGap}`);
  }
}
times.sort((a, b) => a - b);
console.log(
  `${number - failed} of ${number} proved, largest relative gap ${worst.toExponential(2)}; median ${times[number >> 1].toFixed(2)} ms, slowest ${times[number - 1].toFixed(0)} ms`,
);
process.exitCode = failed ? 1 : 0;
