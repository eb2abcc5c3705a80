import { describe, expect, test } from "vitest";
import { type Evaluated, lbfgs, lbfgsNow } from "../../src/math/index.ts";

/** Functions whose minimum is known on paper. */
const later = (f: (x: Float64Array) => Evaluated) => async (x: Float64Array) => f(x);

/** sum 100 (x_2i+1 - x_2i^2)^2 + (1 - x_2i)^2: a curved valley; 0 at (1, ..., 1) only. */
function rosenbrock(x: Float64Array): Evaluated {
  let value = 0;
  const gradient = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += 2) {
    const [a, b] = [x[i + 1] - x[i] ** 2, 1 - x[i]];
    value += 100 * a * a + b * b;
    gradient[i] = -400 * x[i] * a - 2 * b;
    gradient[i + 1] = 200 * a;
  }
  return { value, gradient };
}

describe("lbfgs", () => {
  test("a quadratic of condition 10^4 ends at the solution of its linear equations", async () => {
    const n = 12;
    const curvature = Float64Array.from({ length: n }, (_, i) => 10 ** ((4 * i) / (n - 1)));
    const solution = Float64Array.from({ length: n }, (_, i) => Math.cos(3 * i));
    const { x, value, evaluations } = await lbfgs(
      later((at) => ({
        value: at.reduce((sum, v, i) => sum + (curvature[i] / 2) * (v - solution[i]) ** 2, 0),
        gradient: at.map((v, i) => curvature[i] * (v - solution[i])),
      })),
      new Float64Array(n),
      { evaluations: 300 },
    );
    expect(value).toBeLessThan(1e-16);
    for (let i = 0; i < n; i++) expect(x[i]).toBeCloseTo(solution[i], 7);
    expect(evaluations).toBeLessThanOrEqual(300);
  });

  test("Rosenbrock's valley in ten dimensions", async () => {
    const start = Float64Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
    const { x } = await lbfgs(later(rosenbrock), start, { evaluations: 400 });
    for (const v of x) expect(v).toBeCloseTo(1, 6);
  });

  test("a kink: |x| + (y - 1)^2 and its like with slopes of either sign ends where the sides meet", async () => {
    const { x, value } = await lbfgs(
      later(([a, b]) => ({
        value: Math.abs(a) + (b - 1) ** 2,
        gradient: Float64Array.of(a < 0 ? -1 : 1, 2 * (b - 1)),
      })),
      Float64Array.of(0.7, -3),
      { evaluations: 300 },
    );
    expect(value).toBeLessThan(1e-6);
    expect(Math.abs(x[0])).toBeLessThan(1e-6);
  });

  test("looks no oftener than allowed, never ends above the start, and stops at once where there is nothing to gain", async () => {
    for (const allowed of [1, 2, 3, 7]) {
      let looks = 0;
      const start = Float64Array.of(-1.2, 1);
      const end = await lbfgs(
        async (x) => {
          looks++;
          return rosenbrock(x);
        },
        start,
        { evaluations: allowed },
      );
      expect(looks).toBe(end.evaluations);
      expect(looks).toBeLessThanOrEqual(allowed);
      expect(end.value).toBeLessThanOrEqual(rosenbrock(start).value);
      expect(end.value).toBe(rosenbrock(end.x).value);
      expect([...start]).toEqual([-1.2, 1]);
    }
    expect((await lbfgs(later(rosenbrock), Float64Array.of(1, 1), { evaluations: 50 })).evaluations).toBe(1);
  });

  test("a function that answers at once: the same steps, and the end where the gradient is small enough", async () => {
    const start = Float64Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
    expect(lbfgsNow(rosenbrock, start, { evaluations: 90 })).toEqual(await lbfgs(later(rosenbrock), start, { evaluations: 90 }));
    const { gradient, evaluations } = lbfgsNow(rosenbrock, start, { evaluations: 400, gradient: 1e-3 });
    expect(Math.hypot(...gradient)).toBeLessThanOrEqual(1e-3);
    expect(evaluations).toBeLessThan(lbfgsNow(rosenbrock, start, { evaluations: 400 }).evaluations);
  });
});
