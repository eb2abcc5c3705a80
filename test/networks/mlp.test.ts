import { expect, test } from "vitest";
import { hostTensor } from "../../src/engine/index.ts";
import { random } from "../../src/math/random.ts";
import { mlp } from "../../src/networks/mlp.ts";
import { applied } from "./applied.ts";

const rms = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x, (v) => v * v).reduce((a, b) => a + b, 0) / x.length);

test("the feature layer of a ReLU network starts from inputs a quarter as large, with weights four times as large: the features are those of the linear one, cut at 0", async () => {
  const inputs = 6;
  const x = hostTensor([4, inputs], (i) => Math.sin(1 + i * i));
  const made: Record<string, { scale: number; weights: number; features: Float32Array }> = {};
  for (const kind of ["linear", "relu"] as const) {
    const { body } = mlp(inputs, kind, { hidden: 512, featureSize: 16 });
    const { params, stats } = body.init(random(3));
    const [scale] = params["norm.scale"].data;
    for (const value of params["norm.scale"].data) expect(value).toBe(scale);
    const { output } = await applied(body, { params, stats, x, purpose: "evaluation" });
    made[kind] = { scale, weights: rms(params["features.weight"].data), features: output.data };
  }
  expect(made.linear.scale).toBe(1);
  expect(made.relu.scale).toBe(0.25);
  // A tenth of He's scale, sqrt(2 / inputs), and four times that; of 8192 draws the root mean square is within 3 %.
  const he = Math.sqrt(2 / 512);
  expect(Math.abs(made.linear.weights / (0.1 * he) - 1)).toBeLessThan(0.03);
  expect(Math.abs(made.relu.weights / (0.4 * he) - 1)).toBeLessThan(0.03);
  expect(rms(made.linear.features)).toBeGreaterThan(0.01);
  for (const [i, h] of made.linear.features.entries()) expect(made.relu.features[i]).toBeCloseTo(Math.max(0, h), 5);
});
