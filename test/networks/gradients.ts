import { expect } from "vitest";
import { type Random, random } from "../../src/math/random.ts";
import { jax, type Layer, type Tensor, type Tensors } from "../../src/networks/index.ts";

const { numpy: np } = jax;

/** Arrays in float64, so that finite differences are sharp; layers never name a type. */
export function double(shape: readonly number[], value: (i: number) => number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return np.array(
    Float64Array.from({ length: size }, (_, i) => value(i)),
    { shape: [...shape] },
  );
}

type Values = Record<string, { shape: readonly number[]; data: Float64Array }>;

/**
 * Compares a layer's pullback with central differences of f = sum c o layer(x), c random, in some entries of the input and of every
 * parameter. Step 1e-4 in float64: the truncation is h^2 f''' / 6 ~ 1e-8, rounding 1e-16 / h ~ 1e-12.
 */
export function expectGradient(layer: Layer, shape: readonly number[], entries = 6): void {
  const r = random(7);
  const state = layer.init(r);
  const values: Values = { x: normal(shape, r) };
  for (const [name, tensor] of Object.entries(state.params)) values[name] = normal(tensor.shape, r, 0.5, 0.3);
  const device = (): { params: Tensors; stats: Tensors; x: Tensor } => {
    const { x, ...params } = Object.fromEntries(
      Object.entries(values).map(([name, { shape, data }]) => [name, double(shape, (i) => data[i])]),
    );
    const stats = Object.entries(state.stats).map(([name, t]) => [name, double(t.shape, (i) => t.data[i])]);
    return { params, stats: Object.fromEntries(stats), x };
  };
  const start = device();
  const { output, pullback } = layer.train(start.params, start.stats, start.x);
  const weights = normal(output.shape, r).data;
  const c = (): Tensor => double(output.shape, (i) => weights[i]);
  const { input, params } = pullback(c());
  const gradient: Tensors = { x: input, ...params };
  expect(Object.keys(gradient).sort()).toEqual(Object.keys(values).sort());
  const f = (): number => {
    const at = device();
    const { output, pullback } = layer.train(at.params, at.stats, at.x);
    pullback(c());
    return output.mul(c()).sum().item();
  };
  for (const [name, { data, shape }] of Object.entries(values)) {
    expect(gradient[name].shape, name).toEqual(shape);
    const g = gradient[name].dataSync();
    const stride = Math.max(1, Math.floor(data.length / entries));
    for (let i = 0; i < data.length; i += stride) {
      const h = 1e-4;
      const at = (delta: number): number => {
        const kept = data[i];
        data[i] = kept + delta;
        const value = f();
        data[i] = kept;
        return value;
      };
      const difference = (at(h) - at(-h)) / (2 * h);
      const error = Math.abs(g[i] - difference);
      expect(error, `${name}[${i}]: ${g[i]} against ${difference}`).toBeLessThan(1e-6 * (1 + Math.abs(difference)));
    }
  }
}

function normal(shape: readonly number[], r: Random, scale = 1, shift = 0): Values[string] {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float64Array.from({ length: size }, () => scale * r.normal() + shift) };
}

/** Compares all values, with a tolerance relative to 1 + |expected|. */
export function expectClose(actual: Tensor, expected: ArrayLike<number>, tolerance = 1e-6): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(values[i] - expected[i]), `${i}: ${values[i]} against ${expected[i]}`).toBeLessThan(
      tolerance * (1 + Math.abs(expected[i])),
    );
}
