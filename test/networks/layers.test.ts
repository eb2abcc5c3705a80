import { beforeAll, describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import {
  batchNorm,
  dense,
  jax,
  type Layer,
  mlp,
  relu,
  startBackend,
  type Tensor,
  type Tensors,
} from "../../src/networks/index.ts";

const { numpy: np } = jax;
beforeAll(() => startBackend("wasm"));

/** Arrays in float64, so that finite differences are sharp; layers never name a type. */
function double(shape: number[], value: (i: number) => number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return np.array(
    Float64Array.from({ length: size }, (_, i) => value(i)),
    { shape },
  );
}

/**
 * Compares the gradient of f = sum c o layer(x), c random, with central differences in every input and in up to 6 entries of every
 * parameter. Step 1e-4 in float64: the truncation is h^2 f''' / 6 ~ 1e-8, rounding 1e-16 / h ~ 1e-12.
 */
async function expectGradient(layer: Layer, rows: number, inputs: number, outputs: number): Promise<void> {
  const r = random(7);
  const state = layer.init(r);
  const values: Record<string, { shape: number[]; data: Float64Array }> = { x: make([rows, inputs], () => r.normal()) };
  for (const [name, { shape }] of Object.entries(state.params)) values[name] = make([...shape], () => 0.5 * r.normal() + 0.3);
  const c = double([rows, outputs], () => r.normal());
  const stats = (): Tensors =>
    Object.fromEntries(Object.entries(state.stats).map(([name, t]) => [name, double([...t.shape], (i) => t.data[i])]));
  const f = (all: Tensors): Tensor => {
    const { x, ...params } = all;
    const { output, stats: updated } = layer.apply(params, stats(), x, true);
    for (const unused of Object.values(updated)) unused.dispose();
    return output.mul(c.ref).sum();
  };
  const tensors = (): Tensors =>
    Object.fromEntries(Object.entries(values).map(([name, { shape, data }]) => [name, double(shape, (i) => data[i])]));
  const gradient = jax.grad(f)(tensors()) as Tensors;
  for (const [name, { data }] of Object.entries(values)) {
    const g = gradient[name].dataSync();
    const stride = Math.max(1, Math.floor(data.length / 6));
    for (let i = 0; i < data.length; i += stride) {
      const h = 1e-4;
      const at = (delta: number): number => {
        const kept = data[i];
        data[i] = kept + delta;
        const value = f(tensors()).item();
        data[i] = kept;
        return value;
      };
      const difference = (at(h) - at(-h)) / (2 * h);
      expect(Math.abs(g[i] - difference), `${name}[${i}]: ${g[i]} against ${difference}`).toBeLessThan(
        1e-6 * (1 + Math.abs(difference)),
      );
    }
  }
}

function make(shape: number[], value: () => number): { shape: number[]; data: Float64Array } {
  return { shape, data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value) };
}

describe("gradients agree with finite differences", () => {
  test("dense", () => expectGradient(dense("a", 5, 3), 4, 5, 3));
  test("batch norm, through the batch's own mean and variance", () => expectGradient(batchNorm("a", 3), 6, 3, 3));
  test("relu", () => expectGradient(relu(), 4, 3, 3));
  test("the whole body, linear features", () => expectGradient(mlp(4, "linear", 6).body, 5, 4, 6));
  test("the whole body, ReLU features", () => expectGradient(mlp(4, "relu", 6).body, 5, 4, 6));
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

  test("training: the batch's statistics; running ones move a tenth of the way", () => {
    const { output, stats: updated } = layer.apply(params(), stats(), x(), true);
    const [u, v] = [1 / Math.sqrt(1 + eps), 4 / Math.sqrt(4 + eps)];
    expectClose(output, [-u, 5 - v, u, 5 + v]);
    expectClose(updated["n.mean"], [0.9 * 1 + 0.1 * 2, -0.9 + 0.1 * 12]);
    expectClose(updated["n.variance"], [0.9 * 4 + 0.1 * 2, 0.9 * 9 + 0.1 * 8]);
  });

  test("evaluation: the running statistics, left alone", () => {
    const { output, stats: updated } = layer.apply(params(), stats(), x(), false);
    expectClose(output, [0, 5 + (2 * 11) / 3, 2 / Math.sqrt(4 + eps), 5 + (2 * 15) / 3], 1e-5);
    expect(updated).toEqual({});
  });
});

test("He initialization: standard deviation sqrt(2 / inputs), biases 0, seeded", () => {
  const { params } = dense("a", 200, 300).init(random(1));
  const w = params["a.weight"].data;
  const deviation = Math.sqrt(w.reduce((sum, v) => sum + v * v, 0) / w.length);
  // 60,000 normal values: the deviation is known to 0.3%.
  expect(deviation).toBeGreaterThan(0.099);
  expect(deviation).toBeLessThan(0.101);
  expect(params["a.bias"].data.every((v) => v === 0)).toBe(true);
  expect(same(dense("a", 200, 300).init(random(1)).params["a.weight"].data, w)).toBe(true);
  expect(same(dense("a", 200, 300).init(random(2)).params["a.weight"].data, w)).toBe(false);
});

function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

function expectClose(actual: Tensor, expected: number[], tolerance = 1e-6): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  for (const [i, v] of expected.entries())
    expect(Math.abs(values[i] - v), `${i}: ${values[i]} against ${v}`).toBeLessThan(tolerance * (1 + Math.abs(v)));
}
