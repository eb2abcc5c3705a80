import type { Node } from "../graph.ts";
import { convolveBlocked, fitsBlocks, turned } from "./blocked.ts";
import type { Value } from "./model-file.ts";
import type { Operators } from "./operators.ts";
import { byColumns, imagesByColumns, kernelGradient } from "./windows.ts";

/**
 * Convolutions and their gradients by what the runtime is fastest at: its own convolution of channels in blocks where they come in whole ones; products of written-out windows for images of few pixels,
 * where kernels are the larger arrays and would cost more to turn than to multiply; ONNX's operators else.
 */
type Convolution = Extract<Node, { kind: "convolve" | "convolve-images" | "convolve-kernel" }>;

/** Images of no more pixels go by products. */
const fewPixels = 16;

/** Images N x C x H x W by a kernel size x size x C x outputs. */
export function convolve(ops: Operators, node: Convolution, x: Value, kernel: Value, block: number): Value {
  const { size, stride } = node;
  const [batch, , height, width] = x.shape;
  // The runtime shares a single image among threads, and the last bits depend on how; of several each is one thread's.
  if (batch === 1) return ops.slice(convolve(ops, node, ops.concat([x, x], 0), kernel, block), [0], [0], [1]);
  if (stride === 1 && height * width <= fewPixels) return byColumns(ops, size, x, kernel);
  if (fitsBlocks(kernel, block)) return convolveBlocked(ops, x, kernel, { size, stride, block });
  const outputs = kernel.shape[3];
  const shape = [batch, outputs, height / stride, width / stride];
  return ops.op("Conv", [x, ops.transpose(kernel, [3, 2, 0, 1])], shape, about(size, stride));
}

/** The gradient in the images, of this shape. */
export function convolveImages(
  ops: Operators,
  node: Convolution,
  gradient: Value,
  kernel: Value,
  shape: readonly number[],
  block: number,
): Value {
  const { size, stride } = node;
  // A convolution of step 1 by the kernel turned around is its transpose.
  if (stride === 1) {
    if (shape[2] * shape[3] <= fewPixels) return imagesByColumns(ops, size, gradient, kernel);
    return convolve(ops, node, gradient, turned(ops, kernel), block);
  }
  const more = stride - 1;
  // Of height h the transpose makes (h - 1) stride + size - 2 pad rows, with 2 pad = size - 1, and as many more as are asked for.
  const attributes = { ...about(size, stride), output_padding: [more, more] };
  return ops.op("ConvTranspose", [gradient, ops.transpose(kernel, [3, 2, 0, 1])], shape, attributes);
}

/** The gradient in the kernel. */
export const convolveKernel = (ops: Operators, { size, stride }: Convolution, x: Value, gradient: Value): Value =>
  kernelGradient(ops, { size, stride, few: stride === 1 && x.shape[2] * x.shape[3] <= fewPixels }, x, gradient);

const about = (size: number, stride: number): Record<string, number[]> => ({
  kernel_shape: [size, size],
  strides: [stride, stride],
  pads: Array<number>(4).fill((size - 1) / 2),
});
