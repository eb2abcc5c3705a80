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
  const inside = `at.x >= 0 && k < ${depth}u`;
  if (wide)
    return {
      along: lies,
      of: "vec4f",
      code: `${at}
fn ${name}(at: vec4i, k: u32, phase: u32) -> vec4f {
  if (${inside}) { return ${array}[(${place}) / 4u]; }
  return vec4f();
}`,
    };
  return singly(
    name,
    at,
    `if (${inside}) { return ${array}[${place}]; }
  return 0;`,
  );
}

/** A factor whose lengths are no multiples of four: its numbers are read one by one. `body` gives that at depth k. */
export function singly(name: string, at: string, body: string): Factor & { of: "f32" } {
  return {
    along: "depth",
    of: "f32",
    code: `${at}
fn ${name}One(at: vec4i, k: u32, phase: u32) -> f32 {
  ${body}
}
fn ${name}(at: vec4i, k: u32, phase: u32) -> vec4f {
  return vec4f(${name}One(at, k, phase), ${name}One(at, k + 1u, phase), ${name}One(at, k + 2u, phase), ${name}One(at, k + 3u, phase));
}`,
  };
}
