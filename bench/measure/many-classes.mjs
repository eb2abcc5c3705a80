// `nclab measure` of tens of thousands of classes: seconds, processor seconds and memory of one run of the whole process, its document to a pipe, and how long each stage took as it tells them.
//
//   npm run build && node bench/measure/many-classes.mjs [--classes 50000] [--samples 50000] [--width 512] [--backend wasm] [--python python3] [--out results/measure/fifty-thousand.json]
//
// Python needs NumPy. 50,000 classes of 512 features take minutes and 1.6 GB.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    classes: { type: "string", default: "50000" },
    samples: { type: "string", default: "50000" },
    width: { type: "string", default: "512" },
    backend: { type: "string", default: "wasm" },
    python: { type: "string", default: "python3" },
    out: { type: "string" },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, "../../dist/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "nclab-bench-"));
const at = (name) => join(folder, `${name}.npy`);
const [N, d, K] = [values.samples, values.width, values.classes];
try {
  execFileSync(values.python, [join(here, "make_many.py"), N, d, K, folder]);
  const told = `process.on("exit", () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); console.error("USED " + JSON.stringify([maxRSS / 1024, (userCPUTime + systemCPUTime) / 1e6])); });`;
  const options = ["--features", at("H"), "--labels", at("y"), "--head-weight", at("W"), "--backend", values.backend, "--json"];
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `import ${JSON.stringify(program)}; ${told}`, "x", "measure", ...options],
    { encoding: "utf8", maxBuffer: 2 ** 30 },
  );
  if (status !== 0) throw new Error(stderr);
  const seconds = Math.round(performance.now() - began) / 1e3;
  const [peakMB, processorSeconds] = JSON.parse(/USED (.*)/.exec(stderr)[1]).map(Math.round);
  const { nc1, cdnv, nc4, crossEntropy, gnc2 } = JSON.parse(stdout);
  const row = {
    command: `node bench/measure/many-classes.mjs --classes ${K} --samples ${N} --width ${d} --backend ${values.backend}`,
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
    data: "class means M normal, features M[i mod K] + 0.5 normal, head M / sqrt(d), float32 (make_many.py)",
    versions: { node: process.version },
    machine: { cpu: cpus()[0].model, threads: cpus().length },
    N: Number(N),
    d: Number(d),
    K: Number(K),
    seconds,
    processorSeconds,
    peakMB,
    stages: Object.fromEntries([...stderr.matchAll(/^100% {2}(.*?) {2}took (.*)$/gm)].map(([, stage, took]) => [stage, took])),
    found: { nc1, cdnv, nc4, crossEntropy, distance: gnc2.distance },
  };
  console.log(JSON.stringify(row, null, 1));
  if (values.out) writeFileSync(values.out, `${JSON.stringify(row, null, 1)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
