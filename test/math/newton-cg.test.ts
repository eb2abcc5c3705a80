import { expect, test } from "vitest";
import { byDiagonal, minimize, type NewtonRow, type Point } from "../../src/math/index.ts";

/** f = sum_i cosh(d_i x_i), least at 0, where it is the number of variables. */
const scales = Float64Array.of(1, 3, 0.2);
function bowl(x: Float64Array): Point {
  const at = (i: number): number => scales[i] * x[i];
  const bend = scales.map((d, i) => d * d * Math.cosh(at(i)));
  return {
    f: scales.reduce((sum, _, i) => sum + Math.cosh(at(i)), 0),
    gradient: scales.map((d, i) => d * Math.sinh(at(i))),
    precondition: byDiagonal(bend),
    curvature: (v, out) => {
      for (let i = 0; i < v.length; i++) out[i] = bend[i] * v[i];
    },
  };
}
const start = Float64Array.of(2, -1, 5);

test("says that the gradient is within its tolerance, that the limit came first, or that rounding leaves nothing", () => {
  const asked = minimize(bowl, start, { tolerance: 1e-6 });
  expect(asked).toMatchObject({ status: "converged", stopped: "gradient" });
  expect(asked.point.f - 3).toBeLessThan(3e-12);
  expect(minimize(bowl, start, { tolerance: 1e-6, maxIterations: 2 })).toMatchObject({
    status: "limit",
    stopped: "limit",
    iterations: 2,
  });
  // A gradient with an error of 1e-9, another at every point, as rounding leaves one.
  const rough = (x: Float64Array): Point => ({
    ...bowl(x),
    gradient: bowl(x).gradient.map((g, i) => g + 1e-9 * (2 + Math.sin(1e12 * x[i]))),
  });
  const ended = minimize(rough, start, { tolerance: 1e-12 });
  expect(ended).toMatchObject({ status: "stalled", stopped: "rounding" });
  expect(ended.point.f).toBeCloseTo(3, 14);
});

test("says that no step lowers the function where its gradient lies", () => {
  const lie = (x: Float64Array): Point => ({ ...bowl(x), gradient: bowl(x).gradient.map((g) => -g) });
  expect(minimize(lie, start, { tolerance: 1e-6 })).toMatchObject({ status: "stalled", stopped: "radius", x: start });
});

test("the trace has every step: values that fall, counts that rise, the last of them the result's", () => {
  const rows: NewtonRow[] = [];
  const found = minimize(bowl, start, { tolerance: 1e-8, trace: (row) => rows.push(row) });
  expect(rows.map((row) => row.iteration)).toEqual(Array.from({ length: found.iterations + 1 }, (_, i) => i));
  expect(rows[0].f).toBe(bowl(start).f);
  for (let i = 1; i < rows.length; i++) {
    expect(rows[i].f).toBeLessThanOrEqual(rows[i - 1].f);
    expect(rows[i].products).toBeGreaterThanOrEqual(rows[i - 1].products);
  }
  expect(rows.at(-1)).toMatchObject({ f: found.point.f, products: found.products });
  expect(rows.at(-1)?.decrement).toBeLessThanOrEqual(1e-8 * Math.sqrt(found.point.f));
});
