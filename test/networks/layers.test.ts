import { beforeAll, describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import {
  allToDevice,
  batchNorm,
  convolution,
  dense,
  flatten,
  type HostTensor,
  type HostTensors,
  hostTensor,
  identity,
  images,
  jax,
  type Layer,
  layerNorm,
  mlp,
  relu,
  sequence,
  startBackend,
  sum,
  type Tensor,
  type Tensors,
  toDevice,
} from "../../src/networks/index.ts";
import { expectClose, expectGradient } from "./gradients.ts";

const { numpy: np } = jax;
beforeAll(() => startBackend("wasm"));

describe("gradients agree with finite differences", () => {
  test("dense", () => expectGradient(dense("a", 5, 3), [4, 5]));
  test("batch norm, through the batch's own mean and variance", () => expectGradient(batchNorm("a", 3), [6, 3]));
  test("batch norm of images", () => expectGradient(batchNorm("a", 3), [2, 2, 3, 3]));
  test("layer norm, through each row's own mean and variance", () => expectGradient(layerNorm("a", 5), [4, 5]));
  test("layer norm of tokens", () => expectGradient(layerNorm("a", 4), [2, 3, 4]));
  test("relu", () => expectGradient(relu(), [4, 3]));
  test("rows to images and back", () => expectGradient(sequence(images(2, 3, 2), flatten()), [2, 12]));
  test("a sum of two paths", () => expectGradient(sum(sequence(dense("a", 3, 3), relu()), identity()), [4, 3]));
  test("the whole body, linear features", () => expectGradient(mlp(4, "linear", { hidden: 6, featureSize: 6 }).body, [5, 4]));
  test("the whole body, ReLU features", () => expectGradient(mlp(4, "relu", { hidden: 6, featureSize: 6 }).body, [5, 4]));
});

describe("batch norm by hand", () => {
  const eps = 1e-5;
  // Columns (1, 3) and (10, 14): means 2 and 12, biased variances 1 and 4, unbiased 2 and 8.
  const x = (): Tensor =>
    np.array([
      [1, 10],
      [3, 14],
    ]);
  const params = (): Tensors => ({ "n.scale": np.array([1, 2]), "n.shift": np.array([0, 5]) });
  const stats = (): Tensors => ({ "n.mean": np.array([1, -1]), "n.variance": np.array([4, 9]) });
  const layer = batchNorm("n", 2);
  const [u, v] = [1 / Math.sqrt(1 + eps), 4 / Math.sqrt(4 + eps)];

  test("training: the batch's statistics; running ones move a tenth of the way", () => {
    const { output, stats: updated } = layer.train(params(), stats(), x());
    expectClose(output, [-u, 5 - v, u, 5 + v]);
    expectClose(updated["n.mean"], [0.9 * 1 + 0.1 * 2, -0.9 + 0.1 * 12]);
    expectClose(updated["n.variance"], [0.9 * 4 + 0.1 * 2, 0.9 * 9 + 0.1 * 8]);
  });

  test("images: every pixel is a sample", () => {
    const { output, stats: updated } = layer.train(params(), stats(), x().reshape([1, 2, 1, 2]));
    expect(output.shape).toEqual([1, 2, 1, 2]);
    expectClose(output, [-u, 5 - v, u, 5 + v]);
    expectClose(updated["n.variance"], [0.9 * 4 + 0.1 * 2, 0.9 * 9 + 0.1 * 8]);
  });

  test("evaluation: the running statistics, left alone", () => {
    const output = layer.apply(params(), stats(), x());
    expectClose(output, [0, 5 + (2 * 11) / 3, 2 / Math.sqrt(4 + eps), 5 + (2 * 15) / 3], 1e-5);
  });
});

describe("layer norm by hand", () => {
  const eps = 1e-5;
  // Rows (1, 3) and (10, 14): means 2 and 12, biased variances 1 and 4.
  const x = (): Tensor =>
    np.array([
      [1, 3],
      [10, 14],
    ]);
  const params = (): Tensors => ({ "n.scale": np.array([1, 2]), "n.shift": np.array([0, 5]) });
  const layer = layerNorm("n", 2);
  const [u, v] = [1 / Math.sqrt(1 + eps), 2 / Math.sqrt(4 + eps)];
  const expected = [-u, 5 + 2 * u, -v, 5 + 2 * v];

  test("training and evaluation are one, and there are no statistics", () => {
    const { output, stats } = layer.train(params(), {}, x());
    expectClose(output, expected);
    expect(stats).toEqual({});
    expectClose(layer.apply(params(), {}, x()), expected);
  });

  test("scale starts at 1, shift at 0: every row has the length sqrt(size) and sums to 0, whatever the scale of the input", () => {
    const wide = layerNorm("n", 16);
    const { params: start } = wide.init(random(1));
    const rows = hostTensor([3, 16], (i) => 10 ** Math.floor(i / 16) * (3 + Math.sin(i * i)));
    const { data } = layerOutput(wide, start, rows);
    for (let r = 0; r < 3; r++) {
      const row = Array.from(data.subarray(16 * r, 16 * (r + 1)));
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 4);
      expect(row.reduce((a, b) => a + b * b, 0)).toBeCloseTo(16, 2);
    }
  });
});

function layerOutput(layer: Layer, params: HostTensors, x: HostTensor): { data: Float32Array } {
  const output = layer.apply(allToDevice(params), {}, toDevice(x));
  return { data: output.dataSync() as Float32Array };
}

describe("He initialization: standard deviation sqrt(2 / inputs), seeded", () => {
  const deviation = (w: Float32Array): number => Math.sqrt(w.reduce((total, v) => total + v * v, 0) / w.length);

  test("dense; biases 0", () => {
    const { params } = dense("a", 200, 300).init(random(1));
    // 60,000 normal values: the deviation is known to 0.3%.
    expect(deviation(params["a.weight"].data)).toBeGreaterThan(0.099);
    expect(deviation(params["a.weight"].data)).toBeLessThan(0.101);
    expect(params["a.bias"].data.every((v) => v === 0)).toBe(true);
    expect(same(dense("a", 200, 300).init(random(1)).params["a.weight"].data, params["a.weight"].data)).toBe(true);
    expect(same(dense("a", 200, 300).init(random(2)).params["a.weight"].data, params["a.weight"].data)).toBe(false);
  });

  test("convolution: inputs are all values of a window", () => {
    const { params } = convolution("a", 50, 130).init(random(1));
    expect(params["a.weight"].shape).toEqual([3, 3, 50, 130]);
    const expected = Math.sqrt(2 / (9 * 50));
    expect(deviation(params["a.weight"].data) / expected).toBeGreaterThan(0.99);
    expect(deviation(params["a.weight"].data) / expected).toBeLessThan(1.01);
  });
});

function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}
