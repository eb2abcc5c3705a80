/**
 * What keeps the vectors of a cluster distinct, in closed form (theory, section 6). A class of a cluster of two or more, alive or not, obeys
 *
 *   p_own - p_other = max(0, 1 - eps - s / (w Delta sqrt(n))),   s = N lambda_Z,
 *
 * p_other being the probability of another class of its cluster. So a margin m asks for (1 - eps - m) w Delta sqrt(n) >= s: of the
 * weight, of the regularization, of the smoothing, or of the count; additive offsets do not enter. Only oversampling changes N, and
 * with it s. A class that is alone with its count obeys no such law.
 *
 * @module
 */
import { inputError } from "../errors.ts";
import type { Cluster } from "../problem/index.ts";

/** What of a cluster its margin depends on. */
export type MarginInput = Pick<Cluster, "count" | "weight" | "factor">;

/** p_own - p_other within a cluster of two or more; 0: merged. `s` = N lambda_Z. */
export function clusterMargin({ count, weight, factor }: MarginInput, s: number, smoothing = 0): number {
  return Math.max(0, 1 - smoothing - s / (weight * factor * Math.sqrt(count)));
}

/** The least weight w with which the cluster has the margin: s / ((1 - eps - m) Delta sqrt(n)). Throws InputError unless m < 1 - eps. */
export function leastWeight({ count, factor }: MarginInput, s: number, margin: number, smoothing = 0): number {
  return s / (room(margin, smoothing) * factor * Math.sqrt(count));
}

/** The least VS factor Delta with which the cluster has the margin: s / ((1 - eps - m) w sqrt(n)). Throws InputError unless m < 1 - eps. */
export function leastFactor({ count, weight }: MarginInput, s: number, margin: number, smoothing = 0): number {
  return s / (room(margin, smoothing) * weight * Math.sqrt(count));
}

/** The largest s = N lambda_Z at which the cluster has the margin: (1 - eps - m) w Delta sqrt(n). Throws InputError unless m < 1 - eps. */
export function largestS({ count, weight, factor }: MarginInput, margin: number, smoothing = 0): number {
  return room(margin, smoothing) * weight * factor * Math.sqrt(count);
}

/** The most label smoothing with which the cluster has the margin, 1 - m - s/(w Delta sqrt(n)); negative: it fails without any. */
export function mostSmoothing({ count, weight, factor }: MarginInput, s: number, margin: number): number {
  return 1 - margin - s / (weight * factor * Math.sqrt(count));
}

/** 1 - eps - m > 0. */
function room(margin: number, smoothing: number): number {
  const rest = 1 - smoothing - margin;
  if (!(margin >= 0 && rest > 0)) throw inputError("margin", `a number in [0, ${1 - smoothing}) (1 minus the smoothing)`, margin);
  return rest;
}

/**
 * How s = N lambda_Z follows N when samples are repeated. "sum": lambda_W and lambda_H are fixed and the feature penalty sums over all samples, the
 * copies too: s grows like N. "mean": the penalty is (c/2) mean_i |h_i|^2, so lambda_H = c/N: s grows like sqrt(N).
 */
export type FeaturePenalty = "sum" | "mean";

/** What `leastOversampling` found. */
export interface Oversampling {
  /** New counts of the clusters, whole numbers, none below the old; null: no counts reach the margin. */
  counts: number[] | null;
  /**
   * The largest s at the present counts from which oversampling still reaches the margin in every cluster (with counts that need not be whole).
   * For "sum" it is what a larger N costs every other cluster that sets it; 1/(2 sqrt(k_A k_B n_A)) N for two clusters, m = 0 and k_A <= k_B.
   */
  limit: number;
}

/**
 * The least oversampling that gives every cluster of two or more the margin: n_j' = max(n_j, (s'/a_j)^2) with a_j = (1 - eps - m) w_j Delta_j and
 * s' the s of the new N. Raising counts only raises s', so iterating from the present counts upwards ends at the
 * least solution, cluster by cluster, or passes every solution there could be.
 *
 * Clusters of one class keep their count. Throws InputError unless m < 1 - eps.
 */
export function leastOversampling(
  clusters: readonly Pick<Cluster, "size" | "count" | "weight" | "factor">[],
  s: number,
  margin: number,
  penalty: FeaturePenalty,
  smoothing = 0,
): Oversampling {
  const rest = room(margin, smoothing);
  const a = clusters.map(({ weight, factor }) => rest * weight * factor);
  const total = (counts: readonly number[]): number => clusters.reduce((sum, c, j) => sum + c.size * counts[j], 0);
  const counts = clusters.map((c) => c.count);
  const N = total(counts);
  const power = penalty === "sum" ? 1 : 0.5;
  const sOf = (newN: number): number => s * (newN / N) ** power;
  const totalAt = (v: number): number =>
    clusters.reduce((sum, c, j) => sum + c.size * (c.size < 2 ? c.count : Math.max(c.count, (v / a[j]) ** 2)), 0);
  const { best, at } = mostRoom(clusters, a, power);
  const limit = best * N ** power;
  if (s > limit || (s === limit && at === Number.POSITIVE_INFINITY)) return { counts: null, limit };
  for (;;) {
    const needed = sOf(total(counts));
    if (!Number.isSafeInteger(total(counts))) return { counts: null, limit };
    // Past the point of most room, the room only shrinks: where real counts fail, so do all larger ones.
    if (needed > at && sOf(totalAt(needed)) > needed * (1 + 1e-12)) return { counts: null, limit };
    let changed = false;
    clusters.forEach((cluster, j) => {
      if (cluster.size < 2) return;
      const least = Math.ceil((needed / a[j]) ** 2 * (1 - 4 * Number.EPSILON));
      if (least > counts[j]) {
        counts[j] = least;
        changed = true;
      }
    });
    if (!changed) return { counts, limit };
  }
}

/**
 * The largest v / N'(v)^p over v > 0, N'(v) = sum_j k_j max(n_j, (v/a_j)^2): between two of the v at which another cluster starts to be repeated N' is
 * C + Q v^2, and for p = 1 the best there is v = sqrt(C/Q), for p = 1/2 the far end.
 */
function mostRoom(
  clusters: readonly Pick<Cluster, "size" | "count">[],
  a: readonly number[],
  power: number,
): { best: number; at: number } {
  const starts = clusters
    .map((c, j) => ({
      v: c.size < 2 ? Number.POSITIVE_INFINITY : a[j] * Math.sqrt(c.count),
      C: c.size * c.count,
      Q: c.size / a[j] ** 2,
    }))
    .sort((x, y) => x.v - y.v);
  let C = starts.reduce((sum, x) => sum + x.C, 0);
  let Q = 0;
  let best = 0;
  let at = 0;
  starts.forEach((start, i) => {
    if (start.v === Number.POSITIVE_INFINITY) return;
    C -= start.C;
    Q += start.Q;
    // Where every count is raised, v / N'(v)^(1/2) no longer changes.
    const end = C === 0 ? start.v : (starts[i + 1]?.v ?? Number.POSITIVE_INFINITY);
    const v = power === 1 ? Math.min(end, Math.max(start.v, Math.sqrt(C / Q))) : end;
    const value = v === Number.POSITIVE_INFINITY ? (power === 1 ? 0 : 1 / Math.sqrt(Q)) : v / (C + Q * v * v) ** power;
    if (value > best) {
      best = value;
      at = v;
    }
  });
  return { best, at };
}
