import { DefectError } from "../errors.ts";

/**
 * The zero of a continuous function between x0 and x1, where it has different signs: regula falsi with the rule of Anderson and Björck. For functions
 * whose every value is a solve, so few evaluations count; `decreasingRoot` (math/roots.ts) spends them freely to reach the last bit.
 *
 * Ends when the two ends of the bracket are within `tolerance`, or within what float64 tells apart at x. A small step does not end it: beside a corner, where the slope is many times
 * larger on the other side, steps are small long before the zero is near. Returns the last point at which f was asked.
 */
export function crossing(f: (x: number) => number, x0: number, f0: number, x1: number, f1: number, tolerance: number): number {
  let [a, fa, b, fb] = [x0, f0, x1, f1];
  let halved = Math.abs(b - a);
  let steps = 0;
  for (;;) {
    const width = Math.abs(b - a);
    const least = Math.max(tolerance, 4 * Number.EPSILON * Math.max(Math.abs(a), Math.abs(b)));
    if (width <= least) return b;
    if (width <= 0.5 * halved) [halved, steps] = [width, 0];
    // Whatever f looks like, the bracket is halved in so many steps.
    const x = steps++ === mostSteps ? 0.5 * (a + b) : secant(a, fa, b, fb, 0.5 * least);
    const fx = f(x);
    if (Number.isNaN(fx)) throw new DefectError(`the function whose zero is looked for is not a number at ${x}`);
    if (fx === 0) return x;
    if (fx < 0 === fb < 0) {
      // The end that stays is given the value that the slope between the last two points calls for.
      const share = 1 - fx / fb;
      fa *= share > 0 ? share : 0.5;
    } else [a, fa] = [b, fb];
    [b, fb] = [x, fx];
  }
}

const mostSteps = 3;

/** Where the line through both ends is 0, but `away` from either at least: next to the end that is the zero the bracket closes. */
function secant(a: number, fa: number, b: number, fb: number, away: number): number {
  const way = Math.sign(a - b);
  const length = Math.abs(a - b);
  const step = fb === fa ? 0.5 * length : (length * fb) / (fb - fa);
  return b + way * Math.min(length - away, Math.max(away, step));
}
