import { describe, expect, test } from "vitest";
import { Graph, type HostTensor, hostTensor } from "../../src/engine/index.ts";
import { convolve } from "../../src/engine/operations.ts";
import { random } from "../../src/math/random.ts";
import { convolution } from "../../src/networks/index.ts";
import { applied, expectClose, expectGradient } from "./applied.ts";

const cases: [size: number, stride: number, height: number, width: number][] = [
  [3, 1, 4, 5],
  [3, 2, 4, 6],
  [3, 2, 6, 2],
  [1, 1, 3, 2],
  [1, 2, 4, 6],
  [1, 3, 3, 6],
  [5, 1, 3, 4],
];

describe.each(cases)("convolution %i x %i... stride %i of %i x %i images", (size, stride, height, width) => {
  const [batch, inputs, outputs] = [2, 3, 4];
  const layer = convolution("c", inputs, outputs, { size, stride });
  const r = random(5);
  const A = layer.init(r).params["c.weight"];
  const x = hostTensor([batch, height, width, inputs], () => r.normal());
  const [rows, columns] = [height / stride, width / stride];
  const border = (size - 1) / 2;

  /** Every product x A that output (n, i, j, o) is the sum of, by its places. */
  function eachTerm(visit: (y: number, x: number, a: number) => void): void {
    for (let n = 0; n < batch; n++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          for (let o = 0; o < outputs; o++)
            for (let u = 0; u < size; u++)
              for (let v = 0; v < size; v++) {
                const [row, column] = [stride * i + u - border, stride * j + v - border];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                for (let c = 0; c < inputs; c++)
                  visit(
                    ((n * rows + i) * columns + j) * outputs + o,
                    ((n * height + row) * width + column) * inputs + c,
                    ((u * size + v) * inputs + c) * outputs + o,
                  );
              }
  }

  test("agrees with the sum written as loops, and so do its gradients", async () => {
    const c = hostTensor([batch, rows, columns, outputs], () => r.normal());
    const expected = [c, x, A].map(({ data }) => new Float64Array(data.length));
    eachTerm((y, i, a) => {
      expected[0][y] += x.data[i] * A.data[a];
      expected[1][i] += c.data[y] * A.data[a];
      expected[2][a] += c.data[y] * x.data[i];
    });
    const made = await applied(layer, { x, params: { "c.weight": A }, c });
    const names = ["output", "d x", "d c.weight"];
    for (const [i, like] of [c, x, A].entries() as Iterable<[number, HostTensor]>) {
      expect(made[names[i]].shape).toEqual(like.shape);
      expectClose(made[names[i]], expected[i], 1e-5);
    }
  });

  test("gradients agree with finite differences", () => expectGradient(layer, [batch, height, width, inputs], 40));
});

test.each([
  [3, 2, 5, 4],
  [1, 2, 4, 3],
  [3, 3, 4, 3],
])("%i x %i... stride %i of images %i x %i, which it does not divide, is refused", (size, stride, height, width) => {
  const graph = new Graph();
  const of = () => convolve(graph.input("x", [2, height, width, 3]), graph.input("A", [size, size, 3, 4]), stride);
  expect(of).toThrow(`convolution of 2 x ${height} x ${width} x 3 by ${size} x ${size} x 3 x 4, stride ${stride}`);
});
