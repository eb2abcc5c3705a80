/**
 * Eigenvalues of a symmetric tridiagonal matrix by the QL iteration with implicit shifts (Wilkinson & Reinsch, Handbook for Automatic
 * Computation II, 1971: tql2). A sweep is a chain of plane rotations; whoever wants eigenvectors gets each sweep's.
 */

/** Rotations of rows (i, i + 1), i from `top` down to `bottom`: lower' = s[i] upper + c[i] lower, upper' = c[i] upper - s[i] lower. */
export interface Sweep {
  top: number;
  bottom: number;
  c: Float64Array;
  s: Float64Array;
}

/** d (diagonal) becomes the eigenvalues, unsorted; e (subdiagonal in e[1..n)) is destroyed. `onSweep` must copy what it keeps. */
export function implicitQL(d: Float64Array, e: Float64Array, n: number, onSweep?: (sweep: Sweep) => void): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i];
  e[n - 1] = 0;
  // Rotations bring in rounding errors of the largest elements: below them a null space of hundreds would never split further.
  let floor = 0;
  for (let i = 0; i < n; i++) floor = Math.max(floor, Math.abs(d[i]) + Math.abs(e[i]));
  floor *= 0.25 * Number.EPSILON;
  const cosines = new Float64Array(n);
  const sines = new Float64Array(n);
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      for (; m < n - 1; m++) {
        const size = Math.abs(d[m]) + Math.abs(d[m + 1]);
        if (Math.abs(e[m]) <= Math.max(Number.EPSILON * size, floor)) break;
      }
      if (m === l) break;
      if (iteration === 60) throw new RangeError("symmetricEigen: no convergence in 60 iterations");
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = length(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        r = length(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        cosines[i] = c;
        sines[i] = s;
      }
      onSweep?.({ top: m - 1, bottom: i + 1, c: cosines, s: sines });
      if (r === 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}

/** Math.hypot where squares could overflow or underflow; elsewhere the plain formula, which is many times faster. */
function length(x: number, y: number): number {
  const square = x * x + y * y;
  return square > 1e-280 && square < 1e280 ? Math.sqrt(square) : Math.hypot(x, y);
}
