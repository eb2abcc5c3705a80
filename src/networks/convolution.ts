/**
 * Convolution without bias (batch normalization follows everywhere here and would remove it), images NHWC, kernel
 * size x size x inputs x outputs, zero padding (size - 1) / 2, so that stride 1 keeps height and width:
 *
 *   y[n, i, j, o] = sum over u, v, c of x[n, s i + u - p, s j + v - p, c] A[u, v, c, o]
 *
 * Two forms of the same function:
 *
 *   windows  the product of two matrices, the windows of x by the kernel; both gradients are such products again, the one in x
 *            a convolution of the output's gradient with the kernel turned around
 *   lax      the library's convolution, differentiated by the library
 *
 * On WebAssembly `windows` is at least 20 times faster (bench/training/convolution.mjs). On WebGPU they were
 * compared on a software driver only (SwiftShader), where `windows` takes 0.65 to 0.9 of the time of `lax`.
 *
 * @module
 */
import { jax, type Tensor } from "./backend.ts";
import { byAutodiff, type Layer, take } from "./layer.ts";
import { product } from "./products.ts";
import { hostTensor } from "./tensors.ts";
import { bordered, windowPlaces, windowsFor } from "./windows.ts";

const { numpy: np, lax } = jax;

/** How convolutions are computed. */
export const convolutionForms = ["windows", "lax"] as const;
/** One of `convolutionForms`. */
export type ConvolutionForm = (typeof convolutionForms)[number];

/** Window, step and form. */
export interface ConvolutionOptions {
  /** 1 (pointwise) or 3. */
  size?: number;
  /** Step of the window. */
  stride?: number;
  /** How it is computed; the numbers agree up to rounding. */
  form?: ConvolutionForm;
}

/** He initialization: normal, standard deviation sqrt(2 / (size^2 inputs)). */
export function convolution(name: string, inputs: number, outputs: number, options: ConvolutionOptions = {}): Layer {
  const { size = 3, stride = 1, form = "windows" } = options;
  const weight = `${name}.weight`;
  const init: Layer["init"] = (random) => {
    const scale = Math.sqrt(2 / (size * size * inputs));
    return { params: { [weight]: hostTensor([size, size, inputs, outputs], () => scale * random.normal()) }, stats: {} };
  };
  if (form === "lax") return byAutodiff([weight], init, (params, x) => laxConvolution(x, params[weight], stride));
  return {
    init,
    apply: (params, _stats, x) => convolve(x, params[weight].ref, stride),
    train(params, _stats, x) {
      const { [weight]: A } = take(params, [weight]);
      const { shape } = x;
      const padded = bordered(x, size);
      return {
        output: windowProduct(padded.ref, A.ref, stride),
        stats: {},
        pullback: (gradient) => ({
          params: { [weight]: kernelGradient(padded, gradient.ref, size, stride) },
          input: convolve(spread(gradient, shape, stride), turned(A), 1),
        }),
      };
    },
  };
}

function convolve(x: Tensor, A: Tensor, stride: number): Tensor {
  return windowProduct(bordered(x, A.shape[0]), A, stride);
}

/** y of the equation above, of images with their border. Takes its arguments. */
function windowProduct(padded: Tensor, A: Tensor, stride: number): Tensor {
  const [size, , inputs, outputs] = A.shape;
  const depth = size * size * inputs;
  const { batch, height, width, pixels, taps } = windowPlaces(padded.shape, size, stride);
  const count = batch * height * width;
  const shape = { M: count, N: outputs, K: depth, rows: pixels, columns: taps, B: "rows" } as const;
  const windows = windowsFor(shape);
  const expression = (x: Tensor, a: Tensor): Tensor =>
    np.matmul(windows(x, size, stride), a.reshape([depth, outputs])).reshape([batch, height, width, outputs]);
  return product(shape, expression, padded, A);
}

/** The sum over all windows of window times gradient, in the kernel's shape. Takes its arguments. */
function kernelGradient(padded: Tensor, gradient: Tensor, size: number, stride: number): Tensor {
  const inputs = padded.shape[3];
  const outputs = gradient.shape[3];
  const depth = size * size * inputs;
  const { batch, height, width, pixels, taps } = windowPlaces(padded.shape, size, stride);
  const count = batch * height * width;
  const shape = { M: depth, N: outputs, K: count, rows: taps, columns: pixels, B: "rows" } as const;
  const windows = windowsFor(shape);
  const expression = (x: Tensor, g: Tensor): Tensor =>
    np.matmul(windows(x, size, stride).transpose(), g.reshape([count, outputs])).reshape([size, size, inputs, outputs]);
  return product(shape, expression, padded, gradient);
}

/** The kernel of the gradient in x: turned by half a turn, inputs and outputs exchanged; written out, as products read it in rows. */
function turned(A: Tensor): Tensor {
  return lax.stopGradient(np.flip(A, [0, 1]).transpose([0, 1, 3, 2]));
}

/** The output's gradient on the grid of the input: zeros where a stride skipped. */
function spread(gradient: Tensor, [, height, width]: readonly number[], stride: number): Tensor {
  if (stride === 1) return gradient;
  const [batch, rows, columns, channels] = gradient.shape;
  const cells = np.pad(gradient.reshape([batch, rows, 1, columns, 1, channels]), [
    [0, 0],
    [0, 0],
    [0, stride - 1],
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  return lax
    .stopGradient(cells.reshape([batch, rows * stride, columns * stride, channels]))
    .slice([], [0, height], [0, width], []);
}

/** The library's convolution, which wants channels first. */
function laxConvolution(x: Tensor, A: Tensor, stride: number): Tensor {
  const border = (A.shape[0] - 1) / 2;
  const y = lax.conv(x.transpose([0, 3, 1, 2]), A.transpose([3, 2, 0, 1]), [stride, stride], [
    [border, border],
    [border, border],
  ] as never);
  return y.transpose([0, 2, 3, 1]);
}
