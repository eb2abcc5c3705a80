/** Roots of monotone functions of one variable. */

/**
 * The zero of a decreasing function on [low, high], by bisection with secant steps (Illinois), to the last bit that f can tell.
 *
 * f may be +-Infinity. With f(low) <= 0 the answer is low, with f(high) >= 0 it is high: the caller's bracket is trusted to mean "at
 * the edge". Ends when the bracket cannot be halved any more.
 */
export function decreasingRoot(f: (x: number) => number, low: number, high: number): number {
  let a = low;
  let b = high;
  let fa = f(a);
  let fb = f(b);
  if (!(fa > 0)) return a;
  if (!(fb < 0)) return b;
  for (let i = 0; i < 400; i++) {
    const middle = a + 0.5 * (b - a);
    if (middle <= a || middle >= b) break;
    const width = b - a;
    let x = middle;
    // Every third step is a bisection, so that the width shrinks whatever f looks like.
    if (i % 3 !== 2 && Number.isFinite(fa) && Number.isFinite(fb)) {
      const secant = a + (width * fa) / (fa - fb);
      if (secant > a && secant < b) x = secant;
    }
    const fx = f(x);
    if (fx === 0) return x;
    if (fx > 0) {
      a = x;
      fa = fx;
      fb *= 0.5;
    } else {
      b = x;
      fb = fx;
      fa *= 0.5;
    }
    // Once the wanted end is found the other may stay far: probe next to it.
    if (b - a > 0.5 * width) {
      const m = a + 0.5 * (b - a);
      if (m <= a || m >= b) break;
      const fm = f(m);
      if (fm === 0) return m;
      if (fm > 0) {
        a = m;
        fa = fm;
      } else {
        b = m;
        fb = fm;
      }
    }
  }
  return a + 0.5 * (b - a);
}
