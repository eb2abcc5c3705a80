import { jax, type Tensor } from "./backend.ts";
import type { Places } from "./places.ts";
import type { ProductShape } from "./product-kernel.ts";
import { hasOwnProduct } from "./products.ts";

const { numpy: np, lax } = jax;

/**
 * The windows of images, size x size x channels with a step of `stride`, as the rows of a matrix. The images (NHWC) have their border already.
 */

/** Where the windows lie in images with their border: the corner of each (`pixels`), and from there its values (`taps`). */
export function windowPlaces(
  [batch, rows, columns, channels]: readonly number[],
  size: number,
  stride: number,
): { batch: number; height: number; width: number; pixels: Places; taps: Places } {
  const height = Math.floor((rows - size) / stride) + 1;
  const width = Math.floor((columns - size) / stride) + 1;
  const pixels = { kind: "pixels", height, width, step: stride, from: [rows, columns, channels] } as const;
  const taps = { kind: "taps", length: size * channels, stride: columns * channels } as const;
  return { batch, height, width, pixels, taps };
}

/** A kernel of our own reads the windows where they lie; the library's is faster where they are written out. */
export const windowsFor = (shape: ProductShape): typeof viewedWindows => (hasOwnProduct(shape) ? viewedWindows : writtenWindows);

/**
 * The windows of images with a border, count x (size size channels), as a view: what a product takes that has a kernel of its own, which reads the images themselves.
 *
 * Along one axis of length n: `size` rounds of n + 1 places in the axis said again and again begin one place later each, which are the places under the first,
 * second, ... value of each window.
 */
function viewedWindows(padded: Tensor, size: number, stride: number): Tensor {
  const [batch, rows, columns, channels] = padded.shape;
  const [high, wide] = [rows, columns].map((n) => Math.floor((n - size) / stride) + 1);
  const along = (x: Tensor, [before, n, after]: [number, number, number], count: number): Tensor => {
    const rounds = np.broadcastTo(x.reshape([before, 1, n, after]), [before, size + 1, n, after]);
    const shifted = rounds.reshape([before, (size + 1) * n, after]).slice([], [0, size * (n + 1)], []);
    const cut = shifted.reshape([before, size, n + 1, after]).slice([], [], [0, (count - 1) * stride + 1], []);
    if (stride === 1) return cut;
    // Whole steps: the last may lack places, of which only the first is wanted.
    const whole = np.pad(cut, [
      [0, 0],
      [0, 0],
      [0, stride - 1],
      [0, 0],
    ]);
    return whole.reshape([before, size, count, stride, after]).slice([], [], [], 0, []);
  };
  const byRow = along(padded, [batch, rows, columns * channels], high).reshape([batch * size * high, columns, channels]);
  const byBoth = along(byRow, [batch * size * high, columns, channels], wide);
  return byBoth
    .reshape([batch, size, high, size, wide, channels])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([batch * high * wide, size * size * channels]);
}

/**
 * The same written out. The library always writes out what is padded, if that is more than a view: hence a last row of padding that is cut off again. Left to
 * itself it fuses the border into the next kernel, which then asks for every one of size^2 copies of a value whether it is in the border: 10 times slower.
 */
function writtenWindows(padded: Tensor, size: number, stride: number): Tensor {
  const [, rows, columns, channels] = padded.shape;
  const more: [number, number][] = [
    [0, 0],
    [0, 1],
    [0, 0],
    [0, 0],
  ];
  const written = size === 1 ? padded : np.pad(padded, more).slice([], [0, rows], [0, columns], []);
  const made = lax.reduceWindow(written, (window) => window, [size, size, channels], [stride, stride, channels]);
  const [batch, high, wide] = made.shape;
  return made.reshape([batch * high * wide, size * size * channels]);
}

/** x with a border of zeros, as something more than a view: hence `stopGradient` (nothing is differentiated through here). */
export function bordered(x: Tensor, size: number): Tensor {
  if (size === 1) return x;
  const border = (size - 1) / 2;
  const sides: [number, number][] = [
    [0, 0],
    [border, border],
    [border, border],
    [0, 0],
  ];
  return lax.stopGradient(np.pad(x, sides));
}
