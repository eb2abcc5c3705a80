// `nclab measure` beside the package neural-collapse with PyTorch float32, on the metrics that both have, and (up to a thousand classes) beside the formulas of plain.py in NumPy float64: seconds and memory, medians of
// runs in turns, and how far the numbers are apart. Ten thousand classes run once.
//
//   npm run build && node bench/measure/package.mjs --package FOLDER [--python python3] [--repeats 3] [--only 1000] [--backend onnx] [--out results/measure/package.json]
//
// FOLDER: a checkout of github.com/rhubarbwu/neural-collapse; Python needs torch and scipy. Theirs counts from the open of the files (bench/measure/package.py); ours is the whole process, from its start to its
// document on standard output.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    package: { type: "string" },
    python: { type: "string", default: "python3" },
    repeats: { type: "string", default: "3" },
    only: { type: "string" },
    backend: { type: "string", default: "wasm" },
    out: { type: "string" },
  },
});
if (!values.package) throw new Error("--package: expected a folder with the package neural-collapse, got none");
const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, "../../dist/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "nclab-bench-"));
const at = (name) => join(folder, `${name}.npy`);
const cases = [
  { N: 60_000, d: 512, K: 10 },
  { N: 50_000, d: 768, K: 1000 },
  { N: 20_000, d: 512, K: 10_000 },
];
const median = (x) => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)];

function ours(threads) {
  const began = performance.now();
  const files = ["--features", at("H"), "--labels", at("y"), "--head-weight", at("W")];
  const code = `import ${JSON.stringify(program)}; process.on("exit", () => console.error("PEAK " + process.resourceUsage().maxRSS / 1024));`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      code,
      "x",
      "measure",
      ...files,
      "--threads",
      String(threads),
      "--backend",
      values.backend,
      "--json",
    ],
    { encoding: "utf8", maxBuffer: 2 ** 30 },
  );
  if (status !== 0) throw new Error(stderr);
  return { seconds: (performance.now() - began) / 1e3, peakMB: Number(/PEAK (.*)/.exec(stderr)?.[1]), text: stdout };
}

function theirs() {
  const env = { ...process.env, PYTHONPATH: values.package };
  const text = execFileSync(values.python, [join(here, "package.py"), ...["H", "y", "W"].map(at)], { encoding: "utf8", env });
  return JSON.parse(text);
}

function plainNumpy() {
  const files = ["H", "y", "W", "b"].map(at);
  return JSON.parse(execFileSync(values.python, [join(here, "plain.py"), ...files, "5e-4"], { encoding: "utf8" }));
}

const rows = [];
let versions = {};
try {
  for (const { N, d, K } of cases) {
    if (values.only && values.only !== String(K)) continue;
    execFileSync(values.python, [join(here, "make_clouds.py"), String(N), String(d), String(K), folder]);
    const [mine, other, alone, plain] = [[], [], [], []];
    for (let i = 0; i < (K > 1000 ? 1 : Number(values.repeats)); i++) {
      mine.push(ours(cpus().length));
      other.push(theirs());
      alone.push(ours(1));
      if (K <= 1000) plain.push(plainNumpy());
    }
    const { torch, numpy, threads, result } = other[0];
    versions = { torch, numpy, torchThreads: threads };
    const m = JSON.parse(mine[0].text);
    const same = {
      nc1: m.nc1.classBalanced,
      cdnv: m.cdnv,
      etf: m.nc2.etfDistance,
      dual: m.nc3Structure,
      unc3: m.unc3,
      nc4: m.nc4,
      distance: m.gnc2.distance.mean,
      logarithmic: m.gnc2.logarithmic.mean,
      riesz: m.gnc2.riesz.mean,
    };
    const row = {
      case: `${N} x ${d} float32, K = ${K}`,
      seconds: median(mine.map((x) => x.seconds)),
      secondsOfOneThread: median(alone.map((x) => x.seconds)),
      peakMB: Math.round(Math.max(...mine.map((x) => x.peakMB))),
      packageSeconds: median(other.map((x) => x.seconds)),
      packagePeakMB: Math.round(Math.max(...other.map((x) => x.peakMB))),
      numpySeconds: plain.length > 0 ? median(plain.map((x) => x.seconds)) : null,
      ratio: median(mine.map((x) => x.seconds)) / median(other.map((x) => x.seconds)),
      equalForEveryNumberOfThreads: mine.every((x, i) => x.text === alone[i].text),
      apart: Object.fromEntries(Object.entries(result).map(([name, x]) => [name, Math.abs(x - same[name])])),
    };
    rows.push(row);
    console.log(JSON.stringify(row));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (values.out) {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const command = `node bench/measure/package.mjs --package FOLDER --repeats ${values.repeats}${values.only ? ` --only ${values.only}` : ""}${values.backend === "wasm" ? "" : ` --backend ${values.backend}`} --out ${values.out}`;
  const about = { command, commit, node: process.version, ...versions, cpu: cpus()[0].model, cores: cpus().length };
  writeFileSync(values.out, `${JSON.stringify({ ...about, rows }, null, 1)}\n`);
}
