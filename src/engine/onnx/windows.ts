import type { Value } from "./model-file.ts";
import type { Operators } from "./operators.ts";

/**
 * Convolutions as products of matrices. Arrays are turned to channels x images x height x width, so that channels are rows and all pixels of all images columns; a tap's values are then the array moved by
 * the tap's offset, with zeros from outside.
 */
const turn = (ops: Operators, x: Value): Value => ops.transpose(x, [1, 0, 2, 3]);
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

/** size C x N x H x W: moved by each offset along the width; size^2 C rows: and along the height. */
const columnTaps = (ops: Operators, size: number, x: Value): Value =>
  ops.concat(
    offsets(size).map((v) => moved(ops, x, 3, v)),
    0,
  );
function allTaps(ops: Operators, size: number, x: Value): Value {
  const taps = columnTaps(ops, size, x);
  return ops.concat(
    offsets(size).map((u) => moved(ops, taps, 2, u)),
    0,
  );
}

/** The convolution of step 1, N x outputs x H x W. */
export function byColumns(ops: Operators, size: number, x: Value, kernel: Value): Value {
  const [batch, inputs, height, width] = x.shape;
  const outputs = kernel.shape[3];
  const columns = flat(ops, allTaps(ops, size, turn(ops, x)));
  const y = ops.product(ops.reshape(kernel, [size * size * inputs, outputs]), columns, true);
  return turn(ops, ops.reshape(y, [outputs, batch, height, width]));
}

/** Its gradient in the images: each tap's part is moved back, and all are added. */
export function imagesByColumns(ops: Operators, size: number, gradient: Value, kernel: Value): Value {
  const [batch, outputs, height, width] = gradient.shape;
  const inputs = kernel.shape[2];
  const rows = flat(ops, turn(ops, gradient));
  const parts = ops.product(ops.reshape(kernel, [size * size * inputs, outputs]), rows);
  let sum = ops.reshape(parts, [size * size * inputs, batch, height, width]);
  for (const axis of [2, 3]) {
    const length = sum.shape[0] / size;
    const moves = offsets(size).map((by, u) => moved(ops, ops.slice(sum, [0], [u * length], [length]), axis, -by));
    sum = moves.reduce((total, part) => ops.op("Add", [total, part], part.shape));
  }
  return turn(ops, sum);
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
  const [inputs, outputs] = [x.shape[1], gradient.shape[1]];
  const [images, g] = [turn(ops, x), turn(ops, gradient)];
  const shape = [size, size, inputs, outputs];
  const times = (taps: Value, y: Value): Value => ops.product(flat(ops, taps), flat(ops, y), false, true);
  if (stride > 1) return ops.reshape(times(stridedTaps(ops, size, stride, images, g.shape), g), shape);
  if (few) return ops.reshape(times(allTaps(ops, size, images), g), shape);
  const taps = columnTaps(ops, size, images);
  const rows = offsets(size).map((u) => times(taps, moved(ops, g, 2, -u)));
  return ops.reshape(ops.concat(rows, 0), shape);
}

/** Every tap's values with a step, size^2 C x N x h x w. */
function stridedTaps(ops: Operators, size: number, stride: number, x: Value, [, , rows, columns]: readonly number[]): Value {
  const side = (size - 1) / 2;
  const padded = ops.pad(x, [0, 0, side, side]);
  const taps: Value[] = [];
  for (let u = 0; u < size; u++)
    for (let v = 0; v < size; v++) taps.push(ops.slice(padded, [2, 3], [u, v], [rows, columns], [stride, stride]));
  return ops.concat(taps, 0);
}
