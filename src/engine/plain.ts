import type { Expression } from "./expression.ts";
import { type Graph, type Node, neededNodes, placement, type Shape, sizeOf } from "./graph.ts";

/**
 * Every kind of node in plain code, the twin that other engines are tested against: in float64 for finite differences, in float32 for the nodes that an engine leaves to it (those with exp and log, and
 * shapes its kernels do not fit).
 */
export type Numbers = Float32Array | Float64Array;

/** How arrays are made: `(length) => new Float64Array(length)`. */
export type MakeNumbers = (length: number) => Numbers;

/** Values of a graph's outputs and of what its held arrays become, computed node by node. */
export function evaluate(
  graph: Graph,
  given: Readonly<Record<string, ArrayLike<number>>>,
  held: Readonly<Record<string, ArrayLike<number>>>,
  make: MakeNumbers,
): { outputs: Record<string, Numbers>; kept: Record<string, Numbers> } {
  const values = new Map<Node, Numbers>();
  const copy = (from: ArrayLike<number>, length: number): Numbers => {
    if (from.length !== length) throw new Error(`expected ${length} numbers, got ${from.length}`);
    const to = make(length);
    to.set(from);
    return to;
  };
  for (const node of neededNodes(graph)) {
    const size = sizeOf(node.shape);
    if (node.kind === "input") values.set(node, copy(given[node.name], size));
    else if (node.kind === "held") values.set(node, copy(held[node.name], size));
    else if (node.kind === "constant") values.set(node, copy(node.data, size));
    else {
      const out = make(size);
      compute(
        node,
        node.inputs.map((x) => values.get(x) as Numbers),
        out,
        make,
      );
      values.set(node, out);
    }
  }
  const named = (nodes: ReadonlyMap<string, Node>): Record<string, Numbers> =>
    Object.fromEntries([...nodes].map(([name, node]) => [name, values.get(node) as Numbers]));
  return { outputs: named(graph.outputs), kept: named(graph.kept) };
}

/** One node's values into `out`. */
export function compute(node: Node, inputs: readonly Numbers[], out: Numbers, make: MakeNumbers): void {
  const shapes = node.inputs.map(({ shape }) => shape);
  switch (node.kind) {
    case "map":
      out.set(mapped(node.expression, inputs, shapes, node.shape, make));
      break;
    case "reduce":
      reduce(mapped(node.expression, inputs, shapes, node.domain, make), node.domain, node, out);
      break;
    case "product":
      product(node.form, inputs[0], inputs[1], shapes[0], shapes[1], out);
      break;
    case "convolve":
      eachTap(shapes[0], node, node.shape, (x, a, y) => {
        out[y] += inputs[0][x] * inputs[1][a];
      });
      break;
    case "convolve-images":
      eachTap(node.shape, node, shapes[0], (x, a, y) => {
        out[x] += inputs[0][y] * inputs[1][a];
      });
      break;
    case "convolve-kernel":
      eachTap(shapes[0], node, shapes[1], (x, a, y) => {
        out[a] += inputs[0][x] * inputs[1][y];
      });
      break;
    case "pool":
      eachWindow(node.shape, (corners, y) => {
        out[y] = Math.max(...corners.map((x) => inputs[0][x]));
      });
      break;
    case "pool-gradient":
      eachWindow(shapes[1], (corners, y) => {
        const first = corners.find((x) => inputs[0][x] === inputs[1][y]);
        if (first !== undefined) out[first] = inputs[2][y];
      });
      break;
    case "reshape":
      out.set(inputs[0]);
      break;
    default:
      throw new Error(`${node.kind} is not computed`);
  }
}

/** An expression at every place of a shape, an operation at a time. */
function mapped(
  expression: Expression,
  inputs: readonly Numbers[],
  shapes: readonly Shape[],
  over: Shape,
  make: MakeNumbers,
): Numbers {
  const size = sizeOf(over);
  const evaluated = new Map<Expression, Numbers>();
  const value = (e: Expression): Numbers => {
    const before = evaluated.get(e);
    if (before) return before;
    const made = e.op === "input" ? spread(inputs[e.index], shapes[e.index], over, make) : make(size);
    if (e.op === "number") made.fill(e.value);
    else if (e.op !== "input") {
      const [a, b] = e.of.map(value);
      const f = functions[e.op];
      for (let i = 0; i < size; i++) made[i] = f(a[i], b ? b[i] : 0);
    }
    evaluated.set(e, made);
    return made;
  };
  return value(expression);
}

const functions: Record<Exclude<Expression["op"], "input" | "number">, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  max: (a, b) => Math.max(a, b),
  equal: (a, b) => Number(a === b),
  positive: (a) => Number(a > 0),
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
};

/** An array over a larger shape. */
function spread(x: Numbers, shape: Shape, over: Shape, make: MakeNumbers): Numbers {
  const place = placement(shape, over);
  if (place === "full") return x;
  const size = sizeOf(over);
  const out = make(size);
  const C = over[over.length - 1];
  const pixels = place === "pixel" ? over[1] * over[2] : 1;
  for (let i = 0; i < size; i++) {
    const row = Math.floor(i / C);
    const from = { scalar: 0, row: i - row * C, column: row, pixel: Math.floor(row / pixels) * C + (i - row * C) }[place];
    out[i] = x[from];
  }
  return out;
}

function reduce(values: Numbers, domain: Shape, { by, over }: Extract<Node, { kind: "reduce" }>, out: Numbers): void {
  const C = domain[domain.length - 1] ?? 1;
  const pixels = over === "pixels" ? domain[1] * domain[2] : 1;
  const place = (i: number): number => {
    const row = Math.floor(i / C);
    return { all: 0, rows: i - row * C, columns: row, pixels: Math.floor(row / pixels) * C + (i - row * C) }[over];
  };
  // Sums in float64, rounded once.
  const sums = new Float64Array(out.length).fill(by === "sum" ? 0 : Number.NEGATIVE_INFINITY);
  for (let i = 0; i < values.length; i++) {
    const to = place(i);
    sums[to] = by === "sum" ? sums[to] + values[i] : Math.max(sums[to], values[i]);
  }
  out.set(sums);
}

function product(form: "XY" | "XY'" | "X'Y", x: Numbers, y: Numbers, a: Shape, b: Shape, out: Numbers): void {
  const [M, K] = form === "X'Y" ? [a[1], a[0]] : a;
  const N = form === "XY'" ? b[0] : b[1];
  const [xRow, xStep] = form === "X'Y" ? [1, M] : [K, 1];
  const [yColumn, yStep] = form === "XY'" ? [K, 1] : [1, N];
  for (let i = 0; i < M; i++)
    for (let j = 0; j < N; j++) {
      let total = 0;
      for (let k = 0; k < K; k++) total += x[i * xRow + k * xStep] * y[j * yColumn + k * yStep];
      out[i * N + j] = total;
    }
}

/** Every product of an image's value and a kernel's that a convolution adds to an output's: their places in the three arrays. */
function eachTap(
  [batch, height, width, inputs]: Shape,
  { size, stride }: { size: number; stride: number },
  [, rows, columns, outputs]: Shape,
  visit: (x: number, a: number, y: number) => void,
): void {
  const border = (size - 1) / 2;
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        for (let u = 0; u < size; u++)
          for (let v = 0; v < size; v++) {
            const [row, column] = [stride * i + u - border, stride * j + v - border];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            for (let c = 0; c < inputs; c++)
              for (let o = 0; o < outputs; o++)
                visit(
                  ((n * height + row) * width + column) * inputs + c,
                  ((u * size + v) * inputs + c) * outputs + o,
                  ((n * rows + i) * columns + j) * outputs + o,
                );
          }
}

/** The four places of every 2 x 2 window, row by row, and the place of its output. */
function eachWindow([batch, rows, columns, channels]: Shape, visit: (corners: number[], y: number) => void): void {
  const corner = (n: number, i: number, j: number, c: number): number => ((n * 2 * rows + i) * 2 * columns + j) * channels + c;
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        for (let c = 0; c < channels; c++) {
          const corners = [0, 1].flatMap((u) => [0, 1].map((v) => corner(n, 2 * i + u, 2 * j + v, c)));
          visit(corners, ((n * rows + i) * columns + j) * channels + c);
        }
}
