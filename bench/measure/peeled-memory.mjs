// Memory and processor time of `nclab measure --hidden` at N = 50,000, p = 2,048, K = 100 (or as said): the class means alone, and the samples.
//
//   npm run build && node bench/measure/peeled-memory.mjs [--n 50000] [--p 2048] [--classes 100] [--decay 0.001] [--only means|samples] [--out results/measure/peeled-memory.json]
//
// Made up: what a layer behind a ReLU holds (a part that all classes share, a mean a class, twenty directions that vary within the classes, noise), counts that fall from the first class to a tenth of it in the
// last. Each part runs in a process of its own; memory is the process's peak, Node's own some 50 MB included; time is the processor's, as others use the machine too.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    n: { type: "string", default: "50000" },
    p: { type: "string", default: "2048" },
    classes: { type: "string", default: "100" },
    decay: { type: "string", default: "0.001" },
    only: { type: "string" },
    out: { type: "string" },
  },
});
const [N, p, K] = [values.n, values.p, values.classes].map(Number);
const dist = join(dirname(fileURLToPath(import.meta.url)), "../../dist");
const { random } = await import(`${dist}/math/index.js`);
const folder = mkdtempSync(join(tmpdir(), "nclab-bench-"));

/** Appends float32 rows to a .npy file, a block at a time. */
function npy(file, rows, cols, fill) {
  const to = openSync(file, "w");
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const head = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11);
  writeSync(
    to,
    Buffer.concat([
      Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]),
      u16(head.length + 1),
      Buffer.from(`${head}\n`, "latin1"),
    ]),
  );
  const step = 500;
  for (let first = 0; first < rows; first += step) {
    const block = new Float32Array(Math.min(step, rows - first) * cols);
    fill(block, first);
    writeSync(to, new Uint8Array(block.buffer));
  }
  closeSync(to);
}

const u16 = (x) => Buffer.from([x & 255, x >> 8]);

const r = random(0);
const share = Array.from({ length: K }, (_, k) => 0.1 ** (k / (K - 1)));
const total = share.reduce((a, b) => a + b, 0);
const counts = share.map((x) => Math.floor((x / total) * N));
counts[0] += N - counts.reduce((a, b) => a + b, 0);
const labels = counts.flatMap((n, k) => new Array(n).fill(k));
r.shuffle(labels);
const directions = 20;
const normals = (n) => Float32Array.from({ length: n }, () => r.normal());
const means = normals(K * p);
const within = normals(directions * p);
npy(join(folder, "phi.npy"), N, p, (block, first) => {
  for (let i = 0; i < block.length / p; i++) {
    const along = normals(directions);
    for (let j = 0; j < p; j++) {
      let x = 0.5 + means[labels[first + i] * p + j] + 0.5 * r.normal();
      for (let l = 0; l < directions; l++) x += 0.15 * along[l] * within[l * p + j];
      block[i * p + j] = Math.max(0, x);
    }
  }
});
npy(join(folder, "H.npy"), N, K, (block) => block.set(normals(block.length)));
npy(join(folder, "W.npy"), K, K, (block) => block.set(normals(block.length)));
writeFileSync(join(folder, "y.txt"), labels.join("\n"));

const child = `
const [dist, folder, decay, meansOnly] = process.argv.slice(1);
const { openInput } = await import(dist + "/inputs/index.js");
const { onDisk } = await import(dist + "/features/index.js");
const { solvePeeled } = await import(dist + "/measure/index.js");
const at = (name) => folder + "/" + name;
const input = await openInput({ features: at("H.npy"), hidden: at("phi.npy"), labels: at("y.txt"), weight: at("W.npy"), keys: {} }, onDisk);
const before = process.cpuUsage().user;
const { objective, dual, rank, passes, solved } = await solvePeeled({ stream: input.hidden, n: input.n, withOne: true }, { weightDecay: Number(decay), meansOnly: meansOnly === "true" });
const processorSeconds = (process.cpuUsage().user - before) / 1e6;
await input.close();
console.log(JSON.stringify({ solved, objective, dual, relativeGap: (objective - dual) / objective, rank, passes, processorSeconds, peakMB: process.resourceUsage().maxRSS / 1024 }));
`;
const parts = {};
for (const part of ["means", "samples"].filter((name) => values.only === undefined || name === values.only)) {
  const args = ["--input-type=module", "--eval", child, dist, folder, values.decay, String(part === "means")];
  parts[part] = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 26 }));
  console.error(part, JSON.stringify(parts[part]));
}
rmSync(folder, { recursive: true });
const result = {
  command: `node bench/measure/peeled-memory.mjs --n ${N} --p ${p} --classes ${K} --decay ${values.decay}${values.only === undefined ? "" : ` --only ${values.only}`}`,
  fileMB: (4 * N * p) / 2 ** 20,
  N,
  p,
  K,
  node: process.versions.node,
  processor: cpus()[0].model,
  parts,
};
const text = `${JSON.stringify(result, null, 1)}\n`;
if (values.out) writeFileSync(values.out, text);
else process.stdout.write(text);
