/**
 * Layers: small pieces of plain data that `sequence` puts in a row. A layer knows its parameters (trained) and statistics (running
 * averages that training updates and evaluation reads) by name, so a network's state is one flat dictionary.
 *
 * A layer is written as mathematics, in the operations of the engine, which know their gradients.
 *
 * @module
 */
import { type HostTensors, type Node, operations } from "../engine/index.ts";
import type { Random } from "../math/index.ts";

const { add } = operations;

/** A layer, as plain data. */
export interface Layer {
  /** Initial parameters and statistics, drawn from the generator. */
  init(random: Random): LayerState;
  /** Its output for an input, in the graph of `pass`. */
  apply(pass: Pass, x: Node): Node;
}

/** Parameters and statistics. */
export interface LayerState {
  /** Trained values, by name. */
  params: HostTensors;
  /** Running statistics: never differentiated. */
  stats: HostTensors;
}

/**
 * What a network is applied for: `training` normalizes by the batch's own statistics, and `found` has the running ones to come; `evaluation` by the running ones; `statistics` by those too, and `found` has each
 * as the mean over the input of what it estimates, variances about the running mean (training/statistics.ts).
 */
export type Purpose = "training" | "evaluation" | "statistics";

/** One way through a network. */
export interface Pass {
  /** What it is for. */
  readonly purpose: Purpose;
  /** A parameter by its name. */
  param(name: string, shape: readonly number[]): Node;
  /** A running statistic. */
  stat(name: string, shape: readonly number[]): Node;
  /** Statistics by name. */
  readonly found: Map<string, Node>;
}

export const withoutParameters = (): LayerState => ({ params: {}, stats: {} });

/** A layer without parameters. */
export const plainly = (apply: (x: Node) => Node): Layer => ({ init: withoutParameters, apply: (_pass, x) => apply(x) });

/** One layer after the other. */
export const sequence = (...layers: Layer[]): Layer => ({
  init: (random) => mergeStates(layers.map((layer) => layer.init(random))),
  apply: (pass, x) => layers.reduce((output, layer) => layer.apply(pass, output), x),
});

/** main(x) + shortcut(x). */
export const sum = (main: Layer, shortcut: Layer): Layer => ({
  init: (random) => mergeStates([main.init(random), shortcut.init(random)]),
  apply: (pass, x) => add(main.apply(pass, x), shortcut.apply(pass, x)),
});

/** x itself. */
export const identity = (): Layer => plainly((x) => x);

function mergeStates(states: LayerState[]): LayerState {
  const merge = (part: "params" | "stats"): HostTensors => Object.assign({}, ...states.map((state) => state[part]));
  return { params: merge("params"), stats: merge("stats") };
}
