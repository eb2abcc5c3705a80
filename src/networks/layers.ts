import { hostTensor, operations, sizeOf } from "../engine/index.ts";
import { type Layer, plainly } from "./layer.ts";

const {
  add,
  convolve,
  divide,
  maxPool: largestOfFour,
  mean,
  multiply,
  normalize,
  product,
  relu: rectify,
  reshape,
  sqrt,
  square,
  subtract,
} = operations;

/**
 * x A' + c with A of shape outputs x inputs. A starts normal with standard deviation gain sqrt(2 / inputs), He's for gain 1, which keeps
 * the variance through a ReLU layer; c starts at 0.
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
    apply: ({ param }, x) => add(product("XY'", x, param(weight, [outputs, inputs])), param(bias, [outputs])),
  };
}

/** Window and step. */
export interface ConvolutionOptions {
  /** Odd: 1 (pointwise), 3, ... */
  size?: number;
  /** Step of the window. */
  stride?: number;
}

/**
 * Convolution without bias (batch normalization follows everywhere here and would remove it), images N x H x W x C, kernel
 * size x size x inputs x outputs, zero padding (size - 1) / 2, so that stride 1 keeps height and width:
 *
 *   y[n, i, j, o] = sum over u, v, c of x[n, s i + u - p, s j + v - p, c] A[u, v, c, o]
 *
 * He initialization: normal, standard deviation sqrt(2 / (size^2 inputs)).
 */
export function convolution(name: string, inputs: number, outputs: number, options: ConvolutionOptions = {}): Layer {
  const { size = 3, stride = 1 } = options;
  const weight = `${name}.weight`;
  const shape = [size, size, inputs, outputs];
  return {
    init(random) {
      const scale = Math.sqrt(2 / (size * size * inputs));
      return { params: { [weight]: hostTensor(shape, () => scale * random.normal()) }, stats: {} };
    },
    apply: ({ param }, x) => convolve(x, param(weight, shape), stride),
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
  const [gamma, beta, center, spread] = ["scale", "shift", "mean", "variance"].map((part) => `${name}.${part}`);
  return {
    init: () => ({
      params: { [gamma]: hostTensor([size], () => start), [beta]: hostTensor([size]) },
      stats: { [center]: hostTensor([size]), [spread]: hostTensor([size], () => 1) },
    }),
    apply({ param, stat, purpose, found }, x) {
      const scale = param(gamma, [size]);
      const shift = param(beta, [size]);
      if (purpose === "training") {
        const { output, mean, variance } = normalize(x, scale, shift, "rows", eps);
        const n = sizeOf(x.shape) / size;
        found.set(center, add(multiply(stat(center, [size]), 1 - newest), multiply(mean, newest)));
        found.set(spread, add(multiply(stat(spread, [size]), 1 - newest), multiply(variance, (newest * n) / Math.max(1, n - 1))));
        return output;
      }
      const centred = subtract(x, stat(center, [size]));
      if (purpose === "statistics") {
        found.set(center, add(stat(center, [size]), mean(centred, "rows")));
        found.set(spread, mean(square(centred), "rows"));
      }
      return add(multiply(centred, divide(scale, sqrt(add(stat(spread, [size]), eps)))), shift);
    },
  };
}

/**
 * Layer normalization of the last axis, row by row: y = gamma o u + beta, u = (x - mean) / sqrt(variance + eps), with the row's own mean and (biased) variance over its `size` values.
 * So |u|^2 = size v / (v + eps), v the variance, in every row, and u sums to 0. No statistics: training and evaluation are one. eps = 1e-5 is PyTorch's value. gamma begins at 1, beta at 0.
 */
export function layerNorm(name: string, size: number, { eps = 1e-5 }: { eps?: number } = {}): Layer {
  const [gamma, beta] = ["scale", "shift"].map((part) => `${name}.${part}`);
  return {
    init: () => ({ params: { [gamma]: hostTensor([size], () => 1), [beta]: hostTensor([size]) }, stats: {} }),
    apply: ({ param }, x) => normalize(x, param(gamma, [size]), param(beta, [size]), "columns", eps).output,
  };
}

/** max(x, 0). */
export const relu = (): Layer => plainly(rectify);

/** Rows of height x width x channels become images of that shape. */
export const images = (height: number, width: number, channels: number): Layer =>
  plainly((x) => reshape(x, [x.shape[0], height, width, channels]));

/** Images become rows. */
export const flatten = (): Layer => plainly((x) => reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]));

/** The largest of each 2 x 2 window of images, step 2. Height and width must be even; a network that is asked for another size says so when it is made. */
export const maxPool = (): Layer => plainly(largestOfFour);

/** The mean of each channel over the whole image: rows of `channels` numbers. */
export const globalAveragePool = (): Layer => plainly((x) => reshape(mean(x, "pixels"), [x.shape[0], x.shape[3]]));
