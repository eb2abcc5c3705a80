import fc from "fast-check";
import { Graph, type Node } from "../../src/engine/graph.ts";
import * as op from "../../src/engine/operations.ts";
import { random } from "../../src/math/random.ts";

/**
 * Random graphs of operations that are exact in float32 on small whole numbers: in whatever order and place they are computed, every number is the same. So what differs was overwritten, left out or read
 * too early.
 */
interface Recipe {
  /** Channels: with fours, and without, which leaves most to the twin. */
  C: number;
  /** Each an operation on two of the matrices before it. */
  steps: [operation: number, a: number, b: number][];
  outputs: number[];
  /** What the held arrays become; null: nothing. */
  kept: (number | null)[];
}

const nat = fc.nat({ max: 1000 });
export const recipes: fc.Arbitrary<Recipe> = fc.record({
  C: fc.constantFrom(4, 6, 8),
  steps: fc.array(fc.tuple(nat, nat, nat), { minLength: 1, maxLength: 25 }),
  outputs: fc.array(nat, { maxLength: 3 }),
  kept: fc.tuple(...Array.from({ length: 3 }, () => fc.option(nat))),
});

/** Back between -3 and 3. */
const clamp = (x: Node): Node => op.maximum(op.multiply(op.maximum(op.multiply(x, -1), -3), -1), -3);

/** Matrices are 16 x C, or two images of 4 x 2 pixels. */
const rows = 16;
const imagesOf = (x: Node): Node => op.reshape(x, [2, 4, 2, x.shape[1]]);
const rowsOf = (x: Node): Node => op.reshape(x, [rows, x.shape[3]]);

const operations: readonly ((a: Node, b: Node, kernel: Node) => Node)[] = [
  (a, b) => op.add(a, b),
  (a, b) => op.subtract(a, b),
  (a, b) => op.multiply(a, b),
  (a, b) => op.maximum(a, b),
  (a) => op.relu(a),
  (a, b) => op.equal(a, b),
  (a) => op.positive(a),
  (a) => op.sqrt(op.square(a)),
  (a) => op.log(op.equal(a, a)),
  (a, b) => op.add(a, op.sum(b, "rows")),
  (a, b) => op.multiply(a, op.sum(b, "columns")),
  (a, b) => op.subtract(a, op.largest(b, "columns")),
  (a, b) => op.multiply(a, op.largest(b, "rows")),
  (a, b) => op.add(a, op.sum(b, "all")),
  (a, b) => op.product("XY", a, clamp(op.product("X'Y", a, b))),
  (a, b) => op.product("XY", clamp(op.product("XY'", a, b)), b),
  (a, _, kernel) => rowsOf(op.convolve(imagesOf(a), kernel)),
  (a, b) => rowsOf(op.multiply(imagesOf(a), op.sum(imagesOf(b), "pixels"))),
  (a) => {
    const x = imagesOf(a);
    return rowsOf(op.gradients(op.sum(op.multiply(op.maxPool(x), 2), "all"), [x])[0]);
  },
  (a, b) => op.reshape(op.add(op.reshape(a, [a.shape[1], rows]), op.reshape(b, [a.shape[1], rows])), a.shape),
  (a) => op.reshape(op.reshape(a, [a.shape[1], rows]), a.shape),
];

/** The graph of a recipe, with what its arrays begin as. */
export function graphOf({ C, steps, outputs, kept }: Recipe): {
  graph: Graph;
  given: Record<string, Float32Array<ArrayBuffer>>;
  held: Record<string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }>;
} {
  const graph = new Graph();
  const shape = [rows, C];
  const kernel = graph.held("kernel", [3, 3, C, C]);
  const names = ["first", "second"];
  const matrices = [graph.input("x", shape), graph.input("y", shape), ...names.map((name) => graph.held(name, shape))];
  for (const [operation, a, b] of steps) {
    const made = operations[operation % operations.length];
    matrices.push(clamp(made(matrices[a % matrices.length], matrices[b % matrices.length], kernel)));
    // What is not clamped too, where nothing grows.
    if (operation % 3 === 0) matrices.push(op.relu(matrices[matrices.length - 1]));
    if (operation % 5 === 0) matrices.push(op.reshape(op.reshape(matrices[a % matrices.length], [rows * C]), shape));
  }
  const last = matrices[matrices.length - 1];
  for (const [i, place] of outputs.entries()) graph.output(`output ${i}`, matrices[place % matrices.length]);
  graph.output("last", last);
  for (const [i, name] of names.entries()) {
    const place = kept[i];
    if (place === null) continue;
    const value = matrices[place % matrices.length];
    if (value.kind !== "held") graph.keep(name, value);
  }
  const total = kept[2];
  const before = graph.held("total");
  if (total !== null) graph.keep("total", clamp(op.add(before, op.sum(matrices[total % matrices.length], "all"))));
  const r = random(steps.length + 100 * C);
  const whole = (size: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: size }, () => Math.round(Math.max(-3, Math.min(3, 2 * r.normal()))));
  return {
    graph,
    given: { x: whole(rows * C), y: whole(rows * C) },
    held: {
      kernel: { shape: kernel.shape, data: whole(9 * C * C) },
      ...Object.fromEntries(names.map((name) => [name, { shape, data: whole(rows * C) }])),
      total: { shape: [], data: whole(1) },
    },
  };
}
