import { gramOfRows, norm2 } from "../math/index.ts";

/**
 * Classes whose features share directions, of features that are nonnegative. The model of section 7 gives every class directions of its own: mean features are orthogonal. A network may stay in a
 * trap where a class lies on others' directions (theory, section 9.2), and on its way there cosines fall; so pairs are named from a cosine on that neither the minimum nor a network near it has.
 */
export interface SharedDirections {
  /** From which cosine on: a class on four others' directions still has 1/2 with each. */
  from: number;
  /** How many pairs share directions. */
  count: number;
  /** The `mostShared` of them with the largest cosine of their mean features (about 0, as they are), k < l. */
  pairs: { classes: [number, number]; cosine: number }[];
}

/** A class that lies evenly on m others' directions has a cosine of 1/sqrt(m) with each of them; 1/3 is nine of them. */
export const sharedFrom: number = 1 / 3;
/** So many pairs are listed. */
export const mostShared: number = 100;

/** `means`: K x d; `classes`: those that occur. Null where a mean has a negative entry: such features have no such directions. */
export function sharedDirections(means: Float64Array, d: number, classes: readonly number[]): SharedDirections | null {
  if (means.some((x) => x < 0)) return null;
  const meanOf = (k: number): Float64Array => means.subarray(k * d, k * d + d);
  const there = classes.filter((k) => meanOf(k).some((x) => x > 0));
  const n = there.length;
  const rows = new Float64Array(n * d);
  there.forEach((k, row) => {
    const length = norm2(meanOf(k));
    for (let j = 0; j < d; j++) rows[row * d + j] = means[k * d + j] / length;
  });
  const cosines = new Float64Array(n * n);
  gramOfRows(cosines, rows, n, d);
  const pairs: SharedDirections["pairs"] = [];
  for (let l = 0; l < n; l++)
    for (let k = 0; k < l; k++) {
      const cosine = cosines[k * n + l];
      if (cosine >= sharedFrom) pairs.push({ classes: [there[k], there[l]], cosine: Math.min(1, cosine) });
    }
  pairs.sort((a, b) => b.cosine - a.cosine);
  return { from: sharedFrom, count: pairs.length, pairs: pairs.slice(0, mostShared) };
}
