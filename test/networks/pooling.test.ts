import { describe, expect, test } from "vitest";
import { Graph, operations } from "../../src/engine/index.ts";
import { globalAveragePool, maxPool } from "../../src/networks/index.ts";
import { applied, expectClose, expectGradient, tensor } from "./applied.ts";

const { maxPool: largestOfFour } = operations;

// One image of 2 x 4 pixels and two channels, the second ten times the first, turned.
const x = tensor([1, 2, 4, 2], 1, 80, 5, 70, 2, 60, 2, 50, 3, 40, 4, 30, 9, 20, 7, 10);

describe("pooling by hand", () => {
  test("max", async () => {
    const { output } = await applied(maxPool(), { x });
    expect(output.shape).toEqual([1, 1, 2, 2]);
    expectClose(output, [5, 80, 9, 60]);
  });

  test("global average", async () => {
    const { output } = await applied(globalAveragePool(), { x });
    expect(output.shape).toEqual([1, 2]);
    expectClose(output, [33 / 8, 45]);
  });

  test("the gradient of max goes to the largest of each window", async () => {
    const made = await applied(maxPool(), { x, c: tensor([1, 1, 2, 2], 1, 2, 3, 4) });
    expectClose(made["d x"], [0, 2, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
  });

  // PyTorch gives it to the first, too.
  test("on a tie the first of the equal values has all of the gradient", async () => {
    const ties = [tensor([1, 2, 2, 1], 1, 1, 1, 1), tensor([1, 2, 2, 1], 0, 2, 1, 2), tensor([1, 2, 2, 1], 0, -1, -2, 0)];
    const made = await Promise.all(ties.map((x) => applied(maxPool(), { x, c: tensor([1, 1, 1, 1], 3) })));
    expect(made.map((m) => [...m["d x"].data])).toEqual([
      [3, 0, 0, 0],
      [0, 3, 0, 0],
      [3, 0, 0, 0],
    ]);
  });

  test("images of odd height or width are refused", () => {
    const of = (height: number, width: number) => () => largestOfFour(new Graph().input("x", [2, height, width, 3]));
    expect(of(5, 4)).toThrow("largest of each 2 x 2 window of 2 x 5 x 4 x 3");
    expect(of(4, 3)).toThrow("largest of each 2 x 2 window of 2 x 4 x 3 x 3");
  });
});

describe("gradients agree with finite differences", () => {
  test("max", () => expectGradient(maxPool(), [2, 4, 6, 3], 40));
  test("max, of channels in fours", () => expectGradient(maxPool(), [2, 4, 6, 4], 40));
  test("global average", () => expectGradient(globalAveragePool(), [2, 3, 5, 2], 40));
});
