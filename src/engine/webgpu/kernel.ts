import type { Expression } from "../expression.ts";
import { type Placement, placement, type Shape, sizeOf } from "../graph.ts";

/**
 * What every kernel shares: its arrays, its groups of threads, and expressions in WGSL. A kernel is text made for its shapes, which are constants in it, so that divisions by them are cheap.
 */
export interface Kernel {
  /** For profiles and for error messages. */
  name: string;
  code: string;
  /** Groups of threads along the three dimensions. */
  groups: readonly [number, number, number];
  /** What is bound at 0, 1, ...: the node's input of that index, its output, or the array between its two kernels. The last one is written. */
  arrays: readonly KernelArray[];
}

export type KernelArray = number | "output" | "parts";

/** A node's kernels, one after the other, and the length of the array between them. */
export interface Kernels {
  kernels: readonly Kernel[];
  /** 0: none. */
  parts: number;
}

/** Threads of a group: what every device has room for. */
export const groupSize = 256;
/** A dimension has at most 65,535 groups; longer rows are folded at this many. */
const fold = 32_768;

/** As many groups as that, and the number of one's own in WGSL. */
export function groupsOf(count: number): { x: number; y: number; number: string } {
  if (count <= fold) return { x: count, y: 1, number: "group.x" };
  return { x: fold, y: Math.ceil(count / fold), number: `(group.y * ${fold}u + group.x)` };
}

/**
 * `F`: what a thread takes at once, four numbers where lengths allow it; and the larger of two, or NaN where one is. Not max(), nor comparisons alone: WGSL leaves open what these give for NaN, and a compiler may
 * take it that there is none; of bits it knows nothing. A training that diverges must show it.
 */
export function numberType(wide: number): string {
  const [F, U, B] = wide === 4 ? ["vec4f", "vec4u", "vec4<bool>"] : ["f32", "u32", "bool"];
  return `alias F = ${F};
fn isNone(p: F) -> ${B} { return (bitcast<${U}>(p) & ${U}(0x7fffffffu)) > ${U}(0x7f800000u); }
fn larger(p: F, q: F) -> F { return select(p, q, ((q > p) | isNone(q)) & !isNone(p)); }`;
}

/** The declaration of an array: `F`s or single numbers. */
export const arrayText = (at: number, name: string, of: "F" | "f32" | "vec4f", write = false): string =>
  `@group(0) @binding(${at}) var<storage, ${write ? "read_write" : "read"}> ${name}: array<${of}>;`;

/** Text of the entry point's head. */
export const entry = (threads: number): string =>
  `@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32)`;

/** How inputs lie over a domain, and whether four numbers can be taken at once. */
export function placements(shapes: readonly Shape[], domain: Shape): { places: Placement[]; wide: 1 | 4 } {
  const places = shapes.map((shape) => placement(shape, domain));
  const flat = places.every((place) => place === "full" || place === "scalar");
  const last = domain[domain.length - 1] ?? 1;
  return { places, wide: (flat ? sizeOf(domain) : last) % 4 === 0 ? 4 : 1 };
}

/** The type of an input's elements, and its value at place `i` of the domain (counted in `F`s). */
export function reading(name: string, place: Placement, domain: Shape, wide: number): { of: "F" | "f32"; value: string } {
  const C = (domain[domain.length - 1] ?? 1) / wide;
  switch (place) {
    case "full":
      return { of: "F", value: `${name}[i]` };
    case "row":
      return { of: "F", value: `${name}[i % ${C}u]` };
    case "pixel":
      return { of: "F", value: `${name}[i / ${C * domain[1] * domain[2]}u * ${C}u + i % ${C}u]` };
    case "column":
      return { of: "f32", value: `F(${name}[i / ${C}u])` };
    case "scalar":
      return { of: "f32", value: `F(${name}[0])` };
  }
}

const operators: Partial<Record<Expression["op"], string>> = { add: "+", subtract: "-", multiply: "*", divide: "/" };

/** An expression as lines of WGSL, each different part of it computed once, and the name of its value. */
export function expressionText(expression: Expression, inputs: readonly string[]): { lines: string[]; value: string } {
  const lines: string[] = [];
  const names = new Map<string, string>();
  const known = new Map<Expression, string>();
  const named = (text: string): string => {
    const before = names.get(text);
    if (before) return before;
    const name = `v${lines.length}`;
    lines.push(`let ${name} = ${text};`);
    names.set(text, name);
    return name;
  };
  const nameOf = (e: Expression): string => {
    const before = known.get(e);
    if (before) return before;
    const value = named(textOf(e));
    known.set(e, value);
    return value;
  };
  const textOf = (e: Expression): string => {
    if (e.op === "input") return inputs[e.index];
    if (e.op === "number") return `F(${numberText(e.value)})`;
    const [a, b] = e.of.map(nameOf);
    if (operators[e.op]) return `${a} ${operators[e.op]} ${b}`;
    if (e.op === "max") return `larger(${a}, ${b})`;
    if (e.op === "equal") return `select(F(0), F(1), ${a} == ${b})`;
    if (e.op === "positive") return `select(F(0), F(1), ${a} > F(0))`;
    return `${e.op}(${a})`;
  };
  return { value: nameOf(expression), lines };
}

/** A number as WGSL writes it. */
function numberText(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) throw new Error(`an expression holds ${value}, which is no float32`);
  return `${single}f`;
}
