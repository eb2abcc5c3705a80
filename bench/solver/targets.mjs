// Soft labels: 1000 tokens x 2000 contexts, 10 tokens a context, certified to a relative gap of 1e-6. Processor time of one core.
//
//   npm run build && node bench/solver/targets.mjs [--K 1000] [--M 2000] [--topics 50] [--s 20,10] [--tolerance 1e-6] [--out results/solver/targets.json]
//
// Contexts are made up: each of a topic, with 10 tokens drawn by the topic's own law 1/rank and shares by lot (exponential, normalized); counts of contexts from 10 to 1000, even in their logarithm. s = N lambda_Z,
// no bias. --topics 0: tokens without topics, targets without any structure.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { matrix, random } from "../../dist/math/index.js";
import { predictTargets } from "../../dist/prediction/index.js";
import { targetsProblem } from "../../dist/problem/index.js";

const { values } = parseArgs({
  options: {
    K: { type: "string" },
    M: { type: "string" },
    topics: { type: "string" },
    s: { type: "string" },
    tolerance: { type: "string" },
    out: { type: "string" },
  },
});
const [K, M, topics, tolerance] = [values.K ?? 1000, values.M ?? 2000, values.topics ?? 50, values.tolerance ?? 1e-6].map(Number);
const nonzeros = 10;

function contexts() {
  const r = random(1);
  const counts = Array.from({ length: M }, () => Math.ceil(10 * 100 ** r.uniform()));
  // Cumulative weights of each topic's tokens.
  const laws = Array.from({ length: topics }, () => {
    let sum = 0;
    return Array.from({ length: K }, () => {
      sum += 1 / (1 + r.integer(K));
      return sum;
    });
  });
  const token = (law) => (law ? law.findIndex((sum) => sum >= r.uniform() * law[K - 1]) : r.integer(K));
  const targets = matrix(K, M);
  for (let m = 0; m < M; m++) {
    const law = topics > 0 ? laws[r.integer(topics)] : null;
    const shares = new Map();
    while (shares.size < nonzeros) shares.set(token(law), -Math.log(1 - r.uniform()));
    const sum = [...shares.values()].reduce((a, b) => a + b, 0);
    for (const [k, share] of shares) targets.data[k * M + m] = share / sum;
  }
  return { counts, targets };
}

const given = contexts();
const N = given.counts.reduce((a, b) => a + b, 0);
const rows = [];
for (const s of (values.s ?? "20,10").split(",").map(Number)) {
  const problem = targetsProblem({ ...given, lambdaZ: s / N });
  const begun = process.cpuUsage();
  const { prediction: p } = predictTargets(problem, { tolerance });
  const { user, system } = process.cpuUsage(begun);
  const row = {
    ...{ K, M, topics, nonzeros, s, N, tolerance },
    ...{ processorSeconds: (user + system) / 1e6, wallSeconds: p.seconds, rank: p.rank, objective: p.objective },
    ...{ relativeGap: p.relativeGap, certified: p.certified, iterations: p.iterations },
  };
  rows.push(row);
  console.log(JSON.stringify(row));
}
if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify(
      {
        command: `node bench/solver/targets.mjs ${process.argv
          .slice(2)
          .map((x) => (x.includes("/") ? x.split("/").at(-1) : x))
          .join(" ")}`,
        node: process.version,
        machine: `${process.platform} ${process.arch}, ${cpus()[0].model}, ${cpus().length} shared cores`,
        rows,
      },
      null,
      1,
    )}\n`,
  );
