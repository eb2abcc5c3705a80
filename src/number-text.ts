/**
 * Numbers as every table and sentence of this project prints them, so that a reader compares like with like.
 *
 *     4 significant digits, trailing zeros kept away; "inf"; null (a value that does not exist) as "–"
 */
export function format(value: number | null | undefined, digits: number = 4): string {
  if (value === null || value === undefined) return "–";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  return size >= 1e6 || size < 1e-4 ? rounded.toExponential() : String(rounded);
}
