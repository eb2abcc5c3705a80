/**
 * Layers: small pieces of plain data that `sequence` puts in a row. A layer knows its parameters (trained) and statistics (running
 * averages that training updates and evaluation reads) by name, so a network's state is one flat dictionary.
 *
 * Differentiation goes backwards layer by layer: `train` returns the output and a pullback, which turns the loss's gradient in the output
 * into its gradients in the input and the parameters. Most layers leave their pullback to the library (`byAutodiff`). Convolution
 * brings its own: the library's transpose of sliding windows takes minutes on WebAssembly, where the same gradient written as
 * another convolution takes milliseconds, and the library has no way to give an operation a derivative of one's own.
 *
 * @module
 */
import type { Random } from "../math/index.ts";
import { jax, type Tensor, type Tensors } from "./backend.ts";
import type { HostTensors } from "./tensors.ts";

/** A layer, as plain data. */
export interface Layer {
  /** Initial parameters and statistics, drawn from the generator. */
  init(random: Random): LayerState<HostTensors>;
  /**
   * Evaluation: `params` and `stats` hold this layer's entries and maybe others', of which references are taken; takes `x`. With `seen`, each statistic
   * of this layer is written there as the mean over `x` of what it estimates, variances about the mean in `stats` (training/statistics.ts).
   */
  apply(params: Tensors, stats: Tensors, x: Tensor, seen?: Tensors): Tensor;
  /** Training: the same with the batch's own statistics, the statistics to come, and the pullback, which must be called once. */
  train(params: Tensors, stats: Tensors, x: Tensor): Trained;
}

/** Parameters and statistics, on the device or outside it. */
export interface LayerState<T> {
  /** Trained values, by name. */
  params: T;
  /** Running statistics: never differentiated. */
  stats: T;
}

/** What a layer gives during training. */
export interface Trained {
  /** Its output. */
  output: Tensor;
  /** New values of this layer's statistics. */
  stats: Tensors;
  /** Takes the gradient in the output. */
  pullback(gradient: Tensor): Gradients;
}

/** What a pullback gives: gradients in what the layer took. */
export interface Gradients {
  /** In its input. */
  input: Tensor;
  /** In its parameters, by name. */
  params: Tensors;
}

/** References to some entries of a dictionary, which stays the caller's. */
export function take(tensors: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, tensors[name].ref]));
}

/** A layer without statistics whose pullback the library derives from `f`, which takes its arguments. */
export function byAutodiff(names: readonly string[], init: Layer["init"], f: (params: Tensors, x: Tensor) => Tensor): Layer {
  return {
    init,
    apply: (params, _stats, x) => f(take(params, names), x),
    train(params, _stats, x) {
      const [output, back] = jax.vjp(f, [take(params, names), x]) as unknown as [Tensor, Back];
      return { output, stats: {}, pullback: pullbackOf(back) };
    },
  };
}

/** What `jax.vjp` of a function of (params, x) returns beside the value. */
export type Back = ((gradient: Tensor) => [Tensors, Tensor]) & { dispose(): void };

export function pullbackOf(back: Back): Trained["pullback"] {
  return (gradient) => {
    const [params, input] = back(gradient);
    back.dispose();
    return { input, params };
  };
}

export function withoutParameters(): LayerState<HostTensors> {
  return { params: {}, stats: {} };
}

/** One layer after the other. */
export function sequence(...layers: Layer[]): Layer {
  return {
    init: (random) => mergeStates(layers.map((layer) => layer.init(random))),
    apply: (params, stats, x, seen) => layers.reduce((output, layer) => layer.apply(params, stats, output, seen), x),
    train(params, stats, x) {
      const updated: Tensors = {};
      const pullbacks: Trained["pullback"][] = [];
      let output = x;
      for (const layer of layers) {
        const step = layer.train(params, stats, output);
        output = step.output;
        Object.assign(updated, step.stats);
        pullbacks.push(step.pullback);
      }
      const pullback = (gradient: Tensor): Gradients => {
        const gradients: Tensors = {};
        let input = gradient;
        for (const back of pullbacks.reverse()) {
          const step = back(input);
          input = step.input;
          Object.assign(gradients, step.params);
        }
        return { input, params: gradients };
      };
      return { output, stats: updated, pullback };
    },
  };
}

/** main(x) + shortcut(x). */
export function sum(main: Layer, shortcut: Layer): Layer {
  return {
    init: (random) => mergeStates([main.init(random), shortcut.init(random)]),
    apply: (params, stats, x, seen) => main.apply(params, stats, x.ref, seen).add(shortcut.apply(params, stats, x, seen)),
    train(params, stats, x) {
      const [a, b] = [main.train(params, stats, x.ref), shortcut.train(params, stats, x)];
      const pullback = (gradient: Tensor): Gradients => {
        const [da, db] = [a.pullback(gradient.ref), b.pullback(gradient)];
        return { input: da.input.add(db.input), params: { ...da.params, ...db.params } };
      };
      return { output: a.output.add(b.output), stats: { ...a.stats, ...b.stats }, pullback };
    },
  };
}

/** x itself. */
export function identity(): Layer {
  return {
    init: withoutParameters,
    apply: (_params, _stats, x) => x,
    train: (_params, _stats, x) => ({ output: x, stats: {}, pullback: (input) => ({ input, params: {} }) }),
  };
}

function mergeStates(states: LayerState<HostTensors>[]): LayerState<HostTensors> {
  const merge = (part: "params" | "stats"): HostTensors => Object.assign({}, ...states.map((state) => state[part]));
  return { params: merge("params"), stats: merge("stats") };
}
