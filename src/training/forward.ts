import { type Engine, Graph, type Held, type Node } from "../engine/index.ts";
import { headOf, type Layer, type Network, type PassThrough, type Purpose, passThrough } from "../networks/index.ts";

/** A way through a network whose parameters and statistics are held by the names of state.ts. */
export const heldPass = (graph: Graph, purpose: Purpose): PassThrough =>
  passThrough(graph, purpose, {
    param: (name, shape) => graph.held(`params/${name}`, shape),
    stat: (name, shape) => graph.held(`stats/${name}`, shape),
  });

/** What a network, or a part of one, makes of rows of inputs in evaluation mode (running statistics): its outputs by name. */
export interface Forward {
  /** Rows that it takes at a time. */
  readonly rows: number;
  run(held: Held, x: ArrayLike<number>): Promise<Record<string, Float32Array>>;
  dispose(): void;
}

async function compileOutputs(
  engine: Engine,
  rows: number,
  inputs: number,
  outputs: (graph: Graph, x: Node) => Record<string, Node>,
): Promise<Forward> {
  const graph = new Graph();
  for (const [name, node] of Object.entries(outputs(graph, graph.input("x", [rows, inputs])))) graph.output(name, node);
  const program = await engine.compile(graph);
  return { rows, run: (held, x) => program.run(held, { x }), dispose: () => program.dispose() };
}

/** `features` (rows x d) and `logits` (rows x K). */
export function compileForward(engine: Engine, network: Network, rows: number): Promise<Forward> {
  return compileOutputs(engine, rows, network.inputs, (graph, x) => {
    const pass = heldPass(graph, "evaluation");
    const features = network.body.apply(pass, x);
    return { features, logits: headOf(network, pass, features).logits };
  });
}

/** `values` of one layer. */
export function compileLayer(engine: Engine, layer: Layer, { rows, inputs }: { rows: number; inputs: number }): Promise<Forward> {
  return compileOutputs(engine, rows, inputs, (graph, x) => ({ values: layer.apply(heldPass(graph, "evaluation"), x) }));
}

/** Every statistic as `rows` inputs show it (`statistics` of networks/layer.ts), by its name. */
export function compileStatistics(engine: Engine, network: Network, rows: number): Promise<Forward> {
  return compileOutputs(engine, rows, network.inputs, (graph, x) => {
    const pass = heldPass(graph, "statistics");
    network.body.apply(pass, x);
    return Object.fromEntries(pass.found);
  });
}
