import type { Random } from "../math/random.ts";
import { jax, type Tensor, type Tensors } from "./backend.ts";
import { type HostTensors, hostTensor } from "./tensors.ts";

const { numpy: np } = jax;

/**
 * Layers: small pieces of plain data that `sequence` puts in a row. A layer knows its parameters (trained) and statistics (running
 * averages that training updates and evaluation reads) by name, so a network's state is one flat dictionary.
 */
export interface Layer {
  /** Initial parameters and statistics, drawn from the generator. */
  init(random: Random): LayerState<HostTensors>;
  /** Takes its own entries of `params` and `stats` (each used once) and `x`; `training` is fixed when the step is compiled. */
  apply(params: Tensors, stats: Tensors, x: Tensor, training: boolean): { output: Tensor; stats: Tensors };
}

/** Parameters and statistics, on the device or outside it. */
export interface LayerState<T> {
  /** Trained values, by name. */
  params: T;
  /** Running statistics: never differentiated. */
  stats: T;
}

/**
 * x A' + c with A of shape outputs x inputs. A starts normal with standard deviation gain sqrt(2 / inputs), He's for gain 1, which keeps
 * the variance through a ReLU layer; c starts at 0.
 *
 * Two choices are for speed alone, a quarter of a step on WebAssembly: A lies transposed, so that its gradient comes out in the layout
 * it is added in, and c is there even where batch normalization removes it, as the array library otherwise fuses the sum of the two
 * paths through the batch's mean into the large matrix product of A's gradient.
 */
export function dense(name: string, inputs: number, outputs: number, gain = 1): Layer {
  const weight = `${name}.weight`;
  const bias = `${name}.bias`;
  return {
    init(random) {
      const scale = gain * Math.sqrt(2 / inputs);
      const A = hostTensor([outputs, inputs], () => scale * random.normal());
      return { params: { [weight]: A, [bias]: hostTensor([outputs]) }, stats: {} };
    },
    apply: (params, _stats, x) => ({ output: np.matmul(x, params[weight].transpose()).add(params[bias]), stats: {} }),
  };
}

/**
 * Batch normalization over the first axis: y = gamma (x - mean) / sqrt(variance + eps) + beta, with the batch's own mean and (biased)
 * variance in training and running averages of them in evaluation. eps = 1e-5 and a weight of 0.1 for the newest batch are PyTorch's
 * values, which the paper's networks used; the running variance takes the unbiased estimate, n / (n - 1), as there. gamma begins at
 * `start`, beta at 0.
 */
export function batchNorm(
  name: string,
  size: number,
  { eps = 1e-5, newest = 0.1, start = 1 }: { eps?: number; newest?: number; start?: number } = {},
): Layer {
  const [gamma, beta, mean, variance] = ["scale", "shift", "mean", "variance"].map((part) => `${name}.${part}`);
  return {
    init: () => ({
      params: { [gamma]: hostTensor([size], () => start), [beta]: hostTensor([size]) },
      stats: { [mean]: hostTensor([size]), [variance]: hostTensor([size], () => 1) },
    }),
    apply(params, stats, x, training) {
      if (!training) {
        const scale = params[gamma].div(np.sqrt(stats[variance].add(eps)));
        return { output: x.sub(stats[mean]).mul(scale).add(params[beta]), stats: {} };
      }
      const n = x.shape[0];
      const mu = x.ref.mean(0);
      const centred = x.sub(mu.ref);
      const sigma2 = np.square(centred.ref).mean(0);
      const average = (old: Tensor, now: Tensor): Tensor => old.mul(1 - newest).add(jax.lax.stopGradient(now).mul(newest));
      const updated: Tensors = {
        [mean]: average(stats[mean], mu),
        [variance]: average(stats[variance], sigma2.ref.mul(n / Math.max(1, n - 1))),
      };
      const scale = params[gamma].div(np.sqrt(sigma2.add(eps)));
      return { output: centred.mul(scale).add(params[beta]), stats: updated };
    },
  };
}

/** max(x, 0). */
export function relu(): Layer {
  return { init: () => ({ params: {}, stats: {} }), apply: (_params, _stats, x) => ({ output: jax.nn.relu(x), stats: {} }) };
}

/** One layer after the other. */
export function sequence(...layers: Layer[]): Layer {
  return {
    init(random) {
      const states = layers.map((layer) => layer.init(random));
      const merge = (part: "params" | "stats"): HostTensors => Object.assign({}, ...states.map((state) => state[part]));
      return { params: merge("params"), stats: merge("stats") };
    },
    apply(params, stats, x, training) {
      const updated: Tensors = {};
      let output = x;
      for (const layer of layers) {
        const step = layer.apply(params, stats, output, training);
        output = step.output;
        Object.assign(updated, step.stats);
      }
      return { output, stats: updated };
    },
  };
}
