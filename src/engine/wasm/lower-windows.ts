import { type Node, type Shape, sizeOf } from "../graph.ts";
import { type Commands, own, type Place, type Task } from "./commands.ts";
import { place, pool, poolGradient, turn } from "./image-kernels.ts";
import { product } from "./lower-products.ts";
import type { Places } from "./places.ts";

export function lowerPool(commands: Commands, task: Task<Extract<Node, { kind: "pool" | "pool-gradient" }>>): void {
  const { node, reads, writes } = task;
  const { shape } = node.inputs[0];
  const [batch, height, , channels] = shape;
  if (channels % 4 !== 0) {
    commands.twin(task);
    return;
  }
  const make = node.kind === "pool" ? pool : poolGradient;
  commands.kernel(`${node.kind} ${shape}`, () => make(shape, commands.shared), reads, writes, {
    units: (batch * height) / 2,
    work: sizeOf(shape),
  });
}

type Convolution = Extract<Node, { kind: "convolve" | "convolve-images" | "convolve-kernel" }>;

/** Images with borders that were made already: by the node, not by its place, which another node's values may take later. */
export type Bordered = Map<Node, Map<string, Place>>;

/** A convolution, or a gradient of one: a product of windows that nobody has written out with a matrix. */
export function lowerConvolution(commands: Commands, bordered: Bordered, task: Task<Convolution>): void {
  const { node, reads, writes } = task;
  const { kind, size, stride, shape } = node;
  const images = { node: node.inputs[0], place: reads[0] };
  const [first, second] = node.inputs.map(({ shape }) => shape);
  const border = (size - 1) / 2;
  const withBorder = ([, height, width]: Shape, step: number): Place =>
    around(commands, bordered, images, { border, step, rows: height + 2 * border, columns: width + 2 * border });
  if (kind === "convolve") {
    const { pixels, taps } = windows(first[3], size, stride, shape);
    const [M, N, K] = [shape[0] * shape[1] * shape[2], shape[3], size * size * first[3]];
    product(commands, { M, N, K, rows: pixels, columns: taps, B: "rows" }, [withBorder(first, 1), reads[1]], writes);
  } else if (kind === "convolve-kernel") {
    const { pixels, taps } = windows(first[3], size, stride, second);
    const [M, N, K] = [size * size * first[3], second[3], second[0] * second[1] * second[2]];
    product(commands, { M, N, K, rows: taps, columns: pixels, B: "rows" }, [withBorder(first, 1), reads[1]], writes);
  } else {
    const [batch, height, width, inputs] = shape;
    const outputs = first[3];
    const { shared } = commands;
    const turned = commands.kernel(
      `turn ${size} ${inputs} ${outputs}`,
      () => turn(size, inputs, outputs, shared),
      [reads[1]],
      own(sizeOf(second)),
      { units: size * size * outputs, work: sizeOf(second) },
    );
    const { pixels, taps } = windows(outputs, size, 1, shape);
    const [M, N, K] = [batch * height * width, inputs, size * size * outputs];
    product(commands, { M, N, K, rows: pixels, columns: taps, B: "rows" }, [withBorder(shape, stride), turned], writes);
  }
}

/** Where the windows of bordered images begin, a window a pixel of the output, and where a window's values lie from there. */
function windows(channels: number, size: number, stride: number, [, height, width]: Shape): { pixels: Places; taps: Places } {
  const [rows, wide] = [height, width].map((n) => n * stride + size - 1);
  return {
    pixels: { kind: "pixels", height, width, step: stride, from: [rows, wide, channels] },
    taps: { kind: "taps", length: size * channels, stride: wide * channels },
  };
}

/** Images with zeros around each (and between its pixels, where a stride skipped some); made once for each border. */
function around(
  commands: Commands,
  bordered: Bordered,
  images: { node: Node; place: Place },
  { border, step, rows, columns }: { border: number; step: number; rows: number; columns: number },
): Place {
  if (border === 0 && step === 1) return images.place;
  const { shape } = images.node;
  const key = `place ${shape} ${rows} ${columns} ${border} ${step}`;
  const known = bordered.get(images.node) ?? new Map<string, Place>();
  bordered.set(images.node, known);
  const before = known.get(key);
  if (before) return before;
  const [batch, , , channels] = shape;
  const work = batch * rows * columns * channels;
  const bytes = (): Uint8Array<ArrayBuffer> => place(shape, { rows, columns, border, step }, commands.shared);
  const made = commands.kernel(key, bytes, [images.place], own(work), { units: batch * rows, work });
  known.set(key, made);
  return made;
}
