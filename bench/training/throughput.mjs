// Training steps on each engine beside PyTorch's on the processor, in one run: images/s of whole steps (forward, loss with penalties, gradients, SGD with
// momentum) from the same shapes, and the ratios. Then the memory after each 100 of 1,000 steps of the mlp, and that of resnet18 at batch 128.
//
//   npm run build && npx -p node@24 node bench/training/throughput.mjs [--python /usr/bin/python3] [--rounds 5] [--only mlp] [--devices wasm,onnx] [--before FOLDER] [--out FILE]
//
// Each side runs in a process of its own, in turns, with as many threads as there are cores; compiling and two steps to warm up are not counted. --before: a checkout, built, of the last version that trained
// on an array library (commit ea85590), as one more side.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const cases = [
  { name: "mlp", channels: 1, side: 28, batch: 128, steps: 100 },
  { name: "cnn", channels: 1, side: 32, batch: 128, steps: 10 },
  { name: "resnet8", channels: 3, side: 32, batch: 128, steps: 6 },
  { name: "resnet18", channels: 3, side: 32, batch: 16, steps: 4 },
  { name: "resnet18", channels: 3, side: 32, batch: 32, steps: 3 },
];
const threads = availableParallelism();

const rates = { learningRate: 0.01, lambdaW: 0.01, featurePenalty: 0.3, lambdaB: 0.02 };
const options = { momentum: 0.9, weightDecay: 0 };
const networkOf = ({ name, channels, side }) => ({
  name,
  features: "linear",
  channels,
  height: side,
  width: side,
  classes: 10,
  bias: true,
});
const pixel = (i) => Math.sin(1.3 * i + (i % 7) ** 2);
const target = (i) => Number(i % 10 === (Math.floor(i / 10) * 3) % 10);

/** Seconds of each of the case's steps; `onStep` is told after each. */
async function ours({ device = "wasm", batch, steps, ...c }, onStep = () => {}) {
  const { startEngine } = await import("../../dist/engine/index.js");
  const { network } = await import("../../dist/networks/index.js");
  const { heldArrays, initialState, sumsZero } = await import("../../dist/training/state.js");
  const { compileStep } = await import("../../dist/training/step.js");
  const engine = await startEngine(device, { threads });
  const net = network(networkOf(c));
  const x = Float32Array.from({ length: batch * net.inputs }, (_, i) => pixel(i));
  const y = Float32Array.from({ length: batch * 10 }, (_, i) => target(i));
  const step = await compileStep(engine, net, batch, options);
  const held = engine.hold({ ...heldArrays(initialState(net, 0)), ...sumsZero() });
  const times = [];
  for (let i = -2; i < steps; i++) {
    const began = performance.now();
    await step.run(held, { x, y }, rates);
    if (i >= 0) times.push((performance.now() - began) / 1000);
    onStep(i + 1);
  }
  return finite((await held.read(["sums/loss"]))["sums/loss"].data[0], times);
}

/** The same by the version before. */
async function before({ folder, batch, steps, ...c }) {
  const load = (file) => import(`${folder}/dist/${file}`);
  const { hostTensor, jax, network, startBackend, toDevice } = await load("networks/index.js");
  const { initialState, toStep } = await load("training/state.js");
  const { compileStep } = await load("training/step.js");
  await startBackend("wasm", { threads });
  const net = network(networkOf(c));
  const x = hostTensor([batch, net.inputs], pixel);
  const y = hostTensor([batch, 10], target);
  const step = compileStep(net, options);
  let { step: state } = toStep(initialState(net, 0));
  const times = [];
  for (let i = -2; i < steps; i++) {
    const began = performance.now();
    state = await step(state, { x: toDevice(x), y: toDevice(y) }, rates);
    await jax.blockUntilReady(state.sums.loss);
    if (i >= 0) times.push((performance.now() - began) / 1000);
  }
  return finite((await state.sums.loss.data())[0], times);
}

function finite(loss, times) {
  if (!Number.isFinite(loss)) throw new Error(`loss ${loss}`);
  return { times, megabytes: Math.round(process.resourceUsage().maxRSS / 1024) };
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
    devices: { type: "string", default: "wasm" },
    before: { type: "string" },
    out: { type: "string" },
    child: { type: "string" },
  },
});
const child = values.child && JSON.parse(values.child);
if (child?.memory) console.log(JSON.stringify(await memory()));
else if (child) console.log(JSON.stringify(await (child.folder ? before(child) : ours(child))));
else {
  const self = fileURLToPath(import.meta.url);
  const node = (about, ...flags) =>
    last(execFileSync(process.execPath, [...flags, self, "--child", JSON.stringify(about)], { encoding: "utf8" }));
  const devices = values.devices.split(",");
  const sides = [
    ...devices.map((device) => [device, (c) => node({ ...c, device })]),
    ...(values.before ? [["before", (c) => node({ ...c, folder: resolve(values.before) })]] : []),
    [
      "pytorch",
      (c) =>
        last(
          execFileSync(values.python, [join(here, "torch_steps.py"), JSON.stringify(c), String(threads)], { encoding: "utf8" }),
        ),
    ],
  ];
  let torch = null;
  const rows = [];
  for (const c of cases.filter(({ name }) => values.only === undefined || values.only === name)) {
    const rounds = Array.from({ length: Number(values.rounds) }, () =>
      Object.fromEntries(
        sides.map(([side, run]) => {
          const made = run(c);
          if (side === "pytorch") torch = made;
          return [side, { images: c.batch / median(made.times), megabytes: made.megabytes }];
        }),
      ),
    );
    const row = { ...c };
    for (const [side] of sides) {
      const ratios = rounds.map((round) => round[side].images / round.pytorch.images);
      row[side] = {
        images: median(rounds.map((round) => round[side].images)),
        ofPytorch: median(ratios),
        megabytes: rounds[0][side].megabytes,
      };
    }
    rows.push(row);
    const words = sides.map(([side]) => `${side} ${row[side].images.toFixed(1)} (${row[side].ofPytorch.toFixed(2)})`);
    console.log(`${c.name}, batch ${c.batch}, images/s: ${words.join(", ")}`);
  }
  const readings = node({ memory: true }, "--expose-gc");
  console.log(`memory over 1,000 steps of the mlp: ${readings.map((r) => r.megabytes).join(", ")} MB`);
  const large = { name: "resnet18", channels: 3, side: 32, batch: 128, steps: 1 };
  const memoryOfLarge = Object.fromEntries(devices.map((device) => [device, node({ ...large, device }).megabytes]));
  console.log(`resnet18 at batch 128: ${JSON.stringify(memoryOfLarge)} MB`);
  const document = {
    command: `node bench/training/throughput.mjs --devices ${values.devices}`,
    versions: { node: process.version, torch: torch?.torch ?? null, torchThreads: torch?.threads ?? null },
    machine: { cpu: cpus()[0].model, threads },
    networks: rows,
    memory: readings,
    memoryOfLarge,
  };
  if (values.out) writeFileSync(values.out, `${JSON.stringify(document, null, 1)}\n`);
}
