import { describe, it } from "vitest";
import {
  add,
  convolve,
  divide,
  exp,
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
