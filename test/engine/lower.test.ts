import { describe, expect, test } from "vitest";
import { operationsIn } from "../../src/engine/expression.ts";
import { fused } from "../../src/engine/fuse.ts";
import { Graph, type Node } from "../../src/engine/graph.ts";
import * as op from "../../src/engine/operations.ts";
import { plan } from "../../src/engine/plan.ts";
import type { Command } from "../../src/engine/wasm/commands.ts";
import { lower } from "../../src/engine/wasm/lower.ts";
import { headOf, type NetworkName, network, passThrough } from "../../src/networks/index.ts";
import { lossOf } from "../../src/training/loss.ts";

/** The commands of loss and gradients of a network. */
function commandsOf(name: NetworkName, side: number, threads: number): { nodes: readonly Node[]; commands: readonly Command[] } {
  const net = network({ name, features: "relu", channels: 1, height: side, width: side, classes: 10, bias: true });
  const graph = new Graph();
  const pass = passThrough(graph, "training");
  const features = net.body.apply(pass, graph.input("x", [4, net.inputs]));
  const penalties = { lambdaW: 1e-3, featurePenalty: 0.1, lambdaB: 0.01 };
  const { loss } = lossOf({ features, ...headOf(net, pass, features) }, graph.input("y", [4, 10]), penalties);
  const names = [...pass.params.keys()];
  for (const [i, gradient] of op.gradients(loss, [...pass.params.values()]).entries()) graph.output(names[i], gradient);
  const planned = plan(fused(graph));
  return { nodes: planned.nodes, ...lower(planned, { threads, shared: threads > 1 }) };
}

// One product forward and one for the parameters' gradient a layer with weights, and one backward for each but the first.
const steps: [name: NetworkName, side: number, layers: number][] = [
  ["mlp", 8, 3],
  ["cnn", 8, 5],
  // Stem, two in each of three blocks, two pointwise ones, and the head.
  ["resnet8", 8, 10],
];

describe.each(steps)("the commands of a training step of %s", (name, side, layers) => {
  test("every product is a kernel's, those of the head's ten classes too", () => {
    const { commands } = commandsOf(name, side, 2);
    const products = commands.filter(({ kernel }) => kernel?.key.startsWith("product "));
    expect(products).toHaveLength(3 * layers - 1);
  });

  test("plain code has only the class probabilities, and sums that are small", () => {
    const { commands } = commandsOf(name, side, 2);
    for (const { kernel, reads } of commands) {
      if (kernel) continue;
      // 4 samples of 10 classes, or the partial sums of a kernel: at most 64 rows of 64.
      for (const { floats } of reads) expect(floats).toBeLessThanOrEqual(4096);
    }
  });

  test("pieces of kernels are one on one thread, and how the work is cut names no other kernel", () => {
    const [one, three] = [1, 3].map((threads) => commandsOf(name, side, threads).commands);
    expect(three.map(({ kernel }) => kernel?.key)).toEqual(one.map(({ kernel }) => kernel?.key));
    expect(one.every(({ kernel }) => kernel === undefined || kernel.pieces === 1)).toBe(true);
    for (const { kernel } of three) if (kernel) expect(kernel.pieces).toBeLessThanOrEqual(Math.min(12, kernel.units));
  });
});

test("maps and reductions with exp and log, and those of channels that four does not divide, are plain code", () => {
  const graph = new Graph();
  const [x, odd, row] = [graph.input("x", [8, 4]), graph.input("odd", [8, 6]), graph.input("row", [6])];
  graph.output("exp", op.exp(x));
  graph.output("row", op.add(odd, row));
  graph.output("flat", op.add(odd, 1));
  const planned = plan(fused(graph));
  const { commands } = lower(planned, { threads: 1, shared: false });
  const computed = planned.nodes.filter(({ kind }) => kind === "map") as Extract<Node, { kind: "map" }>[];
  expect(computed.map(({ expression }) => [...operationsIn(expression)][0])).toEqual(["exp", "add", "add"]);
  expect(commands.map(({ kernel }) => kernel === undefined)).toEqual([true, true, false]);
});

test("a border around images is made once for all convolutions of one size", () => {
  const graph = new Graph();
  const x = graph.input("x", [2, 4, 4, 8]);
  const [A, B] = [graph.held("A", [3, 3, 8, 8]), graph.held("B", [3, 3, 8, 16])];
  graph.output("a", op.convolve(x, A));
  graph.output("b", op.convolve(x, B));
  graph.output("stride", op.convolve(x, A, 2));
  graph.output("wide", op.convolve(x, graph.held("C", [5, 5, 8, 8])));
  const { commands } = lower(plan(fused(graph)), { threads: 1, shared: false });
  expect(commands.map(({ kernel }) => kernel?.key.split(" ")[0])).toEqual([
    "place",
    "product",
    "product",
    "product",
    "place",
    "product",
  ]);
});
