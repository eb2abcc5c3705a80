import { maximum } from "../extremes.ts";
import { type ClassStatus, roundedShare } from "./class-status.ts";
import type { Offsets } from "./offsets.ts";

/** How many classes have which status. */
export type StatusCounts = Record<ClassStatus, number>;

/** What becomes of all classes (theory, section 11), predicted or measured. */
export interface Summary extends StatusCounts {
  /** Whether some offsets on the logits put every class right, z_kk - z_jk + o_k - o_j > 0 for all k and j; null where that was not computed. */
  offsetsRestore: boolean | null;
  /** Those that make the weakest class as strong as offsets can, to be added to z + b; null where none put all right. */
  offsets: number[] | null;
}

/** Classes without a status (that do not occur) are not counted. */
export function countStatus(classes: readonly { status: ClassStatus | null }[]): StatusCounts {
  const numbers: StatusCounts = { own: 0, outvoted: 0, faded: 0, merged: 0 };
  for (const { status } of classes) if (status) numbers[status]++;
  return numbers;
}

/** `found`: the best offsets and the least margin with them; null: not computed. */
export function summarized(classes: readonly { status: ClassStatus | null }[], found: Offsets | null): Summary {
  const counted = countStatus(classes);
  if (counted.merged > 0) return { ...counted, offsetsRestore: false, offsets: null };
  if (!found) return { ...counted, offsetsRestore: null, offsets: null };
  // What has merged has no offset, whatever noise says of a measured margin; elsewhere one is a margin only where it is more than rounding.
  const restore = found.margin > roundedShare * Math.max(1, maximum(found.offsets.map(Math.abs)));
  return { ...counted, offsetsRestore: restore, offsets: restore ? found.offsets : null };
}
