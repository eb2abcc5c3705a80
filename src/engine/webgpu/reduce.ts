import { type Expression, input } from "../expression.ts";
import { type Node, type Over, type Shape, sizeOf } from "../graph.ts";
import {
  arrayText,
  entry,
  expressionText,
  groupSize,
  groupsOf,
  type Kernel,
  type KernelArray,
  type Kernels,
  numberType,
  placements,
  reading,
} from "./kernel.ts";

/**
 * Sums and maxima. Whatever the axes, the domain is outer x n x inner, and n goes. Where outer and inner leave few threads, n is cut into parts: a first kernel reduces each part, a second one the parts. In
 * a group the threads of one column (or four neighbouring ones) take every so many-th of its numbers and are then added as a tree.
 */
export function reduceKernels(node: Extract<Node, { kind: "reduce" }>): Kernels {
  const { places, wide } = placements(
    node.inputs.map(({ shape }) => shape),
    node.domain,
  );
  const [outer, n, inner] = extents(node.over, node.domain);
  const width = inner % wide === 0 ? wide : 1;
  const read = places.map((place, i) => reading(`x${i}`, place, node.domain, width));
  const what = { ...node, arrays: node.inputs.map((_, i) => i), read, width };
  return inParts(outer, n, inner, what);
}

/** The sum of arrays that lie one after another: what a product in parts ends with. */
export function sumOfParts(parts: number, length: number): Kernel {
  const width = length % 4 === 0 ? 4 : 1;
  return reduceKernel(1, parts, length, 1, { expression: input(0), by: "sum", arrays: ["parts"], read: own, width }, "output");
}

interface What {
  expression: Expression;
  by: "sum" | "max";
  arrays: readonly KernelArray[];
  read: readonly { of: "F" | "f32"; value: string }[];
  /** Numbers that a thread takes at once. */
  width: 1 | 4;
}

const own: What["read"] = [{ of: "F", value: "x0[i]" }];

/** Groups that keep a large graphics processor busy. */
const enoughGroups = 512;
/** Numbers that a thread should at least have to reduce. */
const worthwhile = 8;

function extents(over: Over, domain: Shape): [outer: number, n: number, inner: number] {
  const C = domain[domain.length - 1] ?? 1;
  const size = sizeOf(domain);
  if (over === "rows") return [1, size / C, C];
  if (over === "columns") return [size / C, C, 1];
  if (over === "pixels") return [domain[0], domain[1] * domain[2], C];
  return [1, size, 1];
}

function inParts(outer: number, n: number, inner: number, what: What): Kernels {
  const { lanes, groups } = shareOut(outer, n, inner / what.width);
  const wanted = Math.max(1, Math.min(Math.ceil(enoughGroups / groups), Math.floor(n / (lanes * worthwhile))));
  const parts = Math.ceil(n / Math.ceil(n / wanted));
  if (parts === 1) return { parts: 0, kernels: [reduceKernel(outer, n, inner, 1, what, "output")] };
  const rest: What = { ...what, expression: input(0), arrays: ["parts"], read: own };
  return {
    parts: outer * parts * inner,
    kernels: [reduceKernel(outer, n, inner, parts, what, "parts"), reduceKernel(outer, parts, inner, 1, rest, "output")],
  };
}

const powerFrom = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/** Threads of a group along inner (columns: neighbours in memory, at least a line of the cache of them), n (lanes) and outer, and how many groups there are then. */
function shareOut(outer: number, n: number, inner: number) {
  const most = powerFrom(inner);
  const lanes = Math.min(powerFrom(n), groupSize / Math.min(most, 8));
  const rows = Math.min(powerFrom(outer), groupSize / (lanes * Math.min(most, 8)));
  const columns = Math.min(most, groupSize / (lanes * rows));
  const across = Math.ceil(inner / columns);
  const down = Math.ceil(outer / rows);
  return { columns, lanes, rows, across, down, groups: across * down };
}

function reduceKernel(
  outer: number,
  n: number,
  inner: number,
  parts: number,
  { expression, by, arrays, read, width }: What,
  to: "output" | "parts",
): Kernel {
  const length = inner / width;
  const { columns, lanes, rows, across, down, groups } = shareOut(outer, n, length);
  const chunk = Math.ceil(n / parts);
  const { x, y, number } = groupsOf(groups * parts);
  const { lines, value } = expressionText(
    expression,
    read.map((r) => r.value),
  );
  const joined = (a: string, b: string): string => (by === "sum" ? `${a} + ${b}` : `larger(${a}, ${b})`);
  // No number is below all: the first that a thread finds begins its maximum, and threads without any take the last one of the part again, which changes no maximum.
  const begin = `part * ${chunk}u + lane`;
  const first = by === "sum" ? begin : `min(${begin}, end - 1u)`;
  const next = by === "sum" ? joined("total", value) : `select(${joined("total", value)}, ${value}, k == first)`;
  const code = `${numberType(width)}
${read.map(({ of }, at) => arrayText(at, `x${at}`, of)).join("\n")}
${arrayText(read.length, "y", "F", true)}
var<workgroup> found: array<F, ${columns * lanes * rows}>;

${entry(columns * lanes * rows)} {
  let number = ${number};
  let column = number % ${across}u * ${columns}u + thread % ${columns}u;
  let row = number / ${across}u % ${down}u * ${rows}u + thread / ${columns * lanes}u;
  let part = number / ${groups}u;
  let lane = thread / ${columns}u % ${lanes}u;
  let there = column < ${length}u && row < ${outer}u && part < ${parts}u;
  var total = F(0);
  if (there) {
    let end = min(${n}u, (part + 1u) * ${chunk}u);
    let first = ${first};
    for (var k = first; k < end; k += ${lanes}u) {
      let i = (row * ${n}u + k) * ${length}u + column;
      ${lines.join("\n      ")}
      total = ${next};
    }
  }
  found[thread] = total;
  workgroupBarrier();
  for (var half = ${Math.floor(lanes / 2)}u; half > 0u; half /= 2u) {
    if (lane < half) {
      let other = found[thread + half * ${columns}u];
      found[thread] = ${joined("found[thread]", "other")};
    }
    workgroupBarrier();
  }
  if (lane == 0u && there) {
    y[(row * ${parts}u + part) * ${length}u + column] = found[thread];
  }
}
`;
  return {
    name: `${by} ${outer}x${n}x${inner}${parts > 1 ? ` in ${parts} parts` : ""}`,
    code,
    groups: [x, y, 1],
    arrays: [...arrays, to],
  };
}
