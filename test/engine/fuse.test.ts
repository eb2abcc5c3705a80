import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fused } from "../../src/engine/fuse.ts";
import { Graph, type Node, neededNodes } from "../../src/engine/graph.ts";
import * as op from "../../src/engine/operations.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { network, passThrough } from "../../src/networks/index.ts";
import { graphOf, recipes } from "./whole-numbers.ts";

const shapesOf = (nodes: ReadonlyMap<string, Node>): Record<string, readonly number[]> =>
  Object.fromEntries([...nodes].map(([name, { shape }]) => [name, shape]));
/** A kernel of a graphics processor takes no more. */
const mostInputs = 7;
const kindsOf = (graph: Graph): string[] => neededNodes(graph).map(({ kind }) => kind);
const double = (n: number): Float64Array => new Float64Array(n);

test("whatever the graph: the same numbers, outputs and kept arrays; no more nodes; no node of more inputs than a kernel takes; the graph itself as it was", () => {
  fc.assert(
    fc.property(recipes, (recipe) => {
      const { graph, given, held } = graphOf(recipe);
      const before = graph.nodes.length;
      const better = fused(graph);
      expect(graph.nodes.length).toBe(before);
      expect(shapesOf(better.outputs)).toEqual(shapesOf(graph.outputs));
      expect(shapesOf(better.kept)).toEqual(shapesOf(graph.kept));
      const values = Object.fromEntries(Object.entries(held).map(([name, { data }]) => [name, data]));
      expect(evaluate(better, given, values, double)).toEqual(evaluate(graph, given, values, double));
      for (const { inputs } of better.nodes) expect(inputs.length).toBeLessThanOrEqual(mostInputs);
      // Held arrays that are outputs are copied by a map.
      const copies = [...graph.outputs.values(), ...graph.kept.values()].filter((node) => rootOf(node).kind === "held").length;
      expect(neededNodes(better).length).toBeLessThanOrEqual(neededNodes(graph).length + copies);
    }),
    { numRuns: 300 },
  );
});

const rootOf = (node: Node): Node => (node.kind === "reshape" ? rootOf(node.inputs[0]) : node);

describe("a map goes into the one node that takes it", () => {
  test("a map or a reduce over the same shape", () => {
    const graph = new Graph();
    const x = graph.input("x", [4, 4]);
    const y = op.relu(op.add(op.multiply(x, 2), 1));
    graph.output("z", op.subtract(y, 3));
    graph.output("sum", op.sum(op.square(op.add(x, 1)), "rows"));
    expect(kindsOf(fused(graph))).toEqual(["input", "map", "reduce"]);
  });

  test("not into two nodes, nor a product, nor where it is an output or kept, nor over a larger shape", () => {
    const count = (make: (map: Node, x: Node, graph: Graph) => Node): number => {
      const graph = new Graph();
      const x = graph.input("x", [4, 4]);
      graph.held("A", [4, 4]);
      graph.output("z", make(op.relu(x), x, graph));
      return kindsOf(fused(graph)).filter((kind) => kind === "map").length;
    };
    expect(count((map) => op.add(map, 1))).toBe(1);
    expect(count((map) => op.add(op.sum(map, "rows"), op.multiply(map, 2)))).toBe(2);
    expect(count((map, x) => op.product("XY", map, x))).toBe(1);
    const named = (use: (map: Node, graph: Graph) => void) => (map: Node, _: Node, graph: Graph) => {
      use(map, graph);
      return op.add(map, 1);
    };
    expect(count(named((map, graph) => graph.output("map", map)))).toBe(2);
    expect(count(named((map, graph) => graph.keep("A", map)))).toBe(2);
    expect(count((_, x) => op.add(x, op.relu(op.sum(x, "rows"))))).toBe(2);
  });

  test("of more arrays than a node may take: as many as there is room for, each of them once", () => {
    const graph = new Graph();
    const arrays = Array.from({ length: 20 }, (_, i) => graph.input(`x${i}`, [3]));
    graph.output(
      "sum",
      arrays.reduce((a, b) => op.add(a, b)),
    );
    graph.output(
      "pairs",
      arrays.map((x) => op.multiply(x, x)).reduce((a, b) => op.add(a, b)),
    );
    const better = fused(graph);
    for (const { inputs } of better.nodes) {
      expect(inputs.length).toBeLessThanOrEqual(mostInputs);
      expect(new Set(inputs).size).toBe(inputs.length);
    }
    // Each takes six more: 20 = 7 + 6 + 6 + 1.
    expect(kindsOf(better).filter((kind) => kind === "map").length).toBe(2 * 4);
    const values = Object.fromEntries(arrays.map((_, i) => [`x${i}`, [i, 1, -i]]));
    expect(evaluate(better, values, {}, double).outputs).toEqual({
      sum: Float64Array.of(190, 20, -190),
      pairs: Float64Array.of(2470, 20, 2470),
    });
  });
});

test("of a network in training a third of the nodes are gone", () => {
  const net = network({ name: "resnet8", features: "relu", height: 8, width: 8, channels: 1, classes: 10, bias: true });
  const graph = new Graph();
  const pass = passThrough(graph, "training");
  const loss = op.sum(op.square(net.body.apply(pass, graph.input("x", [4, 64]))), "all");
  const names = [...pass.params.keys()];
  for (const [i, gradient] of op.gradients(loss, [...pass.params.values()]).entries()) graph.output(names[i], gradient);
  expect(kindsOf(fused(graph)).length).toBeLessThan((2 / 3) * kindsOf(graph).length);
});

test("squares of squares are not written out twice and twice again", () => {
  const graph = new Graph();
  let x: Node = graph.input("x", [8]);
  for (let i = 0; i < 40; i++) x = op.square(x);
  graph.output("y", x);
  const { y } = evaluate(fused(graph), { x: new Float32Array(8).fill(1) }, {}, (n) => new Float64Array(n)).outputs;
  expect([...y]).toEqual(Array(8).fill(1));
});
