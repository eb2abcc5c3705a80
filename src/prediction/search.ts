/** How the best of many descents was found, where a problem is not convex. */
export interface Search {
  /** Descents. */
  starts: number;
  /** How many of them ended within `within`, relative to the best, of it; 0 where only an exchange led there, or where complete collapse is the best. */
  found: number;
  /** Relative distance of two objectives that are one. */
  within: number;
  /** Descents from the best answer with two classes exchanged, of those that the loss can tell apart, which were tried after that. */
  exchanges: number;
  /** Whether no such exchange leads lower; false where the most that are tried came first. */
  exhausted: boolean;
  /** Objective of each start, ascending. */
  objectives: number[];
}

/** The end of a sentence on why the answer is not certified. */
export function searchReason({ starts, found, exchanges, exhausted }: Search): string {
  const how = found === 0 ? "none of which ended there itself" : `which ${found} of them found`;
  const more =
    exchanges > 0 ? `, improved by exchanging classes${exhausted ? "" : ` (${exchanges} exchanges, not all there are)`}` : "";
  return `this is the best of ${starts} descents, ${how}${more}, and nothing proves that there is no better one`;
}
