// A whole training step as one ONNX graph (graph.mjs) on onnxruntime-node beside PyTorch, in one run: images/s, medians. A prototype of an engine: nothing of it is in the package.
//
//   npm install --no-save --ignore-scripts onnxruntime-node@1.30   (in a folder of its own: NODE_PATH names its node_modules)
//   node bench/training/engines/onnx.mjs --runtime FOLDER/node_modules/onnxruntime-node [--python python3] [--rounds 3] [--only mlp] [--check] [--out FILE]
//
// --check: loss and parameters after three steps beside PyTorch's from the same start, instead of times.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Graph } from "./graph.mjs";
import { cnn, mlp, resnet8, resnet18 } from "./networks.mjs";

const { values } = parseArgs({
  options: {
    runtime: { type: "string" },
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
    threads: { type: "string", default: String(availableParallelism()) },
    out: { type: "string" },
    child: { type: "string" },
    check: { type: "boolean" },
  },
});
if (!values.runtime) throw new Error("--runtime: expected the folder of onnxruntime-node, got none");
const here = dirname(fileURLToPath(import.meta.url));
const threads = Number(values.threads);
const cases = [
  { name: "mlp", channels: 1, side: 28, batch: 128, steps: 100 },
  { name: "cnn", channels: 1, side: 32, batch: 128, steps: 20 },
  { name: "resnet8", channels: 3, side: 32, batch: 128, steps: 8 },
  { name: "resnet18", channels: 3, side: 32, batch: 16, steps: 4 },
  { name: "resnet18", channels: 3, side: 32, batch: 32, steps: 3 },
];
const bodies = { mlp, cnn, resnet8, resnet18 };
const rates = { learningRate: 0.01, momentum: 0.9, lambdaW: 0.01, featurePenalty: 0.3, lambdaB: 0.02 };
const size = (shape) => shape.reduce((a, b) => a * b, 1);

function stepOf({ name, channels, side, batch }) {
  const g = new Graph();
  const shape = name === "mlp" ? [batch, channels * side * side] : [batch, channels, side, side];
  const x = g.input("x", shape);
  x.leaf = true;
  const labels = g.input("y", [batch, 10]);
  const features = bodies[name](g, x, { channels, side });
  const head = { w: g.parameter("head.weight", [features.shape[1], 10]), b: g.parameter("head.bias", [10]) };
  const logits = g.dense(features, head.w, head.b);
  return { ...g.step({ features, logits, labels, head, rates }), shape, parameters: g.parameters.map(({ w }) => w) };
}

/** Numbers that another program can make too: of size about `scale`, from their place. */
const made = (length, seed, scale) =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin(1.3 * i + ((i + seed) % 7) ** 2 + seed));
const start = ({ name, shape }, i) =>
  name.endsWith("scale")
    ? new Float32Array(size(shape)).fill(1)
    : shape.length === 1
      ? new Float32Array(size(shape))
      : made(size(shape), i, Math.sqrt(4 / size(shape.length === 4 ? shape.slice(1) : shape.slice(0, 1))));

async function run(c) {
  const { InferenceSession, Tensor } = createRequire(import.meta.url)(values.runtime);
  const { bytes, outputs, shape, parameters } = stepOf(c);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: threads, graphOptimizationLevel: "all" });
  const labels = Float32Array.from({ length: c.batch * 10 }, (_, e) => Number(e % 10 === (Math.floor(e / 10) * 3) % 10));
  const feeds = { x: new Tensor("float32", made(size(shape), 1, 1), shape), y: new Tensor("float32", labels, [c.batch, 10]) };
  parameters.forEach((w, i) => {
    feeds[w.name] = new Tensor("float32", start(w, i), w.shape);
    feeds[`${w.name}.velocity`] = new Tensor("float32", new Float32Array(size(w.shape)), w.shape);
  });
  const times = [];
  const losses = [];
  for (let i = -2; i < c.steps; i++) {
    const began = performance.now();
    const found = await session.run(feeds);
    losses.push(found[outputs[0].name].data[0]);
    parameters.forEach((w, p) => {
      feeds[w.name] = found[outputs[1 + 2 * p].name];
      feeds[`${w.name}.velocity`] = found[outputs[2 + 2 * p].name];
    });
    if (i >= 0) times.push((performance.now() - began) / 1000);
  }
  const lengths = Object.fromEntries(parameters.map(({ name }) => [name, Math.hypot(...sample(feeds[name].data))]));
  return { times, losses, lengths, megabytes: Math.round(process.resourceUsage().maxRSS / 1024) };
}
/** At most 10,000 of its numbers. */
const sample = (data) => data.filter((_, i) => i % Math.ceil(data.length / 10_000) === 0);

/** The largest relative distance from PyTorch's float64 after three steps, of losses and of lengths of parameters. */
async function checked(c) {
  const { parameters } = stepOf(c);
  const about = JSON.stringify({ ...c, parameters: parameters.map(({ name, shape }) => [name, shape]) });
  const wanted = last(execFileSync(values.python, [join(here, "check.py"), about], { encoding: "utf8" }));
  const { losses, lengths } = await run(c);
  const apart = (a, b) => Math.abs(a - b) / Math.max(1e-3, Math.abs(b));
  return {
    losses: Math.max(...losses.map((x, i) => apart(x, wanted.losses[i]))),
    parameters: Math.max(...Object.entries(wanted.lengths).map(([name, x]) => apart(lengths[name], x))),
  };
}

const median = (x) => [...x].sort((a, b) => a - b)[x.length >> 1];
const last = (output) => JSON.parse(output.trim().split("\n").at(-1));

if (values.child !== undefined) console.log(JSON.stringify(await run(JSON.parse(values.child))));
else {
  const chosen = cases.filter(({ name }) => values.only === undefined || values.only === name);
  if (values.check) {
    for (const c of chosen) console.log(c.name, c.batch, JSON.stringify(await checked({ ...c, steps: 1 })));
    process.exit(0);
  }
  const rows = [];
  let torch = null;
  const self = fileURLToPath(import.meta.url);
  for (const c of chosen) {
    const mine = () =>
      last(
        execFileSync(
          process.execPath,
          [self, "--runtime", values.runtime, "--threads", values.threads, "--child", JSON.stringify(c)],
          {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "inherit"],
          },
        ),
      );
    const rounds = Array.from({ length: Number(values.rounds) }, () => {
      const a = mine();
      torch = last(
        execFileSync(values.python, [join(here, "../torch_steps.py"), JSON.stringify(c), String(threads)], { encoding: "utf8" }),
      );
      return { onnx: c.batch / median(a.times), pytorch: c.batch / median(torch.times), megabytes: a.megabytes };
    });
    const row = {
      ...c,
      onnx: median(rounds.map((r) => r.onnx)),
      pytorch: median(rounds.map((r) => r.pytorch)),
      ratio: median(rounds.map((r) => r.onnx / r.pytorch)),
      megabytes: Math.max(...rounds.map((r) => r.megabytes)),
    };
    rows.push(row);
    console.log(
      `${c.name}, batch ${c.batch}: ${row.onnx.toFixed(1)} images/s, PyTorch ${row.pytorch.toFixed(1)}, ratio ${row.ratio.toFixed(2)}, ${row.megabytes} MB`,
    );
  }
  if (values.out) {
    const versions = {
      node: process.version,
      onnxruntime: createRequire(import.meta.url)(`${values.runtime}/package.json`).version,
      torch: torch.torch,
    };
    writeFileSync(
      values.out,
      `${JSON.stringify({ command: "node bench/training/engines/onnx.mjs", versions, cpu: cpus()[0].model, threads, rows }, null, 1)}\n`,
    );
  }
}
