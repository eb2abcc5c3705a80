import type { Expression } from "./expression.ts";

/**
 * A computation as a graph of a few kinds of nodes, each with a known shape; arrays are float32 and row-major, images N x height x width x channels. operations.ts makes the nodes and knows their
 * gradients; an engine (engine.ts) turns a graph into a program. Nothing is computed here.
 *
 *   input, held     arrays that a run is given, and arrays that stay on the device between runs, by name; constant: numbers of the graph's own
 *   map             an expression at every place; inputs are broadcast as `placement` says
 *   reduce          the sum or maximum of an expression over some axes
 *   product         X Y, X Y' or X' Y of two matrices
 *   convolve*       a convolution (convolution.ts) and its gradients in the images and in the kernel
 *   pool*           the maximum of each 2 x 2 window, and its gradient, which the first of equal values takes
 *   reshape         the same numbers in another shape
 */
export type Node = { readonly graph: Graph; readonly id: number; readonly shape: Shape; readonly inputs: readonly Node[] } & Kind;

/** Sizes along the axes; [] is one number. */
export type Shape = readonly number[];

/** What a node is, with what it needs to know beside its inputs. */
export type Kind =
  | { readonly kind: "input" | "held"; readonly name: string }
  | { readonly kind: "constant"; readonly data: readonly number[] }
  | { readonly kind: "map"; readonly expression: Expression }
  | {
      readonly kind: "reduce";
      readonly expression: Expression;
      readonly by: "sum" | "max";
      readonly over: Over;
      readonly domain: Shape;
    }
  | { readonly kind: "product"; readonly form: ProductForm }
  | { readonly kind: "convolve" | "convolve-images" | "convolve-kernel"; readonly size: number; readonly stride: number }
  | { readonly kind: "pool" | "pool-gradient" }
  | { readonly kind: "reshape" };

/** Of the last axis's length C: `rows`: all axes but the last, to C numbers; `columns`: the last, to N x 1; `pixels`: the middle two of images, to N x 1 x 1 x C; `all`: to one number. */
export type Over = "rows" | "columns" | "pixels" | "all";

/** Which of two matrices is transposed. */
export type ProductForm = "XY" | "XY'" | "X'Y";

/** What is differentiated: how an output's gradient becomes its inputs' (null: none). */
export interface Rule {
  /** What was made. */
  output: Node;
  /** What it was made of. */
  inputs: readonly Node[];
  /** From the gradient in the output (its shape) to one for each input: of its shape, or one of the two is broadcast to the other. */
  pullback(gradient: Node): readonly (Node | null)[];
}

/** How many numbers an array of this shape has; 1 for []. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);
/** Whether two shapes are equal, axis by axis. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

/** How an input of a map lies over its shape: the same shape; C numbers, one a last index; N x 1, one a row; N x 1 x 1 x C, one an image and channel; one number. */
export type Placement = "full" | "row" | "column" | "pixel" | "scalar";

/** Throws where a shape cannot be broadcast so. */
export function placement(shape: Shape, over: Shape): Placement {
  if (sameShape(shape, over)) return "full";
  if (sizeOf(shape) === 1) return "scalar";
  const last = over[over.length - 1];
  if (shape.length === 1 && shape[0] === last) return "row";
  if (shape.length === over.length && shape[shape.length - 1] === 1 && shape.slice(0, -1).every((n, i) => n === over[i]))
    return "column";
  if (over.length === 4 && sameShape(shape, [over[0], 1, 1, last])) return "pixel";
  throw new Error(`shape ${shape.join(" x ")} does not go over ${over.join(" x ")}`);
}

/** A computation that is being written down: its nodes, how they are differentiated, and what a run gives back and keeps. */
export class Graph {
  /** In an order in which each comes after what it takes. */
  readonly nodes: Node[] = [];
  /** How its nodes are differentiated, in the order in which they were made. */
  readonly rules: Rule[] = [];
  /** What a run gives back, by name. */
  readonly outputs: Map<string, Node> = new Map();
  /** What a held array becomes at the end of a run. */
  readonly kept: Map<string, Node> = new Map();
  #named = new Map<string, Node>();
  #differentiated = true;

  /** Adds a node of a kind, with the shape of its values. Nothing checks that kind, shape and inputs fit: the operations do. */
  node(kind: Kind, shape: Shape, inputs: readonly Node[] = []): Node {
    if (!shape.every((n) => Number.isInteger(n) && n > 0))
      throw new Error(`${kind.kind}: expected a shape of whole numbers above 0, got ${shape.join(" x ")}`);
    if (inputs.some((x) => x.graph !== this)) throw new Error(`${kind.kind}: expected arrays of this graph, got one of another`);
    const made = { graph: this, id: this.nodes.length, shape, inputs, ...kind } as Node;
    this.nodes.push(made);
    return made;
  }

  /** An array that every run is given. The same name is the same node; throws if it was asked for in another shape. */
  input(name: string, shape: Shape = []): Node {
    return this.#once("input", name, shape);
  }

  /** An array that stays on the device. The same name is the same node; throws if it was asked for in another shape. */
  held(name: string, shape: Shape = []): Node {
    return this.#once("held", name, shape);
  }

  /** Numbers of the graph's own, row-major: a row of them, if no shape is given. */
  constant(data: ArrayLike<number>, shape: Shape = [data.length]): Node {
    if (data.length !== sizeOf(shape)) throw new Error(`constant of shape ${shape.join(" x ")}: got ${data.length} numbers`);
    return this.node({ kind: "constant", data: Array.from(data) }, shape);
  }

  /** A run gives back `value` by this name. */
  output(name: string, value: Node): void {
    if (this.outputs.has(name)) throw new Error(`output ${name}: there is one of this name already`);
    this.outputs.set(name, value);
  }

  /** The held array `name` is `value` after the run; every node of the graph sees what it was before. Throws if `name` is not held in the shape of `value`. */
  keep(name: string, value: Node): void {
    const held = this.#named.get(`held ${name}`);
    if (!held || !sameShape(held.shape, value.shape))
      throw new Error(`keep ${name}: not held in the shape ${value.shape.join(" x ")}`);
    this.kept.set(name, value);
  }

  /** Says how `output`, made by `make` of `inputs`, is differentiated; what `make` does inside is not. */
  rule(inputs: readonly Node[], make: () => Node, pullback: (gradient: Node, output: Node) => readonly (Node | null)[]): Node {
    const before = this.#differentiated;
    this.#differentiated = false;
    let output: Node;
    try {
      output = make();
    } finally {
      this.#differentiated = before;
    }
    if (before) this.rules.push({ output, inputs, pullback: (gradient) => pullback(gradient, output) });
    return output;
  }

  /** Makes nodes that are not differentiated. */
  undifferentiated<T>(make: () => T): T {
    const before = this.#differentiated;
    this.#differentiated = false;
    try {
      return make();
    } finally {
      this.#differentiated = before;
    }
  }

  #once(kind: "input" | "held", name: string, shape: Shape): Node {
    const key = `${kind} ${name}`;
    const before = this.#named.get(key);
    if (before) {
      if (!sameShape(before.shape, shape))
        throw new Error(`${key}: of shape ${before.shape.join(" x ")} and ${shape.join(" x ")}`);
      return before;
    }
    const made = this.node({ kind, name }, shape);
    this.#named.set(key, made);
    return made;
  }
}

/** The nodes that outputs and kept arrays need, in order. */
export function neededNodes({ nodes, outputs, kept }: Pick<Graph, "nodes" | "outputs" | "kept">): Node[] {
  const needed = new Set<Node>();
  const open = [...outputs.values(), ...kept.values()];
  for (let node = open.pop(); node; node = open.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    open.push(...node.inputs);
  }
  return nodes.filter((node) => needed.has(node));
}
