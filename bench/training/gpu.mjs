// Training on this machine's graphics processor, by WebGPU: images/s of whole steps (forward, loss with penalties, gradients, SGD with momentum) beside PyTorch's with CUDA in float32 where it is
// installed, what a step costs the host and the device, kernel by kernel if asked, and gradients beside float64.
//
//   npm install webgpu && npm run build && node bench/training/gpu.mjs [--only mlp,resnet18] [--batch 128] [--seconds 3] [--python python3] [--kernels] [--out results/training/gpu.json]
//
// --software: also on a driver that imitates a graphics processor, to see that the program works; its times say nothing and are not written. --side, --steps: smaller images, fewer steps, for that.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { WebGpuEngine } from "../../dist/engine/webgpu/engine.js";
import { encodeSafetensors } from "../../dist/features/safetensors.js";
import { network } from "../../dist/networks/index.js";
import { heldArrays, initialState, sumsZero } from "../../dist/training/state.js";
import { compileStep } from "../../dist/training/step.js";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "mlp,cnn,resnet8,resnet18,vgg13" },
    batch: { type: "string", default: "128" },
    seconds: { type: "string", default: "3" },
    steps: { type: "string", default: "1000" },
    side: { type: "string" },
    python: { type: "string", default: process.env.NCLAB_PYTHON ?? "python3" },
    "gradient-batch": { type: "string", default: "16" },
    kernels: { type: "boolean", default: false },
    software: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const rates = { learningRate: 0.01, lambdaW: 0.01, featurePenalty: 0.3, lambdaB: 0.02 };
const batch = Number(values.batch);
const last = (text) => JSON.parse(text.trim().split("\n").at(-1));
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const engine = await WebGpuEngine.start();
if (engine.software && !values.software) {
  console.error(`${engine.adapter} computes on the processor: its times say nothing (--software runs it all the same)`);
  process.exit(2);
}
const has = (program) => spawnSync(values.python, ["-c", program]).status === 0;
const [torch, cuda] = [has("import torch"), has("import torch; assert torch.cuda.is_available()")];
console.log(`${engine.adapter}; PyTorch ${cuda ? "with CUDA" : torch ? "without CUDA" : "not found"}`);

/** A network with the batch that it is given. */
function made(name, rows) {
  const side = Number(values.side ?? (name === "mlp" ? 28 : 32));
  const channels = name === "mlp" || name === "cnn" ? 1 : 3;
  const net = network({ name, features: "linear", channels, height: side, width: side, classes: 10, bias: true });
  const x = Float32Array.from({ length: rows * net.inputs }, (_, i) => Math.sin(1.3 * i + (i % 7) ** 2));
  const y = Float32Array.from({ length: rows * 10 }, (_, i) => Number(i % 10 === (Math.floor(i / 10) * 3) % 10));
  return { net, x, y, about: { name, channels, side } };
}

/** The step, and the program in it, which can be profiled. */
async function compiled(net, rows) {
  let program;
  const step = await compileStep({ ...engine, compile: async (graph) => (program = await engine.compile(graph)) }, net, rows, {
    momentum: 0.9,
    weightDecay: 0,
  });
  return { step, program };
}

async function speed(name) {
  const { net, x, y } = made(name, batch);
  let began = performance.now();
  const { step, program } = await compiled(net, batch);
  const held = engine.hold({ ...heldArrays(initialState(net, 0)), ...sumsZero() });
  const compiling = (performance.now() - began) / 1000;
  // A read waits for all that was asked for.
  const settle = async () => (await held.read(["sums/loss"]))["sums/loss"].data[0];
  const once = () => step.run(held, { x, y }, rates);
  for (let i = 0; i < 3; i++) await once();
  await settle();
  const before = engine.counts;
  const cpu = process.cpuUsage();
  began = performance.now();
  let steps = 0;
  while (steps < Number(values.steps) && performance.now() - began < 1000 * Number(values.seconds)) {
    await once();
    steps++;
  }
  const after = engine.counts;
  const loss = await settle();
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  if (!Number.isFinite(loss)) throw new Error(`${name}: loss ${loss}`);
  const row = {
    name,
    batch,
    images: (batch * steps) / seconds,
    step: (1000 * seconds) / steps,
    host: (used.user + used.system) / 1000 / steps,
    kernels: program.size.kernels,
    megabytes: Math.round(program.size.bytes / 1e6),
    submissions: (after.submissions - before.submissions) / steps,
    buffersMade: (after.buffers - before.buffers) / steps,
    compiling,
  };
  if (engine.timed) {
    const given = { x, y, ...Object.fromEntries(Object.entries(rates).map(([key, value]) => [key, [value]])) };
    const runs = [];
    for (let i = 0; i < 3; i++) runs.push(await program.profile(held, given));
    // In passes of their own: their sum is more than what they take in one.
    const times = runs[0].map(({ name: kernel }, i) => ({ kernel, ms: median(runs.map((run) => run[i].milliseconds)) }));
    row.device = times.reduce((sum, { ms }) => sum + ms, 0);
    row.slowest = [...times].sort((a, b) => b.ms - a.ms).slice(0, values.kernels ? times.length : 8);
  }
  held.dispose();
  step.dispose();
  return row;
}

/** Distance of the gradients from PyTorch's in float64, and of its own in float32. */
async function gradients(name) {
  const rows = Math.min(batch, Number(values["gradient-batch"]));
  const { net, x, y, about } = made(name, rows);
  const start = initialState(net, 1);
  const held = engine.hold({ ...heldArrays(start), ...sumsZero() });
  const { step } = await compiled(net, rows);
  await step.run(held, { x, y }, rates);
  // From rest, the velocity after a step is the gradient.
  const names = Object.keys(start.params);
  const read = await held.read(names.map((key) => `velocities/${key}`));
  const folder = mkdtempSync(join(tmpdir(), "nclab-gpu-"));
  try {
    const { velocities, ...state } = start;
    const arrays = { ...heldArrays(state), x: { shape: [rows, net.inputs], data: x }, y: { shape: [rows, 10], data: y } };
    const found = Object.fromEntries(names.map((key) => [`params/${key}`, read[`velocities/${key}`]]));
    writeFileSync(join(folder, "start.safetensors"), encodeSafetensors(arrays));
    writeFileSync(join(folder, "found.safetensors"), encodeSafetensors(found));
    const settings = JSON.stringify({ ...about, ...rates });
    return last(execFileSync(values.python, [join(here, "torch_gradients.py"), folder, settings], { encoding: "utf8" }));
  } finally {
    rmSync(folder, { recursive: true });
    held.dispose();
    step.dispose();
  }
}

const round = (n, digits = 2) => Number(n.toPrecision(digits + 1));
const rows = [];
let versions = null;
for (const name of values.only.split(",")) {
  const row = await speed(name);
  if (cuda) {
    const { about } = made(name, 1);
    const settings = JSON.stringify({ ...about, batch, steps: 100, device: "cuda" });
    const theirs = last(execFileSync(values.python, [join(here, "torch_steps.py"), settings, "8"], { encoding: "utf8" }));
    versions = { torch: theirs.torch, cuda: theirs.device };
    row.pytorch = batch / median(theirs.times);
    row.ofPytorch = row.images / row.pytorch;
  }
  if (torch) row.gradient = await gradients(name);
  rows.push(row);
  const beside = row.pytorch ? `, PyTorch ${row.pytorch.toFixed(0)} (${row.ofPytorch.toFixed(2)})` : "";
  const device = row.device === undefined ? "" : `, kernels by the device's clock ${row.device.toFixed(2)} ms`;
  console.log(
    `${name}, batch ${batch}: ${row.images.toFixed(0)} images/s${beside}; a step ${row.step.toFixed(2)} ms, processor ${row.host.toFixed(2)} ms${device}`,
  );
  console.log(
    `   ${row.kernels} kernels, ${row.submissions} submissions, ${row.buffersMade} buffers made, ${row.megabytes} MB; compiled in ${row.compiling.toFixed(1)} s`,
  );
  for (const { kernel, ms } of row.slowest ?? []) console.log(`   ${ms.toFixed(3)} ms ${kernel}`);
  if (row.gradient)
    console.log(`   gradient beside float64: ${round(row.gradient.ours)} (PyTorch in float32 ${round(row.gradient.torch)})`);
}
const command = `node bench/training/gpu.mjs ${process.argv.slice(2).join(" ")}`.trim();
if (values.out && engine.software) console.log("nothing was written: times of a software driver say nothing");
else if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify({ command, versions: { node: process.version, ...versions }, adapter: engine.adapter, networks: rows }, null, 1)}\n`,
  );
engine.close();
