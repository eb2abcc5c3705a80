/**
 * The operations that are made of nodes, each with its gradient. Numbers stand for arrays of one number.
 *
 * @module
 */
import { type Binary, type Expression, input, number, type Unary } from "./expression.ts";
import { type Graph, type Node, type Over, type ProductForm, placement, type Shape, sameShape, sizeOf } from "./graph.ts";

/** a + b, entry by entry. The smaller may be C numbers (one a last index), N x 1, N x 1 x 1 x C or one number; throws where it does not go over the larger. */
export const add = (a: Node | number, b: Node | number): Node => binary("add", a, b, (g) => [() => g, () => g]);
/** a - b, broadcast as in `add`. */
export const subtract = (a: Node | number, b: Node | number): Node =>
  binary("subtract", a, b, (g) => [() => g, () => multiply(g, -1)]);
/** a b entry by entry, broadcast as in `add`. */
export const multiply = (a: Node | number, b: Node | number): Node =>
  binary("multiply", a, b, (g) => [() => multiply(g, b), () => multiply(g, a)]);
/** a / b entry by entry, broadcast as in `add`. */
export const divide = (a: Node | number, b: Node | number): Node =>
  binary("divide", a, b, (g, y) => [() => divide(g, b), () => multiply(divide(multiply(g, y), b), -1)]);
/** max(x, 0). */
export const relu = (x: Node): Node =>
  x.graph.rule(
    [x],
    () => map([x], { op: "max", of: [input(0), number(0)] }),
    (g, y) => [multiply(g, positive(y))],
  );
/** The square root, entry by entry. */
export const sqrt = (x: Node): Node => unary("sqrt", x, (g, y) => divide(multiply(g, 0.5), y));
/** e^x, entry by entry. */
export const exp = (x: Node): Node => unary("exp", x, (g, y) => multiply(g, y));
/** The natural logarithm, entry by entry. */
export const log = (x: Node): Node => unary("log", x, (g) => divide(g, x));
/** x^2, entry by entry. */
export const square = (x: Node): Node => multiply(x, x);
/** 1 where x > 0, else 0; not differentiated. */
export const positive = (x: Node): Node => map([x], { op: "positive", of: [input(0)] });
/** 1 where a = b, else 0; not differentiated. */
export const equal = (a: Node, b: Node): Node => map([a, b], { op: "equal", of: [input(0), input(1)] });
/** The larger; not differentiated. */
export const maximum = (a: Node, b: Node | number): Node => simple("max", a, b);

/** The sum over some axes. */
export const sum = (x: Node, over: Over): Node =>
  x.graph.rule(
    [x],
    () => reduce(x, "sum", over),
    (g) => [g],
  );
/** The largest over some axes; not differentiated. */
export const largest = (x: Node, over: Over): Node => reduce(x, "max", over);
/** The mean over some axes. */
export function mean(x: Node, over: Over): Node {
  const total = sum(x, over);
  return multiply(total, sizeOf(total.shape) / sizeOf(x.shape));
}

/** X Y (m x k, k x n), X Y' (m x k, n x k) or X' Y (k x m, k x n). */
export function product(form: ProductForm, x: Node, y: Node): Node {
  if (!["XY", "XY'", "X'Y"].includes(form)) throw new Error(`product: expected XY, XY' or X'Y, got ${form}`);
  const [M, K] = form === "X'Y" ? [x.shape[1], x.shape[0]] : x.shape;
  const [N, depth] = form === "XY'" ? y.shape : [y.shape[1], y.shape[0]];
  if (x.shape.length !== 2 || y.shape.length !== 2 || K !== depth)
    throw new Error(`product ${form} of ${x.shape.join(" x ")} and ${y.shape.join(" x ")}`);
  const pullbacks: Record<ProductForm, (g: Node) => [Node, Node]> = {
    XY: (g) => [product("XY'", g, y), product("X'Y", x, g)],
    "XY'": (g) => [product("XY", g, y), product("X'Y", g, x)],
    "X'Y": (g) => [product("XY'", y, g), product("XY", x, g)],
  };
  return x.graph.rule(
    [x, y],
    () => x.graph.node({ kind: "product", form }, [M, N], [x, y]),
    (g) => pullbacks[form](g),
  );
}

/**
 * Images N x H x W x C by a kernel size x size x C x outputs with zero padding (size - 1)/2: y[n, i, j, o] = sum over u, v, c of x[n, s i + u - p, s j + v - p, c] A[u, v, c, o]. H and W are multiples of the stride s.
 */
export function convolve(x: Node, kernel: Node, stride = 1): Node {
  const [batch, height, width, inputs] = x.shape;
  const [size, wide, depth, outputs] = kernel.shape;
  const odd = kernel.shape.length === 4 && size === wide && size % 2 === 1;
  const whole = Number.isInteger(stride) && stride > 0 && height % stride === 0 && width % stride === 0;
  if (x.shape.length !== 4 || depth !== inputs || !odd || !whole)
    throw new Error(`convolution of ${x.shape.join(" x ")} by ${kernel.shape.join(" x ")}, stride ${stride}`);
  const about = { size, stride };
  const { graph } = x;
  return graph.rule(
    [x, kernel],
    () => graph.node({ kind: "convolve", ...about }, [batch, height / stride, width / stride, outputs], [x, kernel]),
    (g) => [
      graph.node({ kind: "convolve-images", ...about }, x.shape, [g, kernel]),
      graph.node({ kind: "convolve-kernel", ...about }, kernel.shape, [x, g]),
    ],
  );
}

/** The largest of each 2 x 2 window, step 2; height and width are even. The first of equal values has the gradient. */
export function maxPool(x: Node): Node {
  const [batch, height, width, channels] = x.shape;
  if (x.shape.length !== 4 || height % 2 !== 0 || width % 2 !== 0)
    throw new Error(`the largest of each 2 x 2 window of ${x.shape.join(" x ")}`);
  const { graph } = x;
  return graph.rule(
    [x],
    () => graph.node({ kind: "pool" }, [batch, height / 2, width / 2, channels], [x]),
    (g, y) => [graph.node({ kind: "pool-gradient" }, x.shape, [x, y, g])],
  );
}

/** The same numbers, row-major, in another shape of as many. */
export function reshape(x: Node, shape: Shape): Node {
  if (sizeOf(shape) !== sizeOf(x.shape)) throw new Error(`reshape ${x.shape.join(" x ")} to ${shape.join(" x ")}`);
  if (sameShape(shape, x.shape)) return x;
  return x.graph.rule(
    [x],
    () => x.graph.node({ kind: "reshape" }, shape, [x]),
    (g) => [reshape(g, x.shape)],
  );
}

/** The same numbers over a larger shape. */
export function expand(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  placement(x.shape, shape);
  return x.graph.rule(
    [x],
    () => x.graph.node({ kind: "map", expression: input(0) }, shape, [x]),
    (g) => [g],
  );
}

/** An expression of some inputs at every place of the largest; not differentiated. */
export function map(inputs: readonly Node[], expression: Expression): Node {
  const shape = inputs.reduce<Shape>(
    (largest, { shape }) => (sizeOf(shape) > sizeOf(largest) ? shape : largest),
    inputs[0].shape,
  );
  for (const x of inputs) placement(x.shape, shape);
  return inputs[0].graph.node({ kind: "map", expression }, shape, inputs);
}

function reduce(x: Node, by: "sum" | "max", over: Over): Node {
  if (over !== "all" && (x.shape.length === 0 || (over === "pixels" && x.shape.length !== 4)))
    throw new Error(`${by} over ${over} of an array of shape ${x.shape.join(" x ") || "one number"}`);
  const last = x.shape[x.shape.length - 1];
  const shapes: Record<Over, Shape> = {
    rows: [last],
    columns: [...x.shape.slice(0, -1), 1],
    pixels: [x.shape[0], 1, 1, last],
    all: [],
  };
  if (!Object.hasOwn(shapes, over)) throw new Error(`${by}: expected ${Object.keys(shapes).join(", ")}, got ${over}`);
  return x.graph.node({ kind: "reduce", expression: input(0), by, over, domain: x.shape }, shapes[over], [x]);
}

function simple(op: Binary, a: Node | number, b: Node | number): Node {
  const inputs = [a, b].filter((x): x is Node => typeof x !== "number");
  let next = 0;
  const part = (x: Node | number): Expression => (typeof x === "number" ? number(x) : input(next++));
  return map(inputs, { op, of: [part(a), part(b)] });
}

function binary(
  op: Binary,
  a: Node | number,
  b: Node | number,
  pullback: (gradient: Node, output: Node) => [() => Node, () => Node],
): Node {
  const nodes = [a, b].filter((x): x is Node => typeof x !== "number");
  return graphOf(nodes).rule(
    nodes,
    () => simple(op, a, b),
    (g, y) => {
      const back = pullback(g, y);
      return [a, b].flatMap((x, i) => (typeof x === "number" ? [] : [back[i]()]));
    },
  );
}

const graphOf = ([first]: readonly Node[]): Graph => first.graph;

function unary(op: Unary, x: Node, pullback: (gradient: Node, output: Node) => Node): Node {
  return x.graph.rule(
    [x],
    () => map([x], { op, of: [input(0)] }),
    (g, y) => [pullback(g, y)],
  );
}
