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

/** A number, as it is printed, with what it counts: `1 logit`, `0.5 logits`. */
export const quantity = (printed: string, one: string): string => `${printed} ${one}${printed === "1" ? "" : "s"}`;

/** A number that is at most `value`, as `format` prints it: for what is the largest that will do. */
export const formatAtMost = (value: number, digits: number = 4): string => towards(value, digits, -1);

/** A number that is at least `value`, as `format` prints it: for what is the least that will do. */
export const formatAtLeast = (value: number, digits: number = 4): string => towards(value, digits, 1);

function towards(value: number, digits: number, side: 1 | -1): string {
  const text = format(value, digits);
  // On the wrong side: one unit of the last digit on.
  if (!Number.isFinite(value) || value === 0 || side * (Number(text) - value) >= 0) return text;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - digits + 1);
  return format(Number(text) + side * unit, digits);
}
