// The WebGPU engine in a process of its own, for webgpu.ts: a graph with its arrays a line in, what it gave a line out.
import { createInterface } from "node:readline";
import { Graph } from "../../dist/engine/graph.js";
import { add, multiply } from "../../dist/engine/operations.js";
import { WebGpuEngine } from "../../dist/engine/webgpu/engine.js";
import { afterClosing, afterDisposal, inOrder } from "./asked.mjs";

const numbers = (text) => {
  const bytes = Buffer.from(text, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const text = (data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
const each = (object, f) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, f(value)]));
const asked = { afterClosing, afterDisposal, inOrder };
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const engine = await WebGpuEngine.start().catch((error) => {
  tell({ missing: error.message });
  process.exit(0);
});
tell({ adapter: engine.adapter, software: engine.software });

async function answer({ asked: what, ...question }) {
  return what ? asked[what](engine, { Graph, add, multiply }) : runs(question);
}

async function runs({ nodes, outputs, kept, held, given }) {
  const graph = new Graph();
  const made = new Map();
  for (const { id, kind, shape, inputs, ...about } of nodes) {
    const named = kind === "input" || kind === "held";
    const from = inputs.map((i) => made.get(i));
    made.set(id, named ? graph[kind](about.name, shape) : graph.node({ kind, ...about }, shape, from));
  }
  for (const [name, id] of Object.entries(outputs)) graph.output(name, made.get(id));
  for (const [name, id] of Object.entries(kept)) graph.keep(name, made.get(id));
  const arrays = engine.hold(each(held, ({ shape, data }) => ({ shape, data: numbers(data) })));
  const program = await engine.compile(graph);
  const runs = [];
  const counts = [];
  for (const arrays_ of given) {
    const before = engine.counts;
    runs.push(each(await program.run(arrays, each(arrays_, numbers)), text));
    const { submissions, buffers } = engine.counts;
    counts.push({ submissions: submissions - before.submissions, buffers: buffers - before.buffers });
  }
  const after = each(await arrays.read(), ({ shape, data }) => ({ shape, data: text(data) }));
  program.dispose();
  arrays.dispose();
  return { runs, held: after, counts, size: program.size };
}

for await (const line of createInterface({ input: process.stdin }))
  tell(await answer(JSON.parse(line)).catch((error) => ({ error: `${error.name}: ${error.message}` })));
// As in device-steps.mjs: a moment of rest, in which a compiler finishes that would keep the process from its end.
await new Promise((rested) => setTimeout(rested, 300));
process.exit(0);
