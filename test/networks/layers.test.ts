import { beforeAll, describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import {
  batchNorm,
  convolution,
  dense,
  flatten,
  identity,
  images,
  jax,
  mlp,
  relu,
  sequence,
  startBackend,
  sum,
  type Tensor,
  type Tensors,
} from "../../src/networks/index.ts";
import { expectClose, expectGradient } from "./gradients.ts";

const { numpy: np } = jax;
beforeAll(() => startBackend("wasm"));

describe("gradients agree with finite differences", () => {
  test("dense", () => expectGradient(dense("a", 5, 3), [4, 5]));
  test("batch norm, through the batch's own mean and variance", () => expectGradient(batchNorm("a", 3), [6, 3]));
  test("batch norm of images", () => expectGradient(batchNorm("a", 3), [2, 2, 3, 3]));
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
