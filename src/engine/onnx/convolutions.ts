import type { Node } from "../graph.ts";
import type { Value } from "./model-file.ts";
import type { Operators } from "./operators.ts";

type Convolution = Extract<Node, { kind: "convolve" | "convolve-images" | "convolve-kernel" }>;

/** Images N x C x H x W by kernels outputs x inputs x size x size. */
export function convolve(ops: Operators, node: Convolution, x: Value, kernel: Value): Value {
  const [batch, , height, width] = x.shape;
  // The runtime shares a single image among threads, and the last bits depend on how; of several each is one thread's.
  if (batch === 1) return ops.slice(convolve(ops, node, ops.concat([x, x], 0), kernel), [0], [0], [1]);
  const { size, stride } = node;
  return ops.op("Conv", [x, kernel], [batch, kernel.shape[0], height / stride, width / stride], about(size, stride));
}

/** The gradient in the images: the convolution's transpose. */
export function convolveImages(
  ops: Operators,
  { size, stride }: Convolution,
  gradient: Value,
  kernel: Value,
  shape: readonly number[],
): Value {
  // Of height h the transpose makes (h - 1) stride + size - 2 pad rows and as many more as are asked for.
  const more = stride - 1 - (size - 1 - 2 * padding(size));
  return ops.op("ConvTranspose", [gradient, kernel], shape, { ...about(size, stride), output_padding: [more, more] });
}

/**
 * The gradient in the kernel, outputs x inputs x size x size: the product of the gradient with the images' windows, over all pixels of all images. Windows are written out tap by tap, size^2 C x N H W.
 */
export function convolveKernel(ops: Operators, { size, stride }: Convolution, x: Value, gradient: Value): Value {
  const [batch, inputs] = x.shape;
  const [, outputs, rows, columns] = gradient.shape;
  const pad = padding(size);
  const places = batch * rows * columns;
  const channelsFirst = (y: Value): Value => ops.transpose(y, [1, 0, 2, 3]);
  const padded = ops.pad(channelsFirst(x), [0, 0, pad, pad]);
  const windows: Value[] = [];
  for (let u = 0; u < size; u++)
    for (let v = 0; v < size; v++) windows.push(ops.slice(padded, [2, 3], [u, v], [rows, columns], [stride, stride]));
  const written = ops.reshape(ops.concat(windows, 0), [size * size * inputs, places]);
  const flat = ops.reshape(channelsFirst(gradient), [outputs, places]);
  const product = ops.product(written, flat, false, true);
  return ops.transpose(ops.reshape(product, [size, size, inputs, outputs]), [3, 2, 0, 1]);
}

const padding = (size: number): number => (size - 1) / 2;

const about = (size: number, stride: number): Record<string, number[]> => ({
  kernel_shape: [size, size],
  strides: [stride, stride],
  pads: Array<number>(4).fill(padding(size)),
});
