import type { Node } from "../graph.ts";
import type { Kernels } from "./kernel.ts";
import { fourfold, matrixFactor, singly } from "./product.ts";
import { type Factor, tiledKernels } from "./tiles.ts";

type Convolution = Extract<Node, { kind: "convolve" | "convolve-images" | "convolve-kernel" }>;

/**
 * A convolution and its two gradients as products of matrices that are never written: windows are read where they lie in the images. With P pixels of outputs, and T = size^2 C numbers of a window,
 *
 *   y (P x outputs)          = windows of x (P x T)  kernel (T x outputs)
 *   in the kernel (T x outputs) = windows of x' (T x P)  g (P x outputs)
 *   in the images (pixels x C)  = windows of g (pixels x size^2 outputs)  kernel with inputs and outputs exchanged
 */
export function convolveKernels(node: Convolution): Kernels {
  if (node.kind === "convolve") return forward(node);
  return node.kind === "convolve-kernel" ? inKernel(node) : inImages(node);
}

const describe = ({ kind, size, stride, shape }: Convolution): string =>
  `${kind} ${size}x${size} step ${stride} ${shape.join("x")}`;

function forward(node: Convolution): Kernels {
  const [x] = node.inputs;
  const [, height, width, C] = x.shape;
  const [batch, outHeight, outWidth, outputs] = node.shape;
  const { size, stride } = node;
  const rows = batch * outHeight * outWidth;
  const depth = size * size * C;
  // First row of its image among those of all, and where its window begins.
  const at = `fn leftAt(m: u32, phase: u32) -> vec4i {
  if (m >= ${rows}u) { return vec4i(0, -65536, 0, 0); }
  let row = m / ${outWidth}u;
  return vec4i(i32(row / ${outHeight}u * ${height}u), i32(row % ${outHeight}u * ${stride}u) - ${border(size)}, i32(m % ${outWidth}u * ${stride}u) - ${border(size)}, 0);
}`;
  const tap = `let tap = k / ${C}u;
  let row = at.y + i32(tap / ${size}u);
  let column = at.z + i32(tap % ${size}u);`;
  const inside = `(k < ${depth}u) & (row >= 0) & (row < ${height}) & (column >= 0) & (column < ${width})`;
  const place = `u32((at.x + row) * ${width} + column) * ${C}u + k % ${C}u`;
  const left = windows("left", "l", C % 4 === 0 ? "depth" : null, at, tap, inside, place);
  const right = matrixFactor("right", "r", "extent", outputs, depth);
  return tiledKernels({
    name: describe(node),
    rows,
    columns: outputs,
    depth,
    left,
    right,
    arrays: { l: left.of, r: right.of },
  });
}

function inKernel(node: Convolution): Kernels {
  const [x, g] = node.inputs;
  const [, height, width, C] = x.shape;
  const [batch, outHeight, outWidth, outputs] = g.shape;
  const { size, stride } = node;
  const rows = size * size * C;
  const depth = batch * outHeight * outWidth;
  // The tap's offsets and the channel.
  const at = `fn leftAt(m: u32, phase: u32) -> vec4i {
  let tap = m / ${C}u;
  return vec4i(select(-65536, i32(tap / ${size}u) - ${border(size)}, m < ${rows}u), i32(tap % ${size}u) - ${border(size)}, i32(m % ${C}u), 0);
}`;
  const pixel = `let line = k / ${outWidth}u;
  let row = i32(line % ${outHeight}u * ${stride}u) + at.x;
  let column = i32(k % ${outWidth}u * ${stride}u) + at.y;`;
  const inside = `(k < ${depth}u) & (row >= 0) & (row < ${height}) & (column >= 0) & (column < ${width})`;
  const place = `u32((i32(line / ${outHeight}u * ${height}u) + row) * ${width} + column) * ${C}u + u32(at.z)`;
  const left = windows("left", "l", C % 4 === 0 ? "extent" : null, at, pixel, inside, place);
  const right = matrixFactor("right", "r", "extent", outputs, depth);
  return tiledKernels({
    name: describe(node),
    rows,
    columns: outputs,
    depth,
    left,
    right,
    arrays: { l: left.of, r: right.of },
  });
}

/**
 * With stride s the pixels whose row and column leave the same remainders by s (a phase) take part in the same taps: every s-th, from one on that depends on the remainder. A phase is a product of its own, so
 * that no tap is read for nothing.
 */
function inImages(node: Convolution): Kernels {
  const [g] = node.inputs;
  const [batch, , width, C] = node.shape;
  const [, outHeight, outWidth, outputs] = g.shape;
  const { size, stride } = node;
  const phases = stride * stride;
  const rows = batch * outHeight * outWidth;
  const p = border(size);
  const helpers =
    stride === 1
      ? `fn firstTap(phase: u32) -> vec2u { return vec2u(0); }
fn taps(phase: u32) -> vec2u { return vec2u(${size}); }`
      : `fn firstTap(phase: u32) -> vec2u { return (vec2u(phase / ${stride}u, phase % ${stride}u) + ${p}u) % ${stride}u; }
fn taps(phase: u32) -> vec2u { return (${size + stride - 1}u - firstTap(phase)) / ${stride}u; }`;
  // First row of the image among those of all, and the output's pixel at the first tap; further taps are at pixels before it.
  const at = `${helpers}
fn leftAt(m: u32, phase: u32) -> vec4i {
  if (m >= ${rows}u) { return vec4i(0, -65536, 0, 0); }
  let row = m / ${outWidth}u;
  let shift = vec2i((vec2u(phase / ${stride}u, phase % ${stride}u) + ${p}u - firstTap(phase)) / ${stride}u);
  return vec4i(i32(row / ${outHeight}u * ${outHeight}u), i32(row % ${outHeight}u) + shift.x, i32(m % ${outWidth}u) + shift.y, 0);
}`;
  const columnTaps = stride === 1 ? `${size}u` : "max(1u, taps(phase).y)";
  const tap = `let tap = k / ${outputs}u;
  let row = at.y - i32(tap / ${columnTaps});
  let column = at.z - i32(tap % ${columnTaps});`;
  const inside = `(k < depthOf(phase)) & (row >= 0) & (row < ${outHeight}) & (column >= 0) & (column < ${outWidth})`;
  const place = `u32((at.x + row) * ${outWidth} + column) * ${outputs}u + k % ${outputs}u`;
  const wide = outputs % 4 === 0 ? "depth" : null;
  const left = windows("left", "l", wide, at, tap, inside, place);
  const channel = `fn rightAt(m: u32, phase: u32) -> vec4i { return vec4i(select(-1, i32(m * ${outputs}u), m < ${C}u)); }`;
  const ofKernel = `let tap = k / ${outputs}u;
  let first = firstTap(phase);
  let u = first.x + tap / ${columnTaps} * ${stride}u;
  let v = first.y + tap % ${columnTaps} * ${stride}u;`;
  const kernelPlace = `(u * ${size}u + v) * ${C * outputs}u + u32(at.x) + k % ${outputs}u`;
  const right = windows("right", "r", wide, channel, ofKernel, "(k < depthOf(phase)) & (at.x >= 0)", kernelPlace);
  return tiledKernels({
    name: describe(node),
    rows,
    columns: C,
    depth: Math.ceil(size / stride) ** 2 * outputs,
    depthText: stride === 1 ? undefined : `taps(phase).x * taps(phase).y * ${outputs}u`,
    phases,
    rowText:
      stride === 1
        ? undefined
        : `(m / ${outWidth}u * ${stride}u + phase / ${stride}u) * ${width}u + m % ${outWidth}u * ${stride}u + phase % ${stride}u`,
    left,
    right,
    arrays: { l: left.of, r: right.of },
  });
}

const border = (size: number): number => (size - 1) / 2;

/** A factor read at `place` where it is `inside`; `lines` are what both use. Four neighbours along `lies` at once, or singly. */
const windows = (
  name: string,
  array: string,
  lies: Factor["along"] | null,
  at: string,
  lines: string,
  inside: string,
  place: string,
): Factor & { of: "f32" | "vec4f" } =>
  lies === null ? singly(name, array, at, lines, inside, place) : fourfold(name, array, lies, at, lines, inside, place);
