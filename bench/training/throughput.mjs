// Training steps beside PyTorch's on the processor, in one run: images/s of whole steps (forward, loss with penalties, gradients, SGD with
// momentum) from the same shapes, and the ratio. Then the memory after each 100 of 1,000 steps of the mlp.
//
//   npm run build && npx -p node@24 node bench/training/throughput.mjs [--python /usr/bin/python3] [--rounds 5] [--only mlp] [--out FILE]
//
// Each side runs in a process of its own, in turns, with as many threads as there are cores; compiling and two steps to warm up are not counted.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const cases = [
  { name: "mlp", channels: 1, side: 28, batch: 128, steps: 100, atLeast: 0.4 },
  { name: "cnn", channels: 1, side: 32, batch: 128, steps: 10, atLeast: 0.3 },
  { name: "resnet18", channels: 3, side: 32, batch: 16, steps: 4, atLeast: 0.25 },
  { name: "resnet18", channels: 3, side: 32, batch: 32, steps: 3, atLeast: 0.25 },
];
const threads = availableParallelism();

/** Seconds of each of the case's steps; `onStep` is told after each. */
async function ours({ name, channels, side, batch, steps }, onStep = () => {}) {
  const { hostTensor, jax, network, startBackend, toDevice } = await import("../../dist/networks/index.js");
  const { initialState, toStep } = await import("../../dist/training/state.js");
  const { compileStep } = await import("../../dist/training/step.js");
  await startBackend("wasm", { threads });
  const net = network({ name, features: "linear", channels, height: side, width: side, classes: 10, bias: true });
  const x = hostTensor([batch, net.inputs], (i) => Math.sin(1.3 * i + (i % 7) ** 2));
  const y = hostTensor([batch, 10], (i) => Number(i % 10 === (Math.floor(i / 10) * 3) % 10));
  const step = compileStep(net, { momentum: 0.9, weightDecay: 0 });
  const rates = { learningRate: 0.01, lambdaW: 0.01, featurePenalty: 0.3, lambdaB: 0.02 };
  let { step: state } = toStep(initialState(net, 0));
  const times = [];
  for (let i = -2; i < steps; i++) {
    const began = performance.now();
    state = await step(state, { x: toDevice(x), y: toDevice(y) }, rates);
    await jax.blockUntilReady(state.sums.loss);
    if (i >= 0) times.push((performance.now() - began) / 1000);
    onStep(i + 1);
  }
  const loss = (await state.sums.loss.data())[0];
  if (!Number.isFinite(loss)) throw new Error(`${name}: loss ${loss}`);
  return times;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const last = (text) => JSON.parse(text.trim().split("\n").at(-1));

/** Resident memory in MB after every 100 steps, garbage collected first (where Node runs with --expose-gc). */
async function memory() {
  const readings = [];
  await ours({ ...cases[0], steps: 1000 }, (step) => {
    if (step % 100 !== 0 || step <= 0) return;
    globalThis.gc?.();
    readings.push({ step, megabytes: Math.round(process.memoryUsage().rss / 2 ** 20) });
  });
  return readings;
}

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "/usr/bin/python3" },
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
    out: { type: "string" },
    child: { type: "string" },
  },
});
if (values.child === "memory") console.log(JSON.stringify(await memory()));
else if (values.child !== undefined) console.log(JSON.stringify(await ours(JSON.parse(values.child))));
else {
  const self = fileURLToPath(import.meta.url);
  const node = (...options) => last(execFileSync(process.execPath, options, { encoding: "utf8" }));
  let torch = null;
  const rows = [];
  for (const c of cases.filter(({ name }) => values.only === undefined || values.only === name)) {
    const rounds = Array.from({ length: Number(values.rounds) }, () => {
      const nclab = c.batch / median(node(self, "--child", JSON.stringify(c)));
      torch = last(
        execFileSync(values.python, [join(here, "torch_steps.py"), JSON.stringify(c), String(threads)], { encoding: "utf8" }),
      );
      return { nclab, pytorch: c.batch / median(torch.times) };
    });
    const row = {
      ...c,
      nclab: median(rounds.map((r) => r.nclab)),
      pytorch: median(rounds.map((r) => r.pytorch)),
      ratio: median(rounds.map((r) => r.nclab / r.pytorch)),
      rounds,
    };
    rows.push(row);
    console.log(
      `${c.name}, batch ${c.batch}: ${row.nclab.toFixed(1)} images/s here, ${row.pytorch.toFixed(1)} in PyTorch, ratio ${row.ratio.toFixed(2)} (asked: ${c.atLeast})`,
    );
  }
  const readings = node("--expose-gc", self, "--child", "memory");
  console.log(`memory over 1,000 steps of the mlp: ${readings.map((r) => r.megabytes).join(", ")} MB`);
  const document = {
    command: "node bench/training/throughput.mjs",
    versions: { node: process.version, torch: torch?.torch ?? null, torchThreads: torch?.threads ?? null },
    machine: { cpu: cpus()[0].model, threads },
    networks: rows,
    memory: readings,
  };
  if (values.out) writeFileSync(values.out, `${JSON.stringify(document, null, 1)}\n`);
}
