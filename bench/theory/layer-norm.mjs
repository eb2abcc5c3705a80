/**
 * What the model of a network that ends in layer normalization prefers (theory, section 9.4): the best of many descents, beside the closed forms, for balanced classes; who is paired with whom,
 * and what other pairings cost, for unequal counts.
 *
 *   npm run build && node bench/theory/layer-norm.mjs [--out results/theory/layer-norm.json] [--only balanced|unequal] [--most K]   (the file there: --most 13)
 *
 * d = 256 channels, decay on everything. `found`: how many descents ended within 1e-6 of the best. `asStarted`: where the descents with all channels ended, which is what a
 * network could do: share of them at the best answer, and median and largest objective beside it. Nothing here is proved to be a minimum.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { predictLayerNorm } from "../../dist/prediction/index.js";
import { layerNormProblem, parseCounts, parseLongTail } from "../../dist/problem/index.js";
import { descendFromRandom } from "../../dist/solver/layer-norm-descent.js";

const { values } = parseArgs({
  options: { out: { type: "string" }, only: { type: "string" }, most: { type: "string", default: "100" } },
});
const width = 256;
const asked = (counts, weightDecay) => layerNormProblem({ counts, weightDecay, ends: "layer-norm", width });
const digits = (x, n = 8) => Number(x.toPrecision(n));

/** Where descents with all channels end, beside the best. */
function asStarted(problem, best, starts) {
  const ends = Array.from(
    { length: starts },
    (_, seed) => descendFromRandom(problem, problem.K, 1000 + seed).objective / best,
  ).sort((a, b) => a - b);
  return {
    starts,
    share: ends.filter((x) => x <= 1 + 1e-6).length / starts,
    median: digits(ends[starts >> 1], 6),
    largest: digits(ends[starts - 1], 6),
  };
}

function balanced(K, weightDecay) {
  const problem = asked(new Array(K).fill(100), weightDecay);
  const starts = K <= 20 ? 64 : K <= 40 ? 32 : 8;
  const { prediction: p } = predictLayerNorm(problem, { starts });
  const row = {
    K,
    weightDecay,
    objective: digits(p.objective, 10),
    found: p.search.found,
    starts,
    geometry: p.geometry?.name ?? null,
    rank: p.rank,
    pairs: p.geometry?.pairs.length ?? 0,
    cosines: p.geometry && { least: digits(p.geometry.cosines.least, 4), most: digits(p.geometry.cosines.most, 4) },
    simplexOverBest: digits(p.closedForms.simplex / p.objective, 6),
    crossPolytopeOverBest: p.closedForms.crossPolytope === null ? null : digits(p.closedForms.crossPolytope / p.objective, 6),
    bound: digits(p.bound, 6),
    asStarted: asStarted(problem, p.objective, K <= 20 ? 32 : 4),
  };
  console.error(JSON.stringify(row));
  return row;
}

/** Pairs as the counts of both: "500-500" and how many of them. */
function kindsOf(pairs, counts) {
  const kinds = {};
  for (const [k, l] of pairs) {
    const kind = [counts[k], counts[l]].sort((a, b) => b - a).join("-");
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

function unequal(name, counts, weightDecay) {
  const problem = asked(counts, weightDecay);
  const { prediction: p } = predictLayerNorm(problem, { starts: 64 });
  const { own, outvoted, faded, merged } = p.summary;
  const row = {
    counts: name,
    weightDecay,
    objective: digits(p.objective, 10),
    found: p.search.found,
    starts: 64,
    geometry: p.geometry?.name ?? null,
    rank: p.rank,
    pairs: p.geometry && kindsOf(p.geometry.pairs, counts),
    singularValues: p.singularValues.filter((s) => s > 0).map((s) => digits(s / Math.sqrt(problem.N), 4)),
    classes: { own, outvoted, faded, merged },
    bound: digits(p.bound, 6),
    asStarted: asStarted(problem, p.objective, 32),
  };
  console.error(JSON.stringify(row));
  return row;
}

const families = {
  "5x500,5x100": parseCounts("5x500,5x100"),
  "5x500,5x20": parseCounts("5x500,5x20"),
  "exp:10:500:0.02": parseLongTail("exp:10:500:0.02"),
  "exp:9:500:0.02": parseLongTail("exp:9:500:0.02"),
};
const sizes = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 24, 27, 32, 40, 64, 100].filter(
  (K) => K <= Number(values.most),
);
const result = { width };
if (values.only !== "unequal") result.balanced = sizes.flatMap((K) => [5e-4, 0.01, 0.1].map((decay) => balanced(K, decay)));
if (values.only !== "balanced")
  result.unequal = Object.entries(families).flatMap(([name, counts]) =>
    [1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 0.6, 1, 2].map((decay) => unequal(name, counts, decay)),
  );
const text = `${JSON.stringify(result, null, 1)}\n`;
if (values.out) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, text);
} else console.log(text);
