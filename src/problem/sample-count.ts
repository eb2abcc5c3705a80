/**
 * A number of samples that need not be whole, such as the critical count: to the sample where it is large, with 6 digits where it is small, so that every command prints
 * the same.
 *
 * @internal
 */
export function sampleCount(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value >= 1e15 || (value !== 0 && value < 1e-4)) return value.toExponential(5).replace(/\.?0+e/, "e");
  return value >= 1e5 ? String(Math.round(value)) : String(Number(value.toPrecision(6)));
}
