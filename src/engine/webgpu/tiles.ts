import { arrayText, entry, groupsOf, type Kernels } from "./kernel.ts";
import { sumOfParts } from "./reduce.ts";
import { type Tile, tileFor } from "./tile-size.ts";

/**
 * The product of two matrices, rows x depth by depth x columns, that need not be in memory as such: a factor is WGSL that reads it. Products, convolutions and their gradients are all this one kernel.
 *
 * A group of threads computes a tile of the product. It brings slices of both factors, `depth` deep, into memory of the group, from where each thread takes what it needs for its 4 x 4 to 8 x 8 values; while
 * it computes with one slice the next is on its way. Blocks of 4 x 4 numbers go from memory to the group's, one a thread, so that both sides are read and written four neighbours at a time.
 */
export interface Factor {
  /** Along what four numbers lie next to each other: the depth, or the extent (a left factor's rows, a right one's columns). */
  along: "depth" | "extent";
  /**
   * WGSL of two functions, where NAME is the factor's. `fn NAMEAt(m: u32, phase: u32) -> vec4i`: what is the same for all depths at a place of the extent, also beyond its end.
   * `fn NAME(at: vec4i, k: u32, phase: u32) -> vec4f`: four numbers from depth k, or from that place of the extent; 0 beyond depth and extent.
   */
  code: string;
}

export interface TiledProduct {
  name: string;
  rows: number;
  columns: number;
  /** The greatest depth of a phase, for the choice of the tile. */
  depth: number;
  /** WGSL of the depth, of `phase`. */
  depthText?: string;
  /** Independent products with the same factors' code; 1 if left out. */
  phases?: number;
  /** WGSL of the row of the output where row m of a phase goes, of `m` and `phase`. */
  rowText?: string;
  left: Factor;
  right: Factor;
  /** Elements of the bound arrays `l` and `r`. */
  arrays: { l: "f32" | "vec4f"; r: "f32" | "vec4f" };
}

export function tiledKernels(product: TiledProduct): Kernels {
  const { rows, columns, phases = 1 } = product;
  const { tile, parts } = tileFor({ rows, columns, depth: product.depth, phases });
  const length = rows * phases * columns;
  const kernel = (to: "output" | "parts") => ({
    name: `${product.name}, tiles ${tile.rows}x${tile.columns}${parts > 1 ? ` in ${parts} parts` : ""}`,
    ...codeOf(product, tile, parts),
    arrays: [0, 1, to] as const,
  });
  if (parts === 1) return { parts: 0, kernels: [kernel("output")] };
  return { parts: parts * length, kernels: [kernel("parts"), sumOfParts(parts, length)] };
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const letters = ["x", "y", "z", "w"];

function codeOf(product: TiledProduct, tile: Tile, parts: number): { code: string; groups: readonly [number, number, number] } {
  const { rows, columns, phases = 1, depth, depthText = `${depth}u`, rowText = "m", left, right, arrays } = product;
  const across = Math.ceil(columns / tile.columns);
  const { x, y, number } = groupsOf(Math.ceil(rows / tile.rows) * across);
  // A part is a whole number of slices.
  const chunk = Math.ceil(Math.ceil(depth / parts) / tile.depth) * tile.depth;
  const threadsAcross = tile.columns / tile.threadColumns;
  const threads = (tile.rows / tile.threadRows) * threadsAcross;
  const leftQuads = tile.rows / 4;
  const rightQuads = tile.columns / 4;
  const leftBlocks = (leftQuads * tile.depth) / 4;
  const rightBlocks = (rightQuads * tile.depth) / 4;
  const wide = columns % 4 === 0;
  // Of a thread: quads of rows (h) and of columns (q), half a tile apart where there are two, so that neighbouring threads read neighbouring memory.
  const hs = range(tile.threadRows / 4);
  const qs = range(tile.threadColumns / 4);
  const rowsApart = tile.rows / hs.length;
  const columnsApart = tile.columns / qs.length;
  const sums = hs.flatMap((h) => letters.flatMap((r) => qs.map((q) => ({ h, r, q, name: `s${h}${r}${q}` }))));
  /** Where in its slice the block of a thread lies: quad of the extent and quad of the depth. */
  const block = ({ along }: Factor, quads: number, thread: string): { extent: string; depth: string } =>
    along === "depth"
      ? { extent: `(${thread} / ${tile.depth / 4}u)`, depth: `(${thread} % ${tile.depth / 4}u)` }
      : { extent: `(${thread} % ${quads}u)`, depth: `(${thread} / ${quads}u)` };
  const leftBlock = block(left, leftQuads, "thread");
  const rightBlock = block(right, rightQuads, `(thread - ${leftBlocks}u)`);
  const places = (name: string, from: string): string =>
    `Places(${range(4)
      .map((j) => `${name}At(${from} + ${j}u, phase)`)
      .join(", ")})`;
  const fetched = (factor: Factor, name: string, k: string): string =>
    factor.along === "depth"
      ? `transpose(mat4x4f(${["a", "b", "c", "d"].map((p) => `${name}(at.${p}, ${k}, phase)`).join(", ")}))`
      : `mat4x4f(${range(4)
          .map((j) => `${name}(at.a, ${k} + ${j}u, phase)`)
          .join(", ")})`;
  const written = (name: string, quads: number, { extent, depth: quad }: { extent: string; depth: string }): string =>
    range(4)
      .map((j) => `${name}[(${quad} * 4u + ${j}u) * ${quads}u + ${extent}] = block[${j}];`)
      .join("\n      ");
  const code = `${arrayText(0, "l", arrays.l)}
${arrayText(1, "r", arrays.r)}
${arrayText(2, "y", wide ? "vec4f" : "f32", true)}
var<workgroup> leftSlice: array<vec4f, ${leftQuads * tile.depth}>;
var<workgroup> rightSlice: array<vec4f, ${rightQuads * tile.depth}>;
struct Places { a: vec4i, b: vec4i, c: vec4i, d: vec4i }

${left.code}
${right.code}
fn depthOf(phase: u32) -> u32 { return ${depthText}; }
fn rowOf(m: u32, phase: u32) -> u32 { return ${rowText}; }

/** Where this thread's block of the slices lies, along the extents. */
fn placesOf(thread: u32, row: u32, column: u32, phase: u32) -> Places {
  if (thread < ${leftBlocks}u) {
    let m = row + ${leftBlock.extent} * 4u;
    return ${places("left", "m")};
  }
  let n = column + ${rightBlock.extent} * 4u;
  return ${places("right", "n")};
}

/** The block, four neighbours of the extent a column, from depth k on. */
fn fetch(thread: u32, at: Places, k: u32, phase: u32) -> mat4x4f {
  if (thread < ${leftBlocks}u) {
    let start = k + ${leftBlock.depth} * 4u;
    return ${fetched(left, "left", "start")};
  }
  if (thread < ${leftBlocks + rightBlocks}u) {
    let start = k + ${rightBlock.depth} * 4u;
    return ${fetched(right, "right", "start")};
  }
  return mat4x4f();
}

fn store(m: u32, n: u32, value: vec4f, phase: u32, part: u32) {
  if (m >= ${rows}u || n >= ${columns}u) { return; }
  let at = part * ${rows * phases * columns}u + rowOf(m, phase) * ${columns}u + n;
  ${
    wide
      ? "y[at / 4u] = value;"
      : range(4)
          .map((j) => (j === 0 ? "y[at] = value.x;" : `if (n + ${j}u < ${columns}u) { y[at + ${j}u] = value.${letters[j]}; }`))
          .join("\n  ")
  }
}

${entry(threads)} {
  let tile = ${number};
  let row = tile / ${across}u * ${tile.rows}u;
  let column = tile % ${across}u * ${tile.columns}u;
  let phase = group.z / ${parts}u;
  let part = group.z % ${parts}u;
  let first = part * ${chunk}u;
  let end = min(depthOf(phase), first + ${chunk}u);
  let threadRow = thread / ${threadsAcross}u;
  let threadColumn = thread % ${threadsAcross}u;
  let places = placesOf(thread, row, column, phase);
  ${sums.map(({ name }) => `var ${name} = vec4f();`).join("\n  ")}
  var block = mat4x4f();
  // The slice at k is on its way while the one before it is multiplied.
  for (var k = first; ; k += ${tile.depth}u) {
    if (k < end) { block = fetch(thread, places, k, phase); }
    if (k > first) {
      for (var d = 0u; d < ${tile.depth}u; d++) {
        ${hs.map((h) => `let l${h} = leftSlice[d * ${leftQuads}u + ${(h * rowsApart) / 4}u + threadRow];`).join("\n        ")}
        ${qs.map((q) => `let r${q} = rightSlice[d * ${rightQuads}u + ${(q * columnsApart) / 4}u + threadColumn];`).join("\n        ")}
        ${sums.map(({ h, r, q, name }) => `${name} = fma(vec4f(l${h}.${r}), r${q}, ${name});`).join("\n        ")}
      }
    }
    if (k >= end) { break; }
    workgroupBarrier();
    if (thread < ${leftBlocks}u) {
      ${written("leftSlice", leftQuads, leftBlock)}
    } else if (thread < ${leftBlocks + rightBlocks}u) {
      ${written("rightSlice", rightQuads, rightBlock)}
    }
    workgroupBarrier();
  }
  let m = row + threadRow * 4u;
  let n = column + threadColumn * 4u;
  ${sums.map(({ h, r, q, name }) => `store(m + ${h * rowsApart + letters.indexOf(r)}u, n + ${q * columnsApart}u, ${name}, phase, part);`).join("\n  ")}
}
`;
  return { code, groups: [x, y, phases * parts] };
}
