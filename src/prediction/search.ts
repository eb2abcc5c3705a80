/** How the best of many descents was found, where a problem is not convex. */
export interface Search {
  /** Descents from random starts. */
  starts: number;
  /** Descents from starts that were built (layer normalization: groups and pairs of classes); absent: none. */
  built?: number;
  /** How many of the random ones ended within `within`, relative to the best, of it; 0 where only a built start or an exchange led there, or where complete collapse is the best. */
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
export function searchReason({ starts, built = 0, found, exchanges, exhausted }: Search): string {
  const descents = `${starts} descent${starts === 1 ? "" : "s"}${built > 0 ? ` from ${starts === 1 ? "a random start" : "random starts"} and ${built} from groups and pairs of classes` : ""}`;
  const those = built > 0 ? "the random ones" : "them";
  const alone = `${built > 0 ? "the random one" : "it"} ${found === 0 ? "did not end" : "ended"} there itself`;
  const how = starts === 1 ? alone : found === 0 ? `none of ${those} ended there itself` : `${found} of ${those} found it`;
  const more =
    exchanges > 0 ? `, improved by exchanging classes${exhausted ? "" : ` (${exchanges} exchanges, not all there are)`}` : "";
  return `this is the best of ${descents}, ${how}${more}, and nothing proves that there is no better one`;
}
