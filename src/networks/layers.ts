import { jax, type Tensor, type Tensors } from "./backend.ts";
import { type Back, byAutodiff, type Layer, pullbackOf, take, withoutParameters } from "./layer.ts";
import { matrixProduct } from "./products.ts";
import { hostTensor } from "./tensors.ts";

const { numpy: np } = jax;

/**
 * x A' + c with A of shape outputs x inputs. A starts normal with standard deviation gain sqrt(2 / inputs), He's for gain 1, which keeps
 * the variance through a ReLU layer; c starts at 0.
 *
 * A lies so that its gradient comes out in the layout it is added in.
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
    apply: (params, _stats, x) => matrixProduct("XY'", x, params[weight].ref).add(params[bias].ref),
    train(params, _stats, x) {
      const { [weight]: A, [bias]: c } = take(params, [weight, bias]);
      return {
        output: matrixProduct("XY'", x.ref, A.ref).add(c),
        stats: {},
        pullback: (gradient) => ({
          params: { [weight]: matrixProduct("X'Y", gradient.ref, x), [bias]: gradient.ref.sum(0) },
          input: matrixProduct("XY", gradient, A),
        }),
      };
    },
  };
}

/**
 * Batch normalization of the last axis over all others: y = gamma (x - mean) / sqrt(variance + eps) + beta, with the batch's own mean and
 * (biased) variance in training and running averages of them in evaluation. eps = 1e-5 and a weight of 0.1 for the newest batch are
 * PyTorch's values, which the paper's networks used; the running variance takes the unbiased estimate, n / (n - 1), as there. gamma
 * begins at `start`, beta at 0.
 */
export function batchNorm(
  name: string,
  size: number,
  { eps = 1e-5, newest = 0.1, start = 1 }: { eps?: number; newest?: number; start?: number } = {},
): Layer {
  const [gamma, beta, mean, variance] = ["scale", "shift", "mean", "variance"].map((part) => `${name}.${part}`);
  const normalize = (params: Tensors, x: Tensor): [Tensor, { mu: Tensor; sigma2: Tensor }] => {
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const mu = x.ref.mean(axes);
    const centred = x.sub(mu.ref);
    const sigma2 = np.square(centred.ref).mean(axes);
    const scale = params[gamma].div(np.sqrt(sigma2.ref.add(eps)));
    return [centred.mul(scale).add(params[beta]), { mu: jax.lax.stopGradient(mu), sigma2: jax.lax.stopGradient(sigma2) }];
  };
  return {
    init: () => ({
      params: { [gamma]: hostTensor([size], () => start), [beta]: hostTensor([size]) },
      stats: { [mean]: hostTensor([size]), [variance]: hostTensor([size], () => 1) },
    }),
    apply(params, stats, x, seen) {
      const scale = params[gamma].ref.div(np.sqrt(stats[variance].ref.add(eps)));
      const centred = x.sub(stats[mean].ref);
      if (seen) {
        const axes = centred.shape.slice(0, -1).map((_, axis) => axis);
        seen[mean] = stats[mean].ref.add(centred.ref.mean(axes));
        seen[variance] = np.square(centred.ref).mean(axes);
      }
      return centred.mul(scale).add(params[beta].ref);
    },
    train(params, stats, x) {
      const n = x.shape.slice(0, -1).reduce((product, length) => product * length, 1);
      const [output, back, { mu, sigma2 }] = jax.vjp(normalize, [take(params, [gamma, beta]), x], {
        hasAux: true,
      }) as unknown as [Tensor, Back, { mu: Tensor; sigma2: Tensor }];
      const average = (old: Tensor, now: Tensor): Tensor => old.ref.mul(1 - newest).add(now.mul(newest));
      return {
        output,
        stats: {
          [mean]: average(stats[mean], mu),
          [variance]: average(stats[variance], sigma2.mul(n / Math.max(1, n - 1))),
        },
        pullback: pullbackOf(back),
      };
    },
  };
}

/**
 * Layer normalization of the last axis, row by row: y = gamma o u + beta, u = (x - mean) / sqrt(variance + eps), with the row's own mean and (biased) variance over its `size` values.
 * So |u|^2 = size v / (v + eps), v the variance, in every row, and u sums to 0. No statistics: training and evaluation are one. eps = 1e-5 is PyTorch's value. gamma begins at 1, beta at 0.
 */
export function layerNorm(name: string, size: number, { eps = 1e-5 }: { eps?: number } = {}): Layer {
  const [gamma, beta] = ["scale", "shift"].map((part) => `${name}.${part}`);
  return byAutodiff(
    [gamma, beta],
    () => ({ params: { [gamma]: hostTensor([size], () => 1), [beta]: hostTensor([size]) }, stats: {} }),
    (params, x) => {
      const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
      const variance = np.square(centred.ref).mean(-1, { keepdims: true });
      return centred
        .div(np.sqrt(variance.add(eps)))
        .mul(params[gamma])
        .add(params[beta]);
    },
  );
}

/** max(x, 0). */
export function relu(): Layer {
  return byAutodiff([], withoutParameters, (_params, x) => jax.nn.relu(x));
}

/** Rows of height x width x channels become images of that shape. */
export function images(height: number, width: number, channels: number): Layer {
  return byAutodiff([], withoutParameters, (_params, x) => x.reshape([-1, height, width, channels]));
}

/** Images become rows. */
export function flatten(): Layer {
  return byAutodiff([], withoutParameters, (_params, x) => x.reshape([x.shape[0], -1]));
}
