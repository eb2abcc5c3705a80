import { jax, type Tensor } from "./backend.ts";
import { byAutodiff, type Layer, take } from "./layer.ts";
import { hostTensor } from "./tensors.ts";

const { numpy: np, lax } = jax;

/**
 * Convolution without bias (batch normalization follows everywhere here and would remove it), images NHWC, kernel
 * size x size x inputs x outputs, zero padding (size - 1) / 2, so that stride 1 keeps height and width:
 *
 *   y[n, i, j, o] = sum over u, v, c of x[n, s i + u - p, s j + v - p, c] A[u, v, c, o]
 *
 * Two forms of the same function:
 *
 *   windows  each window of x written out as a row, then one product of matrices; both gradients are such products again, the one in x
 *            a convolution of the output's gradient with the kernel turned around
 *   lax      the library's convolution, differentiated by the library
 *
 * On WebAssembly `windows` is 20 to 60 times faster (bench/training/convolution.mjs). On WebGPU neither has been measured.
 */
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
      const rows = windows(x, size, stride);
      return {
        output: product(rows.ref, A.ref),
        stats: {},
        pullback: (gradient) => ({
          params: { [weight]: kernelGradient(rows, gradient.ref, size) },
          input: convolve(spread(gradient, shape, stride), turned(A), 1),
        }),
      };
    },
  };
}

function convolve(x: Tensor, A: Tensor, stride: number): Tensor {
  return product(windows(x, A.shape[0], stride), A);
}

/** Batch x rows x columns x 1 x size x size x channels; the 1 is where windows slide over channels, which they fill. */
function windows(x: Tensor, size: number, stride: number): Tensor {
  const [, height, width, channels] = x.shape;
  const padded = size === 1 ? x : materializedPad(x, (size - 1) / 2, height, width);
  return lax.reduceWindow(padded, (window) => window, [size, size, channels], [stride, stride, channels]);
}

/**
 * x with a border of zeros, written to memory. Left to itself the library fuses the border into the next kernel, which then asks for
 * every one of size^2 copies of a value whether it is in the border: 10 times slower. It always writes out what is padded, if that is
 * more than a view: hence `stopGradient` (nothing is differentiated through here), and a last row of padding that is cut off again.
 */
function materializedPad(x: Tensor, border: number, height: number, width: number): Tensor {
  const sides: [number, number][] = [
    [0, 0],
    [border, border],
    [border, border],
    [0, 0],
  ];
  const padded = lax.stopGradient(np.pad(x, sides));
  const more: [number, number][] = [
    [0, 0],
    [0, 1],
    [0, 0],
    [0, 0],
  ];
  return np.pad(padded, more).slice([], [0, height + 2 * border], [0, width + 2 * border], []);
}

function product(rows: Tensor, A: Tensor): Tensor {
  const [batch, height, width] = rows.shape;
  const [size, , inputs, outputs] = A.shape;
  const depth = size * size * inputs;
  return np.matmul(rows.reshape([batch, height, width, depth]), A.reshape([depth, outputs]));
}

/** rows' gradient, in the kernel's shape. */
function kernelGradient(rows: Tensor, gradient: Tensor, size: number): Tensor {
  const [batch, height, width, outputs] = gradient.shape;
  const inputs = rows.shape[6];
  const count = batch * height * width;
  const transposed = rows.reshape([count, size * size * inputs]).transpose();
  return np.matmul(transposed, gradient.reshape([count, outputs])).reshape([size, size, inputs, outputs]);
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
