import { Sum } from "./sum.ts";

/**
 * sqrt(sum_i m_i x_i^2), i < n, for numbers of any size. The largest |x_i| is taken out as a power of two, which rounds nothing: no square overflows, and those that underflow
 * are far below the rounding of the sum. (Residuals of 1e-162 and less, as small lambdas leave them, have squares of 0.)
 */
export function lengthOf(n: number, x: (i: number) => number, copies: (i: number) => number = () => 1): number {
  let largest = 0;
  for (let i = 0; i < n; i++) if (copies(i) > 0) largest = Math.max(largest, Math.abs(x(i)));
  const unit = powerOfTwo(largest);
  if (!(unit > 0 && unit < Number.POSITIVE_INFINITY)) return largest;
  const squares = new Sum();
  for (let i = 0; i < n; i++) if (copies(i) > 0) squares.add(copies(i) * (x(i) / unit) ** 2);
  return unit * Math.sqrt(squares.value);
}

/** A power of two within a factor of two of x > 0, or near it; 0, infinity and NaN as they are. */
export function powerOfTwo(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return x;
  return 2 ** Math.min(1023, Math.max(-1022, Math.floor(Math.log2(x))));
}
