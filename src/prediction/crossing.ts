/**
 * The zero of a continuous function between x0 and x1, where it has different signs: regula falsi with the Illinois rule. For functions
 * whose every value is a solve, so few evaluations count; `decreasingRoot` (math/roots.ts) spends them freely to reach the last bit.
 *
 * Ends when the bracket or the last step is below `tolerance`.
 */
export function crossing(f: (x: number) => number, x0: number, f0: number, x1: number, f1: number, tolerance: number): number {
  let [a, fa, b, fb] = [x0, f0, x1, f1];
  let last = Number.POSITIVE_INFINITY;
  let kept = 0;
  for (let i = 0; i < 100; i++) {
    let x = b - (fb * (b - a)) / (fb - fa);
    // Illinois may crawl where f is bent; one bisection after four steps bounds that.
    if (i % 5 === 4 || !(x > Math.min(a, b) && x < Math.max(a, b))) x = 0.5 * (a + b);
    const fx = f(x);
    const step = Math.abs(x - last);
    last = x;
    if (fx === 0 || Math.abs(b - a) <= tolerance || (step <= tolerance && i % 5 !== 4)) return x;
    if (fx < 0 === fb < 0) {
      if (kept === 1) fa *= 0.5;
      [b, fb, kept] = [x, fx, 1];
    } else {
      if (kept === -1) fb *= 0.5;
      [a, fa, kept] = [x, fx, -1];
    }
  }
  return last;
}
