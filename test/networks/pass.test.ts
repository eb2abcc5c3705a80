import { expect, test } from "vitest";
import { Graph, startEngine } from "../../src/engine/index.ts";
import { random } from "../../src/math/random.ts";
import { headOf, network, passThrough } from "../../src/networks/index.ts";
import { compileForward } from "../../src/training/forward.ts";
import { heldArrays } from "../../src/training/state.ts";

const net = network({ name: "cnn", features: "relu", height: 8, width: 8, channels: 1, classes: 3, bias: true });
const { params, stats } = net.init(random(2));
const x = Float32Array.from({ length: 4 * net.inputs }, (_, i) => Math.sin(1.7 * i));

test("a network in a graph of one's own: held under the names of init, the logits that training evaluates", async () => {
  const engine = await startEngine();
  const graph = new Graph();
  const pass = passThrough(graph, "evaluation");
  graph.output("logits", headOf(net, pass, net.body.apply(pass, graph.input("x", [4, net.inputs]))).logits);
  expect([...pass.params.keys()].sort()).toEqual(Object.keys(params).sort());
  const { logits } = await (await engine.compile(graph)).run(engine.hold({ ...params, ...stats }), { x });
  const forward = await compileForward(engine, net, 4);
  expect(logits).toEqual((await forward.run(engine.hold(heldArrays({ params, stats })), x)).logits);
});

test("parameters and statistics are what the pass is told they are", async () => {
  const graph = new Graph();
  const asked: string[] = [];
  const pass = passThrough(graph, "training", {
    param: (name, shape) => graph.input(`p ${name}`, shape),
    stat(name, shape) {
      asked.push(name);
      return graph.constant(stats[name].data, shape);
    },
  });
  net.body.apply(pass, graph.input("x", [4, net.inputs]));
  expect(pass.params.get("block1.conv.weight")).toMatchObject({ kind: "input", name: "p block1.conv.weight" });
  expect([...new Set(asked)].sort()).toEqual(Object.keys(stats).sort());
  expect([...pass.found.keys()].sort()).toEqual(Object.keys(stats).sort());
});
