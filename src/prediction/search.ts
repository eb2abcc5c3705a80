import type { ClassGeometry } from "./class-geometry.ts";
import type { Summary } from "./class-summary.ts";
import type { PredictedClass } from "./classes.ts";
import type { Distances } from "./distances.ts";
import type { PredictedCluster } from "./predict.ts";

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

/** What documents of searches have in common, in place of what belongs to the convex model. */
export interface Searched {
  /** Never: the problem is not convex. */
  certified: false;
  /** Why it is not certified, in a sentence. */
  reason: string;
  /** Of the convex model. */
  bins: null;
  /** Of nonnegative features. */
  ufmPlus: null;
  /** Of the convex model. */
  phase: null;
  /** Of the convex model. */
  criticalCount: null;
  /** Classes of equal count. They need not be alike: `margin` is null, `merged` goes by distances. */
  clusters: PredictedCluster[];
  /** The figure that the class features make; null at complete collapse. */
  geometry: ClassGeometry | null;
  /** How far Z, head and class features are from the simplex and from SELI (theory, section 12); no limit of vanishing regularization is known. */
  distances: Distances;
  /** How the answer was found. */
  search: Search;
  /** What becomes of each class. */
  classes: PredictedClass[];
  /** How many classes have which status. */
  summary: Summary;
}
