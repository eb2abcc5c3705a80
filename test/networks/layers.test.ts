import { describe, expect, test } from "vitest";
import { hostTensor } from "../../src/engine/index.ts";
import { random } from "../../src/math/random.ts";
import {
  batchNorm,
  convolution,
  dense,
  flatten,
  identity,
  images,
  layerNorm,
  mlp,
  relu,
  sequence,
  sum,
} from "../../src/networks/index.ts";
import { applied, expectClose, expectGradient, tensor } from "./applied.ts";

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
  const x = tensor([2, 2], 1, 10, 3, 14);
  const params = { "n.scale": tensor([2], 1, 2), "n.shift": tensor([2], 0, 5) };
  const stats = { "n.mean": tensor([2], 1, -1), "n.variance": tensor([2], 4, 9) };
  const layer = batchNorm("n", 2);
  const [u, v] = [1 / Math.sqrt(1 + eps), 4 / Math.sqrt(4 + eps)];

  test("training: the batch's statistics; running ones move a tenth of the way", async () => {
    const made = await applied(layer, { params, stats, x });
    expectClose(made.output, [-u, 5 - v, u, 5 + v]);
    expectClose(made["n.mean"], [0.9 * 1 + 0.1 * 2, -0.9 + 0.1 * 12]);
    expectClose(made["n.variance"], [0.9 * 4 + 0.1 * 2, 0.9 * 9 + 0.1 * 8]);
  });

  test("images: every pixel is a sample", async () => {
    const made = await applied(layer, { params, stats, x: { ...x, shape: [1, 2, 1, 2] } });
    expect(made.output.shape).toEqual([1, 2, 1, 2]);
    expectClose(made.output, [-u, 5 - v, u, 5 + v]);
    expectClose(made["n.variance"], [0.9 * 4 + 0.1 * 2, 0.9 * 9 + 0.1 * 8]);
  });

  test("evaluation: the running statistics, left alone", async () => {
    const made = await applied(layer, { params, stats, x, purpose: "evaluation" });
    expect(Object.keys(made)).toEqual(["output"]);
    expectClose(made.output, [0, 5 + (2 * 11) / 3, 2 / Math.sqrt(4 + eps), 5 + (2 * 15) / 3], 1e-5);
  });

  test("statistics: the output of evaluation; the batch's mean, and its variance about the running one", async () => {
    const made = await applied(layer, { params, stats, x, purpose: "statistics" });
    expectClose(made.output, [0, 5 + (2 * 11) / 3, 2 / Math.sqrt(4 + eps), 5 + (2 * 15) / 3], 1e-5);
    expectClose(made["n.mean"], [2, 12]);
    // (0 + 4)/2 about 1, (121 + 225)/2 about -1.
    expectClose(made["n.variance"], [2, 173]);
  });
});

describe("layer norm by hand", () => {
  const eps = 1e-5;
  // Rows (1, 3) and (10, 14): means 2 and 12, biased variances 1 and 4.
  const x = tensor([2, 2], 1, 3, 10, 14);
  const params = { "n.scale": tensor([2], 1, 2), "n.shift": tensor([2], 0, 5) };
  const layer = layerNorm("n", 2);
  const [u, v] = [1 / Math.sqrt(1 + eps), 2 / Math.sqrt(4 + eps)];
  const expected = [-u, 5 + 2 * u, -v, 5 + 2 * v];

  test("training and evaluation are one, and there are no statistics", async () => {
    for (const purpose of ["training", "evaluation"] as const) {
      const made = await applied(layer, { params, x, purpose });
      expectClose(made.output, expected);
      expect(Object.keys(made)).toEqual(["output"]);
    }
  });

  test("scale starts at 1, shift at 0: every row has the length sqrt(size) and sums to 0, whatever the scale of the input", async () => {
    const wide = layerNorm("n", 16);
    const rows = hostTensor([3, 16], (i) => 10 ** Math.floor(i / 16) * (3 + Math.sin(i * i)));
    const { output } = await applied(wide, { ...wide.init(random(1)), x: rows, purpose: "evaluation" });
    for (let r = 0; r < 3; r++) {
      const row = Array.from(output.data.subarray(16 * r, 16 * (r + 1)));
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 4);
      expect(row.reduce((a, b) => a + b * b, 0)).toBeCloseTo(16, 2);
    }
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
