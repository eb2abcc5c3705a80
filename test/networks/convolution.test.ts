import { beforeAll, describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { convolution, hostTensor, jax, startBackend, type Tensor, toDevice } from "../../src/networks/index.ts";
import { expectClose, expectGradient } from "./gradients.ts";

beforeAll(() => startBackend("wasm"));

const cases: [size: number, stride: number, height: number, width: number][] = [
  [3, 1, 4, 5],
  [3, 2, 4, 6],
  [3, 2, 5, 3],
  [1, 1, 3, 2],
  [1, 2, 4, 6],
  [1, 2, 5, 3],
];

describe.each(cases)("convolution %i x %i... stride %i of %i x %i images", (size, stride, height, width) => {
  const [batch, inputs, outputs] = [2, 3, 4];
  const layer = convolution("c", inputs, outputs, { size, stride });
  const r = random(5);
  const A = layer.init(r).params["c.weight"];
  const x = hostTensor([batch, height, width, inputs], () => r.normal());
  const apply = (form: "windows" | "lax"): Tensor =>
    convolution("c", inputs, outputs, { size, stride, form }).apply({ "c.weight": toDevice(A) }, {}, toDevice(x));

  test("agrees with the sum written as loops", () => {
    const p = (size - 1) / 2;
    const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
    const expected: number[] = [];
    for (let n = 0; n < batch; n++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          for (let o = 0; o < outputs; o++) {
            let y = 0;
            for (let u = 0; u < size; u++)
              for (let v = 0; v < size; v++) {
                const [row, column] = [stride * i + u - p, stride * j + v - p];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                for (let c = 0; c < inputs; c++)
                  y +=
                    x.data[((n * height + row) * width + column) * inputs + c] *
                    A.data[((u * size + v) * inputs + c) * outputs + o];
              }
            expected.push(y);
          }
    const y = apply("windows");
    expect(y.shape).toEqual([batch, rows, columns, outputs]);
    expectClose(y, expected, 1e-5);
  });

  test("both forms agree", () => expectClose(apply("lax"), apply("windows").dataSync(), 1e-5));
  test("gradients agree with finite differences", () => expectGradient(layer, [batch, height, width, inputs], 40));
});

test("the library's own form has the same gradients", () => {
  expectGradient(convolution("c", 2, 3, { stride: 2, form: "lax" }), [2, 4, 4, 2]);
});

test("a compiled convolution gives the numbers of a plain one", () => {
  const layer = convolution("c", 3, 4);
  const r = random(6);
  const A = layer.init(r).params["c.weight"];
  const x = hostTensor([2, 6, 6, 3], () => r.normal());
  const run = (w: Tensor, images: Tensor): Tensor[] => {
    const { output, pullback } = layer.train({ "c.weight": w }, {}, images);
    const { input, params } = pullback(output.ref);
    return [output, input, params["c.weight"]];
  };
  const compiled = jax.jit(run)(toDevice(A), toDevice(x)) as Tensor[];
  run(toDevice(A), toDevice(x)).forEach((plain, i) => {
    expectClose(compiled[i], plain.dataSync(), 1e-5);
  });
});
