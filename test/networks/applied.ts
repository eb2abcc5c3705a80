import { expect } from "vitest";
import { Graph, type HostTensor, type HostTensors, type Node, sizeOf } from "../../src/engine/index.ts";
import { gradients, multiply, sum } from "../../src/engine/operations.ts";
import { wasmEngine } from "../../src/engine/wasm/index.ts";
import { random } from "../../src/math/random.ts";
import type { Layer, Pass, Purpose } from "../../src/networks/index.ts";
import { expectGradients, normals } from "../engine/numeric.ts";
import { expectTwin, expectTwinOf } from "../engine/twin.ts";

const engines = [wasmEngine(1)];

/** Arrays of a pass, each by its name; nothing else is there. */
function passOf(purpose: Purpose, arrays: Readonly<Record<string, Node>>): Pass {
  const taken = (name: string, shape: readonly number[]): Node => {
    expect(arrays[name]?.shape, name).toEqual(shape);
    return arrays[name];
  };
  return { purpose, found: new Map(), param: taken, stat: taken };
}

/** What a layer takes. */
interface Given {
  x: HostTensor;
  params?: HostTensors;
  stats?: HostTensors;
  purpose?: Purpose;
  /** The gradient in the output, where gradients are wanted. */
  c?: HostTensor;
}

/**
 * What a layer makes on the WebAssembly engine, held to the twin in float64: `output`, the statistics by name and, with `c`, the gradients in x and each parameter, `d x` and `d NAME`.
 */
export async function applied(
  layer: Layer,
  { x, params = {}, stats = {}, purpose = "training", c }: Given,
): Promise<Record<string, HostTensor>> {
  const graph = new Graph();
  const given: HostTensors = { ...params, ...stats, x };
  const nodes = Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, graph.input(name, shape)]));
  const pass = passOf(purpose, nodes);
  const output = layer.apply(pass, nodes.x);
  const made: Record<string, Node> = { output, ...Object.fromEntries(pass.found) };
  if (c) {
    const names = ["x", ...Object.keys(params)];
    const wanted = names.map((name) => nodes[name]);
    const back = gradients(sum(multiply(output, graph.input("c", c.shape)), "all"), wanted);
    for (const [i, name] of names.entries()) made[`d ${name}`] = back[i];
    given.c = c;
  }
  for (const [name, node] of Object.entries(made)) graph.output(name, node);
  const values = Object.fromEntries(Object.entries(given).map(([name, { data }]) => [name, data]));
  const found = await expectTwinOf(engines, graph, values);
  return Object.fromEntries(
    Object.entries(found).map(([name, data]) => [name, { shape: made[name].shape, data: Float32Array.from(data) }]),
  );
}

/**
 * A layer's gradients in its input and in each of its parameters: against central differences in float64, in some entries (test/engine/numeric.ts), and the engine's, with its outputs and statistics, against those.
 * It asks for the parameters that it makes, no others, and finds the statistics that it makes.
 */
export async function expectGradient(layer: Layer, shape: readonly number[], entries = 6): Promise<void> {
  const { params, stats } = layer.init(random(7));
  const asked = new Map<string, readonly number[]>();
  const f = ({ x, ...arrays }: Record<string, Node>, graph: Graph): { output: Node; found: Map<string, Node> } => {
    const constants = Object.entries(stats).map(([name, { data, shape }]) => [name, graph.constant(data, shape)] as const);
    const pass = passOf("training", { ...arrays, ...Object.fromEntries(constants) });
    const param = (name: string, shape: readonly number[]): Node => {
      asked.set(name, shape);
      return pass.param(name, shape);
    };
    return { output: layer.apply({ ...pass, param }, x), found: pass.found as Map<string, Node> };
  };
  const shapes: Record<string, readonly number[]> = { x: shape };
  for (const [name, { shape }] of Object.entries(params)) shapes[name] = shape;
  expectGradients(shapes, (arrays, graph) => f(arrays, graph).output, {
    entries,
    start: (size, r) => normals(size, r, 0.5, 0.3),
  });
  expect([...asked.keys()].sort()).toEqual(Object.keys(params).sort());

  // A bias before batch normalization has no gradient but rounding: it is held to the size of what it is rounded from.
  await expectTwin(engines, shapes, both, { least: 0.1 });

  function both(arrays: Record<string, Node>, graph: Graph): Record<string, Node> {
    const { output, found } = f(arrays, graph);
    expect([...found.keys()].sort()).toEqual(Object.keys(stats).sort());
    const names = Object.keys(shapes);
    const c = graph.constant(normals(sizeOf(output.shape), random(8)), output.shape);
    const wanted = names.map((name) => arrays[name]);
    const back = gradients(sum(multiply(output, c), "all"), wanted);
    return { output, ...Object.fromEntries(found), ...Object.fromEntries(back.map((g, i) => [`d ${names[i]}`, g])) };
  }
}

/** Compares all values, with a tolerance relative to 1 + |expected|. */
export function expectClose({ data }: HostTensor, expected: ArrayLike<number>, tolerance = 1e-6): void {
  expect(data.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(data[i] - expected[i]), `${i}: ${data[i]} against ${expected[i]}`).toBeLessThan(
      tolerance * (1 + Math.abs(expected[i])),
    );
}

/** An array of these values. */
export const tensor = (shape: readonly number[], ...values: number[]): HostTensor => ({
  shape,
  data: Float32Array.from(values),
});
