import { expect, test } from "vitest";
import { DefectError } from "../../src/errors.ts";
import { crossing } from "../../src/prediction/crossing.ts";

/** Finds the zero and counts what it costs; every value asked for lies inside the bracket. */
function found(f: (x: number) => number, a: number, b: number, tolerance = 1e-12): { x: number; evaluations: number } {
  let evaluations = 0;
  const x = crossing(
    (at) => {
      expect(at).toBeGreaterThanOrEqual(Math.min(a, b));
      expect(at).toBeLessThanOrEqual(Math.max(a, b));
      evaluations++;
      return f(at);
    },
    a,
    f(a),
    b,
    f(b),
    tolerance,
  );
  return { x, evaluations };
}

test("a straight line: its zero at once", () => {
  expect(found((x) => 2 * x - 3, 0, 4)).toEqual({ x: 1.5, evaluations: 1 });
  expect(found((x) => 3 - 2 * x, 4, 0)).toEqual({ x: 1.5, evaluations: 1 });
});

// A solve each: bisection alone needs log2(width / 1e-12), about 40; whichever end stays, its value is lowered, so that both sides take as few.
test.each<[string, (x: number) => number, number, number, number, number?]>([
  ["convex", (x) => Math.exp(x) - 2, -3, 4, Math.log(2)],
  ["concave", (x) => Math.log(x) - 1, 0.5, 9, Math.E],
  ["convex and falling", (x) => 1 / x - 0.25, 1, 40, 4],
  ["a square root's foot", (x) => Math.sqrt(x) - 0.1, 0, 1, 0.01],
  ["a cube", (x) => (x - 0.3) ** 3, -1, 1, 0.3, 140],
  ["a ninth power, flat around its zero", (x) => (x + 0.05) ** 9, -0.1, 1, -0.05, 140],
  ["a step that is steep", (x) => Math.tanh(1000 * (x - 0.7)), 0, 1, 0.7],
])("%s: from either side, in few evaluations", (_, f, a, b, root, most = 20) => {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ])
    for (const sign of [1, -1]) {
      const { x, evaluations } = found((at) => sign * f(at), from, to);
      // Where f is flat around its zero too: the bracket closes on the change of sign.
      expect(Math.abs(x - root)).toBeLessThan(1.01e-12);
      expect(evaluations).toBeLessThanOrEqual(most);
    }
});

test("smooth functions take some ten evaluations, and a loose tolerance fewer", () => {
  const f = (x: number): number => Math.exp(x) - 2;
  const tight = found(f, -3, 4);
  const loose = found(f, -3, 4, 1e-3);
  expect(tight.evaluations).toBeLessThan(14);
  expect(loose.evaluations).toBeLessThan(tight.evaluations);
  expect(Math.abs(loose.x - Math.LN2)).toBeLessThan(1e-3);
});

// Where classes merge a norm has a corner, whose slopes are a hundred and more to one.
test.each([10, 150, 1e4, 1e7, 1e12])("a corner beside the zero, slopes %d to 1: to the tolerance, from either side", (ratio) => {
  for (const [from, to] of [
    [-1, 2],
    [2, -1],
  ])
    for (const sign of [1, -1])
      for (const corner of [0.3, 0.3 - 1e-11, 0.3 + 1e-11, 0.3 - 1e-5, 0.3 + 1e-5]) {
        // Falls steeply up to the corner, then slowly; 0 at 0.3.
        const line = (x: number): number => (x < corner ? -ratio * (x - corner) : -(x - corner));
        const { x, evaluations } = found((at) => sign * (line(at) - line(0.3)), from, to);
        expect(Math.abs(x - 0.3), `corner at 0.3 + ${corner - 0.3}`).toBeLessThan(1.01e-12);
        expect(evaluations).toBeLessThanOrEqual(140);
      }
});

test("asked for more than float64 tells apart, it ends", () => {
  const { x, evaluations } = found((at) => Math.exp(at) - 5e4, 3, 40, 1e-30);
  expect(Math.abs(x - Math.log(5e4))).toBeLessThan(4e-14);
  expect(evaluations).toBeLessThan(40);
  // Values that are no more than their sign, and that of rounding.
  expect(found((at) => Math.sign(at - 1 / 3) || 1, 0, 1, 0).x).toBeCloseTo(1 / 3, 15);
});

test("a function without a zero, only a change of sign, ends at it", () => {
  const { x, evaluations } = found((at) => (at < 0.4 ? -1 : 1), 0, 1);
  expect(Math.abs(x - 0.4)).toBeLessThan(1e-11);
  expect(evaluations).toBeLessThanOrEqual(100);
});

test("what is not a number is a defect, not a search without end", () => {
  expect(() => crossing(() => Number.NaN, 0, -1, 1, 1, 1e-12)).toThrow(DefectError);
});
