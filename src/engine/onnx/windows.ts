import type { Value } from "./model-file.ts";
import type { Operators } from "./operators.ts";

/**
 * Convolutions as products of matrices: channels are rows, and all pixels of all images columns. A tap's values are then the array moved by the tap's offset, with zeros from outside. Moving copies what
 * lies together, so that the images' number is the last axis where rows of pixels are short or every second is taken, and the width is elsewhere.
 */
interface Lie {
  /** From N x C x H x W. */
  order: readonly number[];
  back: readonly number[];
  height: number;
  width: number;
}

const pixelsLast: Lie = { order: [1, 0, 2, 3], back: [1, 0, 2, 3], height: 2, width: 3 };
const imagesLast: Lie = { order: [1, 2, 3, 0], back: [3, 0, 1, 2], height: 1, width: 2 };
/** Rows of fewer pixels are short. */
const short = 16;
const lieOf = ({ shape }: Value, stride = 1): Lie => (shape[3] < short || stride > 1 ? imagesLast : pixelsLast);

const flat = (ops: Operators, x: Value): Value => {
  const [channels, ...places] = x.shape;
  return ops.reshape(x, [channels, places.reduce((product, n) => product * n, 1)]);
};

/** y[.., i, ..] = x[.., i + by, ..] along an axis. */
function moved(ops: Operators, x: Value, axis: number, by: number): Value {
  const length = x.shape[axis];
  const only = (n: number): number[] => x.shape.map((_, a) => (a === axis ? n : 0));
  if (Math.abs(by) < length) return ops.pad(x, only(-by), only(by));
  const side = Math.abs(by);
  return ops.slice(ops.pad(x, only(side)), [axis], [side + by], [length]);
}

const offsets = (size: number): number[] => Array.from({ length: size }, (_, u) => u - (size - 1) / 2);

/** size as many channels: moved by each offset along an axis. */
const taps = (ops: Operators, size: number, x: Value, axis: number): Value =>
  ops.concat(
    offsets(size).map((by) => moved(ops, x, axis, by)),
    0,
  );
const allTaps = (ops: Operators, size: number, x: Value, { height, width }: Lie): Value =>
  taps(ops, size, taps(ops, size, x, width), height);

/** The convolution of step 1, N x outputs x H x W. */
export function byColumns(ops: Operators, size: number, x: Value, kernel: Value): Value {
  const lie = lieOf(x);
  const [, , inputs, outputs] = kernel.shape;
  const images = ops.transpose(x, lie.order);
  const columns = flat(ops, allTaps(ops, size, images, lie));
  const y = ops.product(ops.reshape(kernel, [size * size * inputs, outputs]), columns, true);
  return ops.transpose(ops.reshape(y, [outputs, ...images.shape.slice(1)]), lie.back);
}

/** Its gradient in the images: each tap's part is moved back, and all are added. */
export function imagesByColumns(ops: Operators, size: number, gradient: Value, kernel: Value): Value {
  const lie = lieOf(gradient);
  const [, , inputs, outputs] = kernel.shape;
  const g = ops.transpose(gradient, lie.order);
  const parts = ops.product(ops.reshape(kernel, [size * size * inputs, outputs]), flat(ops, g));
  let sum = ops.reshape(parts, [size * size * inputs, ...g.shape.slice(1)]);
  for (const axis of [lie.height, lie.width]) {
    const length = sum.shape[0] / size;
    const moves = offsets(size).map((by, u) => moved(ops, ops.slice(sum, [0], [u * length], [length]), axis, -by));
    sum = moves.reduce((total, part) => ops.op("Add", [total, part], part.shape));
  }
  return ops.transpose(sum, lie.back);
}

/**
 * The gradient in the kernel, size x size x C x outputs: the images' taps times the gradient, over all pixels of all images. With step 1 the height's offsets are the gradient's, moved the other way, so
 * that only the width's are written out; of images of few pixels all are, once for the convolution and here.
 */
export function kernelGradient(
  ops: Operators,
  { size, stride, few }: { size: number; stride: number; few: boolean },
  x: Value,
  gradient: Value,
): Value {
  const lie = lieOf(x, stride);
  const [images, g] = [ops.transpose(x, lie.order), ops.transpose(gradient, lie.order)];
  const shape = [size, size, x.shape[1], gradient.shape[1]];
  const times = (a: Value, b: Value): Value => ops.product(flat(ops, a), flat(ops, b), false, true);
  if (stride > 1) return ops.reshape(times(stridedTaps(ops, size, stride, images, lie), g), shape);
  if (few) return ops.reshape(times(allTaps(ops, size, images, lie), g), shape);
  const columns = taps(ops, size, images, lie.width);
  const rows = offsets(size).map((u) => times(columns, moved(ops, g, lie.height, -u)));
  return ops.reshape(ops.concat(rows, 0), shape);
}

/** Every tap's values with a step, size^2 C channels. */
function stridedTaps(ops: Operators, size: number, stride: number, x: Value, { height, width }: Lie): Value {
  const axes = [height, width];
  const padded = ops.pad(
    x,
    x.shape.map((_, axis) => (axes.includes(axis) ? (size - 1) / 2 : 0)),
  );
  const lengths = axes.map((axis) => x.shape[axis] / stride);
  const found: Value[] = [];
  for (let u = 0; u < size; u++)
    for (let v = 0; v < size; v++) found.push(ops.slice(padded, axes, [u, v], lengths, [stride, stride]));
  return ops.concat(found, 0);
}
