import { minimize, type Point } from "../math/index.ts";
import { approach } from "./constants.ts";
import type { Factored } from "./factored.ts";

/**
 * A first approach from far away. With A (the weights) fixed, the problem in (B, c) is convex, and with B (the features) fixed so is the
 * one in (A, c): each is a ridge-penalized multinomial logistic regression. One rough solve of each leads to where the joint problem's
 * Hessian is positive, past the region in which Newton's method on both factors at once would follow negative curvature in short steps.
 *
 * `left` and `right`: number of entries of A, and of B behind it (default: as many).
 */
export function alternate(
  model: Pick<Factored, "at">,
  start: Float64Array,
  left: number,
  right: number = left,
): { x: Float64Array; iterations: number; products: number } {
  let x = start;
  let iterations = 0;
  let products = 0;
  for (const [moving, from, to] of [
    ["B", 0, left],
    ["A", left, left + right],
  ] as const) {
    const result = minimize((y) => freeze(model.at(y, moving), from, to), x, approach);
    x = result.x;
    iterations += result.iterations;
    products += result.products;
  }
  return { x, iterations, products };
}

/** The same function with the variables from..to-1 held fixed. */
function freeze(point: Point, from: number, to: number): Point {
  point.gradient.fill(0, from, to);
  const masked = new Float64Array(point.gradient.length);
  return {
    ...point,
    precondition(v, out) {
      point.precondition(v, out);
      out.fill(0, from, to);
    },
    curvature(v, out) {
      masked.set(v);
      masked.fill(0, from, to);
      point.curvature(masked, out);
      out.fill(0, from, to);
    },
  };
}
