import { beforeAll, describe, expect, test } from "vitest";
import { averagePool, globalAveragePool, jax, maxPool, startBackend, type Tensor } from "../../src/networks/index.ts";
import { expectClose, expectGradient } from "./gradients.ts";

beforeAll(() => startBackend("wasm"));

// One image of 2 x 4 pixels and two channels, the second ten times the first, turned.
const x = (): Tensor =>
  jax.numpy.array([
    [
      [
        [1, 80],
        [5, 70],
        [2, 60],
        [2, 50],
      ],
      [
        [3, 40],
        [4, 30],
        [9, 20],
        [7, 10],
      ],
    ],
  ]);

describe("pooling by hand", () => {
  test("max", () => {
    const y = maxPool().apply({}, {}, x());
    expect(y.shape).toEqual([1, 1, 2, 2]);
    expectClose(y, [5, 80, 9, 60]);
  });

  test("average", () => expectClose(averagePool().apply({}, {}, x()), [13 / 4, 55, 5, 35]));

  test("global average", () => {
    const y = globalAveragePool().apply({}, {}, x());
    expect(y.shape).toEqual([1, 2]);
    expectClose(y, [33 / 8, 45]);
  });

  test("the gradient of max goes to the largest of each window", () => {
    const { pullback } = maxPool().train({}, {}, x());
    const { input } = pullback(
      jax.numpy.array([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
    );
    expectClose(input, [0, 2, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
  });

  test("on a tie the gradient's parts add up to it", () => {
    const { pullback } = maxPool().train({}, {}, jax.numpy.ones([1, 2, 2, 1]));
    expectClose(pullback(jax.numpy.array([[[[1]]]])).input.sum(), [1]);
  });
});

describe("gradients agree with finite differences", () => {
  test("max", () => expectGradient(maxPool(), [2, 4, 6, 3], 40));
  test("average", () => expectGradient(averagePool(), [2, 4, 6, 3], 40));
  test("global average", () => expectGradient(globalAveragePool(), [2, 3, 5, 2], 40));
});
