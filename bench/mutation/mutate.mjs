// How much of the code could be wrong without a test that notices: StrykerJS changes one operator, condition, number or statement at a time and runs
// the tests that reach it. A seeded random sample of such mutants in each room; a mutant that no test notices has survived.
//
//   npm install --no-save @stryker-mutator/core@9.6.1 @stryker-mutator/vitest-runner@9.6.1
//   node bench/mutation/mutate.mjs [--rooms theory,solver] [--files src/theory/phase.ts] [--sample 120] [--seed 1] [--out FOLDER]
//
// Stryker is changed through its own classes, so its version is part of the command: there is a mutator of numbers, since constants are half of
// what can be wrong here, and the sample. Messages (string literals) are left alone. A time-out or an error outside a test counts as noticed.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    rooms: { type: "string", default: "theory,solver,prediction,measure,features" },
    files: { type: "string" },
    sample: { type: "string", default: "120" },
    seed: { type: "string", default: "1" },
    out: { type: "string" },
  },
});
const root = join(import.meta.dirname, "../..");
process.chdir(root);
const stryker = (path) => import(pathToFileURL(join(root, "node_modules/@stryker-mutator", path)).href);
const { Stryker } = await stryker("core/dist/src/index.js").catch(() => {
  console.error(
    "StrykerJS is not installed: npm install --no-save @stryker-mutator/core@9.6.1 @stryker-mutator/vitest-runner@9.6.1",
  );
  process.exit(2);
});
const { Instrumenter } = await stryker("instrumenter/dist/src/instrumenter.js");
const { MutantCollector } = await stryker("instrumenter/dist/src/transformers/mutant-collector.js");
const { allMutators } = await stryker("instrumenter/dist/src/mutators/index.js");
const { TestCoverage } = await stryker("core/dist/src/mutants/test-coverage.js");
const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;

/** A whole number below ten becomes the next one; any other ten times itself: 0 -> 1, 2 -> 3, 0.05 -> 0.5, 1e-9 -> 1e-8. */
allMutators.push({
  name: "NumericLiteral",
  *mutate({ node, parent, key }) {
    if (node.type !== "NumericLiteral" || (key === "key" && !parent.computed)) return;
    const { value } = node;
    yield { type: "NumericLiteral", value: Number.isInteger(value) && value < 10 ? value + 1 : value * 10 };
  },
});
const excludedMutations = ["StringLiteral"];

/** Nodes outside every function: what they are is decided while their file loads, and concerns every test that uses the file. */
const outside = new WeakSet();
for (const mutator of allMutators) {
  const mutate = mutator.mutate;
  mutator.mutate = function* (path) {
    if (path.getFunctionParent() === null) outside.add(path.node);
    yield* mutate.call(mutator, path);
  };
}
/** Mutants of such nodes; all others are asked of the tests that reach them, also where a test file reaches them while it loads. */
const outsideIds = new Set();
const whileLoading = TestCoverage.prototype.hasStaticCoverage;
TestCoverage.prototype.hasStaticCoverage = function (id) {
  return whileLoading.call(this, id) && (outsideIds.has(id) || !this.testsByMutantId.get(id)?.size);
};

/** Mutants have names that stay the same while their line does, wherever in the file that is: a later run draws the same ones again. */
const collect = MutantCollector.prototype.collect;
const namer = () => {
  const seen = new Map();
  return ({ fileName, mutatorName, replacementCode, original }) => {
    const { start, end } = original.loc;
    const line = readFileSync(fileName, "utf8").split("\n")[start.line - 1].trim();
    const width = end.line === start.line ? end.column - start.column : 0;
    const base = [relative(root, fileName), mutatorName, line, width, replacementCode].join("\n");
    seen.set(base, (seen.get(base) ?? 0) + 1);
    return `${base}\n${seen.get(base)}`;
  };
};

/** Names of all mutants of some files. */
async function allMutants(sources) {
  const names = [];
  const nameOf = namer();
  MutantCollector.prototype.collect = function (...given) {
    const mutant = collect.apply(this, given);
    if (!mutant.ignoreReason) names.push(nameOf(mutant));
    return mutant;
  };
  const silent = { debug() {}, info() {}, warn: console.warn, isDebugEnabled: () => false };
  const files = sources.map((name) => ({ name: join(root, name), mutate: true, content: readFileSync(name, "utf8") }));
  await new Instrumenter(silent).instrument(files, { ignorers: [], excludedMutations, plugins: null, noHeader: false });
  return names;
}

/** From here on Stryker places the chosen mutants only, so that the code runs nearly as fast as without. */
function placeOnly(chosen) {
  const nameOf = namer();
  outsideIds.clear();
  MutantCollector.prototype.collect = function (...given) {
    const mutant = collect.apply(this, given);
    if (outside.has(mutant.original)) outsideIds.add(mutant.id);
    if (!mutant.ignoreReason && !chosen.has(nameOf(mutant))) mutant.ignoreReason = "not in the sample";
    return mutant;
  };
}

const rank = (name) => createHash("sha256").update(`${values.seed}\n${name}`).digest("hex");

/** One room, or the files that were asked for. */
async function mutate(label, sources) {
  const began = Date.now();
  const all = await allMutants(sources);
  const ranked = all.map((name) => [rank(name), name]).sort();
  placeOnly(new Set(ranked.slice(0, Number(values.sample)).map(([, name]) => name)));
  const results = await new Stryker({
    mutate: sources,
    testRunner: "strict-vitest",
    vitest: { configFile: "bench/mutation/vitest.config.ts" },
    plugins: ["./bench/mutation/runner.mjs"],
    mutator: { plugins: null, excludedMutations },
    ignorePatterns: ["/dist", "/docs", "/results", "/web", "/examples", "/tools", "/data", "/runs", "/demo"],
    tsconfigFile: "none",
    disableTypeChecks: false,
    coverageAnalysis: "perTest",
    concurrency: 1,
    timeoutMS: 30_000,
    timeoutFactor: 2.5,
    dryRunTimeoutMinutes: 60,
    reporters: ["progress-append-only"],
    tempDirName: ".mutation",
  }).runMutationTest();

  const tested = results.filter(({ status }) => status !== "Ignored");
  const count = (...wanted) => tested.filter(({ status }) => wanted.includes(status)).length;
  const noticed = count("Killed", "Timeout", "RuntimeError");
  const survivors = tested
    .filter(({ status }) => status === "Survived" || status === "NoCoverage")
    .map(({ fileName, location: { start, end }, mutatorName, replacement, status }) => {
      const line = readFileSync(fileName, "utf8").split("\n")[start.line - 1];
      const from = start.line === end.line ? line.slice(start.column - 1, end.column - 1) : `${line.slice(start.column - 1)} ...`;
      const at = `${relative(root, fileName)}:${start.line}:${start.column}`;
      return { at, mutator: mutatorName, line: line.trim(), from, to: replacement, reached: status === "Survived" };
    })
    .sort((a, b) => a.at.localeCompare(b.at, "en", { numeric: true }));
  return {
    command: `node bench/mutation/mutate.mjs ${process.argv.slice(2).join(" ")}`,
    versions: { node: process.version, stryker: version("@stryker-mutator/core"), vitest: version("vitest") },
    machine: `${cpus().length} x ${cpus()[0].model.trim()}`,
    seconds: Math.round((Date.now() - began) / 1000),
    label,
    seed: Number(values.seed),
    mutants: all.length,
    sampled: tested.length,
    noticed,
    timedOut: count("Timeout"),
    unreached: count("NoCoverage"),
    score: Number((noticed / tested.length).toFixed(3)),
    survivors,
  };
}

const typescript = (folder) => readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".ts"));
const parts = values.files
  ? [["files", values.files.split(",")]]
  : values.rooms.split(",").map((room) => [room, typescript(`src/${room}`).map((name) => `src/${room}/${name}`)]);
for (const [label, sources] of parts) {
  const outcome = await mutate(label, sources);
  for (const { at, from, to, reached } of outcome.survivors)
    console.log(`${at}  ${from} -> ${to}${reached ? "" : " (no test reaches it)"}`);
  console.log(
    `${label}: ${outcome.noticed} of ${outcome.sampled} noticed (${outcome.timedOut} by time-out), of ${outcome.mutants} mutants`,
  );
  if (!values.out) continue;
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, `${label}.json`), `${JSON.stringify(outcome, null, 1)}\n`);
}
