import type { Node, ProductForm } from "../graph.ts";
import type { Kernels } from "./kernel.ts";
import { type Factor, tiledKernels } from "./tiles.ts";

/** X Y, X Y' and X' Y. */
export function productKernels(node: Extract<Node, { kind: "product" }>): Kernels {
  const [rows, columns] = node.shape;
  const [{ shape: x }] = node.inputs;
  const depth = node.form === "X'Y" ? x[0] : x[1];
  const lies: Record<ProductForm, [left: Factor["along"], right: Factor["along"]]> = {
    XY: ["depth", "extent"],
    "XY'": ["depth", "depth"],
    "X'Y": ["extent", "extent"],
  };
  const [leftAlong, rightAlong] = lies[node.form];
  const left = matrixFactor("left", "l", leftAlong, rows, depth);
  const right = matrixFactor("right", "r", rightAlong, columns, depth);
  return tiledKernels({
    name: `product ${node.form} ${rows}x${depth}x${columns}`,
    rows,
    columns,
    depth,
    left,
    right,
    arrays: { l: left.of, r: right.of },
  });
}

/** A matrix in memory: neighbours along its depth (rows of that length) or its extent. */
export function matrixFactor(
  name: string,
  array: string,
  lies: Factor["along"],
  extent: number,
  depth: number,
): Factor & { of: "f32" | "vec4f" } {
  const wide = (lies === "depth" ? depth : extent) % 4 === 0;
  // The first of a place's numbers; -1 beyond the end.
  const at = `fn ${name}At(m: u32, phase: u32) -> vec4i { return vec4i(select(-1, i32(m${lies === "depth" ? ` * ${depth}u` : ""}), m < ${extent}u)); }`;
  const place = lies === "depth" ? "u32(at.x) + k" : `u32(at.x) + k * ${extent}u`;
  const inside = `(at.x >= 0) & (k < ${depth}u)`;
  return wide ? fourfold(name, array, lies, at, "", inside, place) : singly(name, array, at, "", inside, place);
}

/** A factor whose numbers are read four neighbours at once: those at `place` where it is `inside`, else 0. `lines` come before, for both. There is no branch: elsewhere the first number is read and thrown away. */
export function fourfold(
  name: string,
  array: string,
  along: Factor["along"],
  at: string,
  lines: string,
  inside: string,
  place: string,
): Factor & { of: "vec4f" } {
  return {
    along,
    of: "vec4f",
    code: `${at}
fn ${name}(at: vec4i, k: u32, phase: u32) -> vec4f {
  ${lines}
  let inside = ${inside};
  return select(vec4f(), ${array}[select(0u, (${place}) / 4u, inside)], inside);
}`,
  };
}

/** The same where lengths are no multiples of four, one by one: numbers at depths k to k + 3. */
export function singly(
  name: string,
  array: string,
  at: string,
  lines: string,
  inside: string,
  place: string,
): Factor & { of: "f32" } {
  return {
    along: "depth",
    of: "f32",
    code: `${at}
fn ${name}One(at: vec4i, k: u32, phase: u32) -> f32 {
  ${lines}
  let inside = ${inside};
  return select(0, ${array}[select(0u, ${place}, inside)], inside);
}
fn ${name}(at: vec4i, k: u32, phase: u32) -> vec4f {
  return vec4f(${name}One(at, k, phase), ${name}One(at, k + 1u, phase), ${name}One(at, k + 2u, phase), ${name}One(at, k + 3u, phase));
}`,
  };
}
