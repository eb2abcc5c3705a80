/**
 * The operations of which layers and losses are written, each with its gradient (docs/engine.md has the table). Numbers stand for arrays of one number.
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

/** x - log sum exp x along the last axis. */
export function logSoftmax(x: Node): Node {
  return x.graph.rule(
    [x],
    () => {
      const shifted = subtract(x, largest(x, "columns"));
      return subtract(shifted, log(sum(exp(shifted), "columns")));
    },
    (g, y) => [subtract(g, multiply(exp(y), sum(g, "columns")))],
  );
}

/** log(1 + e^x), from -|x|, so that nothing overflows. */
export function softplus(x: Node): Node {
  const small = (): Node => exp(multiply(maximum(x, multiply(x, -1)), -1));
  return x.graph.rule(
    [x],
    () => add(maximum(x, 0), log(add(small(), 1))),
    // 1/(1 + e^-x) is 1/(1 + s) for x > 0 and s/(1 + s) below, s = e^-|x|.
    (g) => {
      const s = small();
      const above = positive(x);
      return [multiply(g, divide(add(above, multiply(subtract(1, above), s)), add(s, 1)))];
    },
  );
}

/** 1 where the first of a row's largest numbers is at the same place in a and b (n x K each), else 0: n x 1. Not differentiated. */
export function sameLargest(a: Node, b: Node): Node {
  const K = a.shape[1];
  const { graph } = a;
  return graph.undifferentiated(() => {
    const places = graph.constant(Array.from({ length: K }, (_, k) => K - k));
    const first = (x: Node): Node => largest(multiply(equal(x, largest(x, "columns")), places), "columns");
    return equal(first(a), first(b));
  });
}

/** A normalization's output, and what it measured: mean and (biased) variance. */
export interface Normalized {
  /** The shape of what was normalized. */
  output: Node;
  /** C numbers over rows; over columns the shape with a last axis of 1. */
  mean: Node;
  /** In the shape of the mean. */
  variance: Node;
}

/**
 * scale o (x - mean) / sqrt(variance + eps) + shift, with mean and (biased) variance over all rows (batch normalization) or over the columns of each row (layer normalization).
 * With u the normalized values and g the gradient in them, the gradient in x is (g - mean g - u mean(g o u)) / sqrt(variance + eps).
 */
export function normalize(x: Node, scale: Node, shift: Node, over: "rows" | "columns", eps: number): Normalized {
  const { graph } = x;
  const measured = graph.undifferentiated(() => {
    const center = mean(x, over);
    return { mean: center, variance: mean(square(subtract(x, center)), over) };
  });
  const inverse = graph.undifferentiated(() => divide(1, sqrt(add(measured.variance, eps))));
  // Written anew where it is used: no array of it is kept.
  const u = (): Node => multiply(subtract(x, measured.mean), inverse);
  const output = graph.rule(
    [x, scale, shift],
    () => add(multiply(u(), scale), shift),
    (g) => {
      const inScale = sum(multiply(g, u()), "rows");
      const inShift = sum(g, "rows");
      const n = sizeOf(x.shape) / sizeOf(scale.shape);
      if (over === "rows") {
        const away = add(multiply(u(), multiply(inScale, 1 / n)), multiply(inShift, 1 / n));
        return [multiply(subtract(g, away), multiply(scale, inverse)), inScale, inShift];
      }
      const h = (): Node => multiply(g, scale);
      const away = add(multiply(u(), mean(multiply(h(), u()), over)), mean(h(), over));
      return [multiply(subtract(h(), away), inverse), inScale, inShift];
    },
  );
  return { output, ...measured };
}

/** Gradients of `of`, one number, in some nodes: zeros where it does not depend on one. Throws where it depends on one only through what is not differentiated (`largest`, `equal`, ...; gradients themselves). */
export function gradients(of: Node, wanted: readonly Node[]): Node[] {
  const { graph } = of;
  if (of.shape.length > 0) throw new Error(`gradients of ${of.shape.join(" x ")} numbers: expected one number`);
  const moving = new Set<Node>(wanted);
  for (const { output, inputs } of graph.rules) if (inputs.some((x) => moving.has(x))) moving.add(output);
  return graph.undifferentiated(() => {
    const found = new Map<Node, Node>([[of, graph.constant([1], [])]]);
    for (const { output, inputs, pullback } of graph.rules.toReversed()) {
      const gradient = found.get(output);
      if (!gradient || !moving.has(output)) continue;
      const back = pullback(expand(gradient, output.shape));
      inputs.forEach((x, i) => {
        const part = back[i];
        if (!part || !moving.has(x)) return;
        const before = found.get(x);
        const fitting = gathered(part, x);
        // Sums over different axes: neither has the whole shape yet.
        const both = before && !sameShape(before.shape, fitting.shape) ? [before, fitting].map((g) => expand(g, x.shape)) : null;
        found.set(x, both ? add(both[0], both[1]) : before ? add(before, fitting) : fitting);
      });
    }
    return wanted.map((x) => {
      const gradient = found.get(x);
      if (!gradient && dependsOn(of, x))
        throw new Error(
          `gradients: the objective depends on an array of shape ${x.shape.join(" x ")} only through what is not differentiated`,
        );
      return expand(gradient ?? graph.constant([0], []), x.shape);
    });
  });
}

function dependsOn(node: Node, x: Node): boolean {
  const seen = new Set<Node>();
  const open = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next === x) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...next.inputs);
  }
  return false;
}

/** The gradient in x of what was broadcast from it: a sum. */
function gathered(gradient: Node, x: Node): Node {
  if (sameShape(gradient.shape, x.shape) || sizeOf(gradient.shape) < sizeOf(x.shape)) return gradient;
  const over = { full: null, row: "rows", column: "columns", pixel: "pixels", scalar: "all" } as const;
  const axes = over[placement(x.shape, gradient.shape)];
  const summed = axes === null ? gradient : sum(gradient, axes);
  return sameShape(summed.shape, x.shape) ? summed : reshape(summed, x.shape);
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
