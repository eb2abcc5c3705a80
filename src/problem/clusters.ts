/**
 * Clusters: classes that the model cannot tell apart.
 *
 * Two classes with the same count (and the same weight, offset and factor) can be exchanged without changing the problem, and
 * the problem is convex, so its solution can be taken symmetric under the exchange. Everything downstream works with these
 * groups: J clusters cost what J classes cost, however large they are (theory, section 3).
 */
export interface Cluster {
  /** Class indices, ascending. */
  readonly classes: readonly number[];
  /** Number of classes, k_j. */
  readonly size: number;
  /** Samples of each class, n_j. */
  readonly count: number;
  /** Loss weight w_j. */
  readonly weight: number;
  /** Additive logit offset iota_j. */
  readonly offset: number;
  /** Multiplicative logit factor Delta_j. */
  readonly factor: number;
}

/** What `clustersOf` reads of a problem. */
export interface Classes {
  /** Samples of each class, n_k. */
  readonly counts: readonly number[];
  /** Loss weights w_k; null: all 1. */
  readonly weights: readonly number[] | null;
  /** Offsets iota_k; null: all 0. */
  readonly offsets: readonly number[] | null;
  /** Factors Delta_k; null: all 1. */
  readonly factors: readonly number[] | null;
}

/** Groups classes by (count, weight, offset, factor), in order of descending count, then of first appearance. */
export function clustersOf(classes: Classes): Cluster[] {
  const groups = new Map<string, number[]>();
  const orNeutral = (values: readonly number[] | null, k: number, neutral: number): number => values?.[k] ?? neutral;
  classes.counts.forEach((n, k) => {
    const key = `${n}|${orNeutral(classes.weights, k, 1)}|${orNeutral(classes.offsets, k, 0)}|${orNeutral(classes.factors, k, 1)}`;
    const group = groups.get(key);
    if (group) group.push(k);
    else groups.set(key, [k]);
  });
  return [...groups.values()]
    .map((members) => ({
      classes: members,
      size: members.length,
      count: classes.counts[members[0]],
      weight: orNeutral(classes.weights, members[0], 1),
      offset: orNeutral(classes.offsets, members[0], 0),
      factor: orNeutral(classes.factors, members[0], 1),
    }))
    .sort((a, b) => b.count - a.count || a.classes[0] - b.classes[0]);
}
