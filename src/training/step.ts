import { type Engine, Graph, type Held, type HostTensors, type Node, operations, type Program } from "../engine/index.ts";
import { type ArraysOf, headOf, type Network, type PassThrough, passThrough } from "../networks/index.ts";
import { heldPass } from "./forward.ts";
import { type Adjustment, type Loss, lossOf, type Penalties } from "./loss.ts";
import { type SgdOptions, sgd } from "./sgd.ts";
import { sumNames } from "./state.ts";
import { together } from "./together.ts";

const { add, expand, gradients, multiply, square, sum } = operations;

/**
 * One training step as a graph: forward, loss, gradients, update. The state is held on the device (state.ts names its arrays) and is what a run made of it; the rates are inputs, so a schedule
 * compiles nothing twice.
 */

/** `normDecay`: penalty on scale and shift of the network's last normalizations, with `ownNormDecay`; without, they decay with the body. */
export type StepRates = { learningRate: number; normDecay?: number } & Penalties<number>;

export interface StepOptions extends Omit<SgdOptions, "spared"> {
  /** Whether the rates say `normDecay`. */
  ownNormDecay?: boolean;
}

/** The parameters of `normDecay`: scale and shift of the normalizations that the features come out of. */
export function normParameters({ featureNorms }: Pick<Network, "featureNorms">): string[] {
  return featureNorms.flatMap((name) => [`${name}.scale`, `${name}.shift`]);
}

/** A batch, or a part of one: normalized images (rows x inputs) and targets (rows x K). */
export interface BatchRows {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/** A step on the arrays held on the device, of batches of one size. */
export interface Step {
  run(held: Held, batch: BatchRows, rates: StepRates): Promise<void>;
  dispose(): void;
}

export async function compileStep(
  engine: Engine,
  network: Network,
  rows: number,
  options: StepOptions,
  adjust: Adjustment = {},
): Promise<Step> {
  const { graph, params, made, rates } = differentiated(network, rows, options, adjust);
  for (const [name, w] of params) {
    const velocity = graph.held(`velocities/${name}`, w.shape);
    const gradient = made.gradients.get(name) as Node;
    const next = sgd(name, { w, gradient, velocity }, rates.learningRate, sparing(options, network));
    graph.keep(`velocities/${name}`, next.velocity);
    graph.keep(`params/${name}`, next.w);
  }
  const program = await engine.compile(graph);
  return {
    run: async (held, batch, rates) => void (await program.run(held, given(batch, rates))),
    dispose: () => program.dispose(),
  };
}

/** The same step in parts of a batch, for networks that would not fit into memory: gradients are added up part by part, then applied. Holds `gradients/NAME` too, zeros between two steps. */
export interface StepInParts {
  run(held: Held, parts: Iterable<BatchRows>, count: number, rates: StepRates): Promise<void>;
  dispose(): void;
}

export async function compileStepInParts(
  engine: Engine,
  network: Network,
  rows: number,
  options: StepOptions,
  adjust: Adjustment = {},
): Promise<StepInParts> {
  const part = differentiated(network, rows, options, adjust, "share");
  const applied = new Graph();
  const learningRate = applied.input("learningRate");
  for (const [name, { shape }] of part.params) {
    const sumOfParts = part.graph.held(`gradients/${name}`, shape);
    const gradient = part.made.gradients.get(name) as Node;
    part.graph.keep(`gradients/${name}`, add(sumOfParts, multiply(gradient, part.graph.input("share"))));
    const [w, velocity, whole] = ["params", "velocities", "gradients"].map((kind) => applied.held(`${kind}/${name}`, shape));
    const next = sgd(name, { w, gradient: whole, velocity }, learningRate, sparing(options, network));
    applied.keep(`velocities/${name}`, next.velocity);
    applied.keep(`params/${name}`, next.w);
    applied.keep(`gradients/${name}`, expand(applied.constant([0], []), shape));
  }
  const programs = together();
  try {
    const adding = programs.add(await engine.compile(part.graph));
    const applying = programs.add(await engine.compile(applied));
    return { ...stepOfParts(adding, applying), dispose: programs.dispose };
  } catch (error) {
    programs.dispose();
    throw error;
  }
}

const stepOfParts = (adding: Program, applying: Program): Pick<StepInParts, "run"> => ({
  async run(held, parts, count, { learningRate, ...rates }) {
    for (const batch of parts) await adding.run(held, { ...given(batch, rates), share: [1 / count] });
    await applying.run(held, { learningRate: [learningRate] });
  },
});

const given = ({ x, y }: BatchRows, rates: Partial<StepRates>): Record<string, ArrayLike<number>> => ({
  x,
  y,
  ...Object.fromEntries(Object.entries(rates).map(([name, value]) => [name, [value]])),
});

/** The graph of a part's loss and gradients, with what it does to the statistics and the sums (times `share`, an input of that name, for a part of a batch). */
function differentiated(
  network: Network,
  rows: number,
  { ownNormDecay }: StepOptions,
  adjust: Adjustment,
  share?: string,
): {
  graph: Graph;
  params: Map<string, Node>;
  made: Differentiated;
  rates: { learningRate: Node } & Penalties<Node>;
} {
  const graph = new Graph();
  const pass = heldPass(graph, "training");
  const [lambdaW, featurePenalty, lambdaB] = ["lambdaW", "featurePenalty", "lambdaB"].map((name) => graph.input(name));
  const penalties = { lambdaW, featurePenalty, lambdaB };
  const normDecay = ownNormDecay ? graph.input("normDecay") : undefined;
  const x = graph.input("x", [rows, network.inputs]);
  const y = graph.input("y", [rows, network.classes]);
  const made = differentiate({ network, pass, x, y, adjust }, penalties, normDecay);
  for (const [name, stat] of pass.found) graph.keep(`stats/${name}`, stat);
  for (const name of sumNames) {
    const part = share !== undefined && name !== "correct" ? multiply(made[name], graph.input(share)) : made[name];
    graph.keep(`sums/${name}`, add(graph.held(`sums/${name}`), part));
  }
  return { graph, params: pass.params, made, rates: { ...penalties, learningRate: graph.input("learningRate") } };
}

export interface Differentiated extends Loss {
  /** By the parameter's name. */
  gradients: Map<string, Node>;
}

/** Loss and gradients of a batch x (rows x inputs), y (rows x K) in every parameter that the pass meets. */
function differentiate(
  { network, pass, x, y, adjust }: { network: Network; pass: PassThrough; x: Node; y: Node; adjust: Adjustment },
  penalties: Penalties<Node | number>,
  normDecay?: Node,
): Differentiated {
  const features = network.body.apply(pass, x);
  const head = headOf(network, pass, features);
  const { loss, ...rest } = lossOf({ features, ...head }, y, penalties, adjust);
  // (decay/2) |w|^2 of each scale and shift of the last normalizations.
  const penalized = normDecay
    ? normParameters(network).reduce(
        (total, name) => add(total, multiply(multiply(sum(square(pass.params.get(name) as Node), "all"), normDecay), 0.5)),
        loss,
      )
    : loss;
  const names = [...pass.params.keys()];
  const found = gradients(penalized, [...pass.params.values()]);
  return { loss: penalized, ...rest, gradients: new Map(names.map((name, i) => [name, found[i]])) };
}

/** Mean loss of a batch and its gradients without any penalty, at parameters that are given; x and y are held. Batch normalization's statistics are the batch's. */
export async function compileGradients(
  engine: Engine,
  network: Network,
  rows: number,
  adjust: Adjustment = {},
): Promise<{
  run(held: Held, params: HostTensors): Promise<{ loss: number; gradients: Record<string, Float32Array> }>;
  dispose(): void;
}> {
  const graph = new Graph();
  const given: ArraysOf = (name, shape) => graph.input(name, shape);
  const made = differentiate(
    {
      network,
      pass: passThrough(graph, "training", { param: given, stat: given }),
      x: graph.held("x", [rows, network.inputs]),
      y: graph.held("y", [rows, network.classes]),
      adjust,
    },
    { lambdaW: 0, featurePenalty: 0, lambdaB: 0 },
  );
  graph.output("loss", made.loss);
  for (const [name, gradient] of made.gradients) graph.output(name, gradient);
  const program = await engine.compile(graph);
  return {
    async run(held, at) {
      const params = [...made.gradients.keys()].map((name) => [name, at[name].data]);
      const { loss, ...gradients } = await program.run(held, Object.fromEntries(params));
      return { loss: loss[0], gradients };
    },
    dispose: () => program.dispose(),
  };
}

/** Without the body's decay on what has a penalty of its own. */
function sparing({ ownNormDecay, ...options }: StepOptions, network: Network): SgdOptions {
  return ownNormDecay ? { ...options, spared: new Set(normParameters(network)) } : options;
}
