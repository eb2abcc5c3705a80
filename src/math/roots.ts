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

/**
 * The zeros of a concave function on [low, high], ascending: none, one or two. Where both ends are at most 0 its largest value is looked for first (golden section): a bump above 0
 * that is narrower than 1e-9 of the interval goes unseen.
 */
export function concaveRoots(f: (x: number) => number, low: number, high: number): number[] {
  const rising = (a: number, b: number): number => decreasingRoot((x) => -f(x), a, b);
  const [fLow, fHigh] = [f(low), f(high)];
  // A concave function lies above its chord.
  if (fLow > 0 && fHigh > 0) return [];
  if (fLow > 0) return [decreasingRoot(f, low, high)];
  if (fHigh > 0) return [rising(low, high)];
  const share = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [left, right] = [b - share * (b - a), a + share * (b - a)];
  let [fLeft, fRight] = [f(left), f(right)];
  while (b - a > 1e-9 * (high - low)) {
    if (fLeft > 0) return [rising(low, left), decreasingRoot(f, left, high)];
    if (fRight > 0) return [rising(low, right), decreasingRoot(f, right, high)];
    if (fLeft >= fRight) {
      [b, right, fRight] = [right, left, fLeft];
      left = b - share * (b - a);
      fLeft = f(left);
    } else {
      [a, left, fLeft] = [left, right, fRight];
      right = a + share * (b - a);
      fRight = f(right);
    }
  }
  return [];
}
