import type { Cells } from "../cells.ts";

/**
 * Separation of a group of classes: the largest distance between the mean predictions of two of them,
 *
 *     max over k, l in the group of |z_k - z_l|_2     (z_k: column k of Z, in logits)
 *
 * 0 means that the last layer gives all of them the same logits: no classifier on top can tell them apart. Null where a
 * prediction is missing or the group has fewer than two classes.
 */
export function separationOf(Z: Cells, classes: readonly number[]): number | null {
  if (classes.length < 2) return null;
  let most = 0;
  for (const k of classes) {
    for (const l of classes) {
      if (l <= k) continue;
      let sum = 0;
      for (const row of Z) {
        const p = row[k];
        const q = row[l];
        if (p === null || q === null) return null;
        sum += (p - q) ** 2;
      }
      most = Math.max(most, Math.sqrt(sum));
    }
  }
  return most;
}

/** max |Z_ik|; 0 is complete collapse. Null where nothing is known. */
export function largestOf(Z: Cells): number | null {
  let most: number | null = null;
  for (const row of Z) for (const v of row) if (v !== null) most = Math.max(most ?? 0, Math.abs(v));
  return most;
}

/** Mean over the classes of a group; null where there is none. */
export function meanOf(values: readonly (number | null)[], classes: readonly number[]): number | null {
  let sum = 0;
  let count = 0;
  for (const k of classes) {
    const value = values[k];
    if (value === null || value === undefined) continue;
    sum += value;
    count++;
  }
  return count ? sum / count : null;
}
