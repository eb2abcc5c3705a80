// nclab measure beside the same measures in NumPy, in one run: wall time from the open of the files to the numbers, GB/s, peak memory.
//
//   npm run build && node bench/measure/measure.mjs [--python /usr/bin/python3] [--repeats 5] [--out results/measure/measure.json]
//
// Both sides run in a process of their own each time, alternating, with the files in the page cache; the start of the process is not counted.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "/usr/bin/python3" },
    repeats: { type: "string", default: "5" },
    out: { type: "string" },
    dist: { type: "string" },
    only: { type: "string" },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const dist = values.dist ?? join(here, "../../dist");
const folder = mkdtempSync(join(tmpdir(), "nclab-bench-"));
const cases = [
  { N: 60_000, d: 512, K: 10 },
  { N: 60_000, d: 4096, K: 10 },
  { N: 60_000, d: 512, K: 100 },
];

const child = `
const [dist, folder] = process.argv.slice(1);
const { openInput } = await import(dist + "/inputs/index.js");
const { onDisk } = await import(dist + "/features/index.js");
const { bothPasses, finish } = await import(dist + "/measure/index.js");
const at = (name) => folder + "/" + name;
const began = performance.now();
const input = await openInput({ features: at("H.npy"), labels: at("y.npy"), weight: at("W.npy"), bias: at("b.npy"), keys: {} }, onDisk);
const { frame, within } = await bothPasses(input, input.n);
const m = finish(frame, within, input.head, { weightDecay: 5e-4 });
await input.close();
const seconds = (performance.now() - began) / 1000;
const { paper, sampleWeighted, classBalanced } = m.nc1;
console.log(JSON.stringify({ seconds, peakMB: process.resourceUsage().maxRSS / 1024, result: { paper, sampleWeighted, classBalanced, traceRatio: m.traceRatio, cdnv: m.cdnv, equiangularMeans: m.nc2.equiangularMeans, etfDistance: m.nc2.etfDistance, nc3: m.nc3, nc4: m.nc4, lambdaH: m.effective.lambdaH, stationarityResidual: m.effective.stationarityResidual } }));
`;
const run = (command, args) =>
  execFileSync(command, args, { encoding: "utf8", maxBuffer: 1e8, stdio: ["ignore", "pipe", "inherit"] });
const median = (x) => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)];

const rows = [];
let numpy = null;
let blas = null;
try {
  for (const { N, d, K } of cases) {
    if (values.only && values.only !== `${d}x${K}`) continue;
    numpy = run(values.python, [join(here, "make_clouds.py"), String(N), String(d), String(K), folder]).trim();
    const ours = [];
    const theirs = [];
    for (let i = 0; i < Number(values.repeats); i++) {
      ours.push(JSON.parse(run(process.execPath, ["--input-type=module", "-e", child, dist, folder])));
      theirs.push(
        JSON.parse(
          run(values.python, [
            join(here, "plain.py"),
            ...["H", "y", "W", "b"].map((name) => join(folder, `${name}.npy`)),
            "5e-4",
          ]),
        ),
      );
    }
    blas = theirs[0].blas;
    const largestDifference = Math.max(
      ...Object.entries(theirs[0].result).map(([name, x]) => Math.abs(ours[0].result[name] - x) / Math.max(Math.abs(x), 1e-12)),
    );
    const gigabytes = (N * d * 4) / 1e9;
    const row = {
      case: `${N} x ${d} float32, K = ${K}`,
      fileGB: gigabytes,
      seconds: median(ours.map((x) => x.seconds)),
      gigabytesPerSecond: gigabytes / median(ours.map((x) => x.seconds)),
      peakMB: Math.round(Math.max(...ours.map((x) => x.peakMB))),
      numpySeconds: median(theirs.map((x) => x.seconds)),
      numpyPeakMB: Math.round(Math.max(...theirs.map((x) => x.peakMB))),
      ratio: median(ours.map((x) => x.seconds)) / median(theirs.map((x) => x.seconds)),
      largestRelativeDifference: largestDifference,
    };
    rows.push(row);
    console.log(
      `${row.case.padEnd(32)} ${row.seconds.toFixed(3)} s  ${row.gigabytesPerSecond.toFixed(2)} GB/s  ${row.peakMB} MB   numpy ${row.numpySeconds.toFixed(3)} s  ${row.numpyPeakMB} MB   ratio ${row.ratio.toFixed(2)}  difference ${largestDifference.toExponential(1)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify({ command: "node bench/measure/measure.mjs --out results/measure/measure.json", repeats: Number(values.repeats), node: process.versions.node, numpy, blas, cpu: cpus()[0].model, threads: cpus().length, rows }, null, 1)}\n`,
  );
