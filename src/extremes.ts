/** The largest of any many numbers: `Math.max(...values)` ends with an error of the stack where there is one a class of a hundred thousand. -Infinity of none; NaN where one is. */
export function maximum(values: Iterable<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const value of values) found = Math.max(found, value);
  return found;
}

/** The least of any many numbers, as `maximum` is the largest. Infinity of none. */
export function minimum(values: Iterable<number>): number {
  let found = Number.POSITIVE_INFINITY;
  for (const value of values) found = Math.min(found, value);
  return found;
}
