import { describe, expect, it } from "vitest";
import { Graph } from "../../src/engine/graph.ts";
import {
  add,
  convolve,
  divide,
  exp,
  expand,
  gradients,
  largest,
  log,
  logSoftmax,
  maxPool,
  mean,
  multiply,
  normalize,
  product,
  relu,
  reshape,
  softplus,
  sqrt,
  square,
  subtract,
  sum,
} from "../../src/engine/operations.ts";
import { expectGradients, normals } from "./numeric.ts";

const above = { start: (size: number, r: Parameters<typeof normals>[1]) => normals(size, r).map((x) => 1 + x * x) };

describe("gradients by rule against central differences, in float64", () => {
  it("arithmetic, with every way of broadcasting", () => {
    for (const shape of [[4, 6], [6], [4, 1], []]) {
      expectGradients({ x: [4, 6], y: shape }, ({ x, y }) => add(x, y));
      expectGradients({ x: [4, 6], y: shape }, ({ x, y }) => subtract(y, x));
      expectGradients({ x: [4, 6], y: shape }, ({ x, y }) => multiply(x, y));
      expectGradients({ x: [4, 6], y: shape }, ({ x, y }) => divide(x, y), above);
    }
    expectGradients({ x: [2, 4, 4, 3], y: [2, 1, 1, 3] }, ({ x, y }) => multiply(x, y));
    expectGradients({ x: [2, 4, 4, 3], y: [3] }, ({ x, y }) => multiply(multiply(x, y), x));
  });

  it("functions of one number", () => {
    expectGradients({ y: [3, 5] }, ({ y }) => log(y), above);
    expectGradients({ y: [3, 5] }, ({ y }) => sqrt(y), above);
    expectGradients({ x: [3, 5] }, ({ x }) => exp(x));
    expectGradients({ x: [3, 5] }, ({ x }) => relu(x));
    expectGradients({ x: [3, 5] }, ({ x }) => softplus(multiply(x, 3)));
    expectGradients({ x: [3, 5] }, ({ x }) => divide(2, add(square(x), 1)));
  });

  it("sums and means over every choice of axes", () => {
    for (const over of ["rows", "columns", "all"] as const) {
      expectGradients({ x: [3, 5] }, ({ x }) => sum(square(x), over));
      expectGradients({ x: [3, 5] }, ({ x }) => multiply(mean(x, over), x));
    }
    expectGradients({ x: [2, 4, 2, 3] }, ({ x }) => mean(square(x), "pixels"));
    expectGradients({ x: [2, 4, 2, 3] }, ({ x }) => sum(x, "rows"));
  });

  it("products in their three forms", () => {
    expectGradients({ x: [3, 4], y: [4, 5] }, ({ x, y }) => product("XY", x, y));
    expectGradients({ x: [3, 4], y: [5, 4] }, ({ x, y }) => product("XY'", x, y));
    expectGradients({ x: [4, 3], y: [4, 5] }, ({ x, y }) => product("X'Y", x, y));
  });

  it("convolutions", () => {
    for (const [size, stride] of [
      [1, 1],
      [1, 2],
      [3, 1],
      [3, 2],
      [5, 1],
    ])
      expectGradients({ x: [2, 4, 6, 3], A: [size, size, 3, 4] }, ({ x, A }) => convolve(x, A, stride), { entries: 12 });
  });

  it("pooling and shapes", () => {
    expectGradients({ x: [2, 4, 6, 3] }, ({ x }) => maxPool(x), { entries: 30 });
    expectGradients({ x: [2, 4, 6, 3], A: [72, 5] }, ({ x, A }) => product("XY", reshape(x, [2, 72]), A));
  });

  it("softmax and normalizations", () => {
    expectGradients({ x: [4, 6] }, ({ x }) => logSoftmax(x), { entries: 24 });
    for (const over of ["rows", "columns"] as const)
      expectGradients(
        { x: [4, 6], scale: [6], shift: [6] },
        ({ x, scale, shift }) => normalize(x, scale, shift, over, 1e-5).output,
        {
          entries: 24,
        },
      );
    expectGradients({ x: [2, 2, 3, 4], scale: [4], shift: [4] }, ({ x, scale, shift }) =>
      relu(normalize(x, scale, shift, "rows", 1e-5).output),
    );
  });

  it("a value used twice, and one on which nothing depends", () => {
    expectGradients({ x: [3, 3], unused: [2] }, ({ x }) => add(product("XY", x, relu(x)), multiply(x, sum(x, "all"))));
  });
});

describe("gradients of what is put together in other ways", () => {
  it("sums over different axes of the same array", () => {
    expectGradients({ x: [3, 4] }, ({ x }) => add(sum(square(sum(x, "rows")), "all"), sum(square(sum(x, "columns")), "all")));
  });

  it("what was spread over a larger shape", () => {
    expectGradients({ b: [4] }, ({ b }) => square(expand(b, [3, 4])));
  });

  it("are refused where an array is reached only by what is not differentiated, and for more than one number", () => {
    const graph = new Graph();
    const x = graph.input("x", [3, 4]);
    expect(() => gradients(sum(largest(x, "columns"), "all"), [x])).toThrow(/only through what is not differentiated/);
    expect(() => gradients(x, [x])).toThrow(/gradients of 3 x 4 numbers: expected one number/);
    // What the objective does not depend on has the gradient 0.
    expect(gradients(sum(x, "all"), [graph.input("unused", [2])])[0].shape).toEqual([2]);
  });
});

describe("operations refuse arrays of other shapes", () => {
  it("kernels that are not square, sums over axes that are not there, constants of another length", () => {
    const graph = new Graph();
    const images = graph.input("images", [2, 4, 4, 1]);
    expect(() => convolve(images, graph.input("A", [3, 1, 1, 2]))).toThrow(/convolution of 2 x 4 x 4 x 1 by 3 x 1 x 1 x 2/);
    expect(() => convolve(images, graph.input("B", [3, 3, 1, 2]), 0.5)).toThrow(/stride 0.5/);
    expect(() => sum(graph.input("x", [3, 4]), "pixels")).toThrow(/sum over pixels of an array of shape 3 x 4/);
    expect(() => graph.constant([1, 2], [8])).toThrow(/constant of shape 8: got 2 numbers/);
  });

  it("words that mean nothing, shapes that are none, arrays of another graph, an output twice", () => {
    const [graph, other] = [new Graph(), new Graph()];
    const x = graph.input("x", [3, 4]);
    expect(() => sum(x, "row" as never)).toThrow(/expected rows, columns, pixels, all, got row/);
    expect(() => product("YX" as never, x, x)).toThrow(/expected XY, XY' or X'Y, got YX/);
    expect(() => graph.input("y", [2.5, 2])).toThrow(/whole numbers above 0, got 2.5 x 2/);
    expect(() => add(x, other.input("x", [3, 4]))).toThrow(/got one of another/);
    graph.output("x", x);
    expect(() => graph.output("x", x)).toThrow(/there is one of this name already/);
  });
});
