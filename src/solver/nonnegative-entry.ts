import { columnRoots } from "./constants.ts";

/**
 * One entry of a column with nonnegative features (nonnegative-column.ts): the y with log(q + y) + a y = G, for a >= 0 and 0 <= q <= 1. Solved some hundred times for
 * every pair of clusters, so both iterations end with the step of which no digit would come from another one.
 *
 * `near`: q + y at a nearby place, or 0.
 */
export function entry(a: number, q: number, G: number, near: number): number {
  // Where a step of y counts by its own digits.
  if (a * q > 1) {
    const excess = G - Math.log(q);
    if (excess >= -Math.LN2 - 0.5 * a * q) return stiffEntry(a, q, excess, near - q);
  }
  return softEntry(a, q, G + a * q, near);
}

/** y > -q/2 with log(1 + y/q) + a y = excess, concave and rising: Newton's method climbs to the root from its left, or comes from close by. */
function stiffEntry(a: number, q: number, excess: number, near: number): number {
  const stepAt = (y: number): number => (excess - Math.log1p(y / q) - a * y) / (a + 1 / (q + y));
  let y = near;
  let step = near > -0.5 * q ? stepAt(near) : Number.NaN;
  if (!(Math.abs(step) < 0.1 * (q + near))) {
    y = excess > 0 ? 0 : Math.max(excess / (a + 1 / q), -0.5 * q);
    step = stepAt(y);
  }
  for (let k = 0; k < columnRoots.entrySteps; k++) {
    y += step;
    // A step leaves at most about step^2 / (q + y).
    if (!(step * step > 1e-16 * Math.abs(y) * (q + y))) break;
    step = stepAt(y);
  }
  return y;
}

/** e^x - q with x + a e^x = right, convex and rising, by Halley's method: what a step leaves is at most its third power. */
function softEntry(a: number, q: number, right: number, near: number): number {
  let x = Math.log(near);
  let p = near;
  // From farther away a step might leave what exp can hold.
  if (!(Math.abs(right - x - a * p) < 1)) {
    const L = a > 0 ? Math.log(a) + right : Number.NEGATIVE_INFINITY;
    x = L > 1 ? Math.log(L) - Math.log(a) : right;
    p = Math.exp(x);
  }
  for (let k = 0; k < columnRoots.entrySteps; k++) {
    const e = a * p;
    // Less than 1 from all of these starts.
    const newton = (right - x - e) / (1 + e);
    const step = newton / (1 + (0.5 * newton * e) / (1 + e));
    if (Math.abs(step) < 4e-6) return p * (1 + step * (1 + 0.5 * step)) - q;
    x += step;
    p = Math.exp(x);
  }
  return p - q;
}
