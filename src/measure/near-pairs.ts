import { matrix, times, timesTranspose } from "../math/index.ts";
import { type Rows, rowsIn } from "../row-store.ts";
import { type Frame, projectedRowsOf } from "./frame.ts";
import type { Within } from "./second-pass.ts";
import { spanOf } from "./span.ts";

/** Class means and scatter in coordinates of the span of the means (or of a part of it). */
export interface Space {
  /** Class means about the mean of the means, K x r. */
  projected: Rows;
  /** Sum of y y', y = h - mu, r x r. */
  scatter: Float64Array;
  /** Dimension. */
  r: number;
}

/**
 * NC1 divides by the distances of class means, so two means that nearly coincide make nearly all of it. This is the space in which the means of each group
 * are one, their own mean: NC1 in it is what NC1 tends to once such means are equal. Null where nothing is left of the span.
 */
export function withGroupsAsOne(frame: Frame, within: Within, groups: readonly (readonly number[])[]): Space | null {
  const { K, r, noise, present } = frame;
  const means = new Float64Array(K * r);
  projectedRowsOf(frame).copy(means, 0, K);
  for (const group of groups)
    for (let a = 0; a < r; a++) {
      const mean = group.reduce((sum, k) => sum + means[k * r + a], 0) / group.length;
      for (const k of group) means[k * r + a] = mean;
    }
  const rows = matrix(present.length, r);
  present.forEach((k, row) => {
    rows.data.set(means.subarray(k * r, k * r + r), row * r);
  });
  const { basis, r: left } = spanOf(rows, noise);
  if (left === 0) return null;
  if (!basis) return { projected: rowsIn(means, K, r), scatter: within.projected, r };
  const projected = new Float64Array(K * left);
  timesTranspose(projected, means, basis, K, left, r);
  const half = new Float64Array(left * r);
  times(half, basis, within.projected, left, r, r);
  const scatter = new Float64Array(left * left);
  timesTranspose(scatter, half, basis, left, left, r);
  return { projected: rowsIn(projected, K, left), scatter, r: left };
}
