import { type Cluster, clustersOf } from "./clusters.ts";
import { madeOf } from "./made.ts";
import type { Problem } from "./problem.ts";

/**
 * Bins: clusters of nearly equal counts treated as one, each with the mean of its counts. Thousands of distinct counts become a hundred
 * groups; what that costs is measured by the certificate on the true counts and is of second order in the width of the bins.
 */
export interface Bin extends Cluster {
  /** The true counts of its classes: [count, how many classes have it]. Their mean is `count`. */
  readonly members: readonly (readonly [count: number, classes: number])[];
}

/** Groups classes whose counts differ by less than a factor of `width` (>= 1; 1: exactly equal ones only) and whose remedies are equal. */
export function binsOf(problem: Problem, width: number): Bin[] {
  const groups: Cluster[][] = [];
  const open = new Map<string, Cluster[]>();
  // clustersOf() comes in descending order of counts.
  for (const cluster of clustersOf(problem)) {
    const key = `${cluster.weight}|${cluster.offset}|${cluster.factor}`;
    const group = open.get(key);
    if (group && group[0].count < width * cluster.count) group.push(cluster);
    else {
      const fresh = [cluster];
      groups.push(fresh);
      open.set(key, fresh);
    }
  }
  const bins = groups.map((group) => {
    const size = group.reduce((sum, c) => sum + c.size, 0);
    return {
      ...group[0],
      classes: group.flatMap((c) => c.classes).sort((a, b) => a - b),
      size,
      count: group.reduce((sum, c) => sum + c.size * c.count, 0) / size,
      members: group.map((c) => [c.count, c.size] as const),
    };
  });
  // The order in which clustersOf(binnedProblem(...)) has them.
  return bins.sort((a, b) => b.count - a.count || a.classes[0] - b.classes[0]);
}

/** The problem in which every class has its bin's mean count: same K and N, J = bins.length. Its counts need not be whole numbers. */
export function binnedProblem(problem: Problem, bins: readonly Bin[]): Problem {
  const counts = new Array<number>(problem.K);
  for (const bin of bins) for (const k of bin.classes) counts[k] = bin.count;
  return madeOf(problem, { ...problem, counts });
}
