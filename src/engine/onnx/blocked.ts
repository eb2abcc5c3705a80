import type { Value } from "./model-file.ts";
import type { Operators } from "./operators.ts";
import type { Runtime } from "./runtime.ts";

/**
 * The runtime's own convolution, of images whose channels lie in blocks of as many as the processor computes at once: N x C/b x H x W x b. Models that are trained elsewhere and only run get it by
 * themselves, since their kernels are constants; here it is written into the model, with the operators that bring images into that order and back.
 */
const blockDomain = "com.microsoft.nchwc";

/** Whether channels come in whole blocks; a block of 0: this processor has none. */
export const fitsBlocks = ({ shape: [, , inputs, outputs] }: Value, block: number): boolean =>
  block > 0 && inputs % block === 0 && outputs % block === 0;

/** Images N x C x H x W by a kernel size x size x C x outputs. */
export function convolveBlocked(
  ops: Operators,
  x: Value,
  kernel: Value,
  { size, stride, block }: { size: number; stride: number; block: number },
): Value {
  const [batch, inputs, height, width] = x.shape;
  const outputs = kernel.shape[3];
  const shape = [batch, outputs, height / stride, width / stride];
  const apart = ops.reshape(kernel, [size, size, inputs / block, block, outputs / block, block]);
  const weights = ops.reshape(ops.transpose(apart, [4, 2, 0, 1, 3, 5]), [outputs, inputs, size, size]);
  const blocks = ops.op("ReorderInput", [x], x.shape, { channels_last: 0 }, blockDomain);
  const attributes = {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: Array<number>(4).fill((size - 1) / 2),
    dilations: [1, 1],
    group: 1,
    auto_pad: { text: "NOTSET" },
  };
  const y = ops.op("Conv", [blocks, weights], shape, attributes, blockDomain);
  return ops.op("ReorderOutput", [y], shape, { channels: outputs, channels_last: 0 }, blockDomain);
}

/** The kernel of the convolution's transpose: turned around, inputs and outputs exchanged. */
export function turned(ops: Operators, kernel: Value): Value {
  const [size, , inputs, outputs] = kernel.shape;
  const places = Array.from({ length: size * size }, (_, i) => size * size - 1 - i);
  const flat = ops.reshape(kernel, [size * size, inputs * outputs]);
  const around = size === 1 ? flat : ops.op("Gather", [flat, ops.whole(places)], flat.shape);
  return ops.transpose(ops.reshape(around, kernel.shape), [0, 1, 3, 2]);
}

let found: Promise<number> | null = null;

/** Of how many channels a block is on this processor, found out by where two images of many channels get theirs: 0 where there is no such convolution. */
export function blockSize(runtime: Runtime, operators: () => Operators): Promise<number> {
  found ??= measured(runtime, operators()).catch(() => 0);
  return found;
}

async function measured(runtime: Runtime, ops: Operators): Promise<number> {
  const channels = 64;
  const x = ops.input("x", [1, channels, 1, 2]);
  const y = ops.op("ReorderInput", [x], x.shape, { channels_last: 0 }, blockDomain);
  const session = await runtime.InferenceSession.create(ops.model([y]), { intraOpNumThreads: 1 });
  // Channel c of pixel p is 2 c + p: after the first block's channels of pixel 0 comes the first of pixel 1.
  const numbers = Float32Array.from({ length: 2 * channels }, (_, i) => i);
  const found = await session.run({ x: new runtime.Tensor("float32", numbers, x.shape) }, { [y.name]: null });
  const data = [...(found[y.name].data as Float32Array)];
  await session.release();
  const block = data.indexOf(1);
  const place = (i: number): number => 2 * (Math.floor(i / (2 * block)) * block + (i % block)) + (Math.floor(i / block) % 2);
  return block >= 4 && channels % block === 0 && data.every((value, i) => value === place(i)) ? block : 0;
}
