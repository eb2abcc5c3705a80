import { maximum, minimum } from "../extremes.ts";
import { lossNamed, targetsOf } from "../loss/index.ts";
import { type Cluster, clustersOf, type Problem, withLambdaZ } from "../problem/index.ts";
import { solveNonnegative } from "../solver/index.ts";
import { completeCollapse } from "../theory/index.ts";
import { crossing } from "./crossing.ts";

/**
 * Where the classes of a cluster vanish when features are nonnegative (theory, section 7):
 *
 *   z_k = 0  iff  w_k sqrt(n_k) |Delta o (p - q_k)| <= s,   p = softmax(Delta b* + iota).
 *
 * Without a bias p is fixed and the rule is a formula, lambda_Z = sqrt(n_k (K-1)/K)/N for the plain problem. With one, b* moves with lambda_Z:
 * the threshold is the zero of the left side minus s on certified solutions of (UFM+), a continuous function through the event.
 */
export interface Vanishing {
  lambdaZ: number;
  /** Index of the cluster in `clustersOf(problem)`. */
  cluster: number;
  /** True: 0 above lambdaZ. False: 0 below it (seen with remedies only). */
  gone: boolean;
}

export interface Vanishings {
  /** Ascending in lambdaZ. */
  found: Vanishing[];
  /**
   * Indices of clusters that are 0 all the way down: a bias that costs nothing, or next to nothing beside a small weight decay, can predict the most frequent
   * classes by itself, whatever lambda_Z.
   */
  throughout: number[];
  /** Largest relative duality gap (of UFM+) of the solutions that the thresholds were read from. */
  worstGap: number;
}

/** Neighbours on the path differ by at most this factor. */
const stride = 1.2;
/** The path ends this factor below the lambda_Z at which all classes should be alive. */
const far = 1e6;

/** Two changes of one cluster that undo each other within a stride go unseen. */
export function vanishings(given: Problem): Vanishings {
  const problem = { ...given, nonnegative: true };
  const clusters = clustersOf(problem);
  const { N } = problem;
  if (problem.lambdaB === Number.POSITIVE_INFINITY)
    return {
      found: forces(problem, clusters, new Float64Array(clusters.length))
        .map((force, cluster) => ({ lambdaZ: force / N, cluster, gone: true }))
        .sort((p, q) => p.lambdaZ - q.lambdaZ),
      throughout: [],
      worstGap: 0,
    };
  let worstGap = 0;
  const excess = vanishingExcess((x) => withLambdaZ(problem, Math.exp(x)));
  const found: Vanishing[] = [];
  const { bias, nonnegative } = completeCollapse(problem);
  let x = Math.log(nonnegative);
  let value = forces(problem, clusters, bias).map((force) => Math.log(force / N) - x);
  // The last to vanish does so at complete collapse, by definition.
  for (let j = 0; j < clusters.length; j++)
    if (value[j] > -1e-12) {
      found.push({ lambdaZ: nonnegative, cluster: j, gone: true });
      value[j] = 1;
    }
  const lowest = Math.min(minimum(forces(problem, clusters, bias)) / N, unbiasedBelow(problem));
  while (value.some((v) => v <= 0) && x > Math.log(lowest / far)) {
    const next = x - Math.log(stride);
    const { values: nextValue, gap } = excess(next);
    worstGap = Math.max(worstGap, gap);
    for (let j = 0; j < clusters.length; j++) {
      if (nextValue[j] > 0 === value[j] > 0) continue;
      const { at, gap } = vanishingBetween(excess, j, next, x);
      worstGap = Math.max(worstGap, gap);
      found.push({ lambdaZ: Math.exp(at), cluster: j, gone: nextValue[j] > 0 });
    }
    x = next;
    value = nextValue;
  }
  found.sort((p, q) => p.lambdaZ - q.lambdaZ);
  return { found, throughout: value.flatMap((v, j) => (v <= 0 ? [j] : [])), worstGap };
}

/**
 * Where a bias fades with lambda_Z: N lambda_b b is a sum of forces, none above s, so |b| <= lambda_Z sum_k sqrt(n_k)/lambda_b. Infinity where it does not fade: without a
 * penalty, or with one that goes with lambda_Z.
 */
function unbiasedBelow({ lambdaB, counts, weightDecay }: Problem): number {
  if (lambdaB === 0 || weightDecay !== null) return Number.POSITIVE_INFINITY;
  return lambdaB / counts.reduce((sum, n) => sum + Math.sqrt(n), 0);
}

/** At x: log of the force on each vanished cluster over s, below 0 where it has vanished; and the gap of the solution that says so. `held`: the cluster whose z is kept at 0. */
export type VanishingExcess = (x: number, held?: number) => { values: number[]; gap: number };

/** The same along any problems of the same clusters, by x; each solution begins at the one before. */
export function vanishingExcess(at: (x: number) => Problem): VanishingExcess {
  let from: Float64Array | undefined;
  return (x, held) => {
    const problem = at(x);
    const { answer, certificate, point } = solveNonnegative(problem, { tolerance: 1e-12, held, from });
    from = point;
    return {
      values: forces(problem, clustersOf(problem), answer.bias).map(
        (force) => Math.log(force / problem.N) - Math.log(problem.lambdaZ),
      ),
      gap: certificate.ufmPlus.relativeGap,
    };
  };
}

/**
 * The threshold of cluster j between two points. With z_j held at 0 the rest of the problem stays convex and well conditioned, its solution
 * moves smoothly through the threshold, and the force on j exceeds s exactly where z_j = 0 is wrong. (A solver with z_j free is at its
 * worst there: z_j is a product of two factors that go to 0.)
 */
export function vanishingBetween(excess: VanishingExcess, j: number, x0: number, x1: number): { at: number; gap: number } {
  let gap = 0;
  const f = (x: number): number => {
    const found = excess(x, j);
    // Where z_j = 0 is right: the last such point is next to the root. Just beside it, where the force is above s by rounding, a bias without penalty makes much of that.
    if (found.values[j] <= 0) gap = found.gap;
    return found.values[j];
  };
  const at = crossing(f, x0, f(x0), x1, f(x1), 1e-12);
  return { at, gap };
}

/** w_j sqrt(n_j) |Delta o (p - q)| of a class of each cluster whose z is 0. */
export function forces(problem: Problem, clusters: readonly Cluster[], bias: Float64Array): number[] {
  const { K, smoothing: eps } = problem;
  const { entry } = lossNamed(problem.loss);
  if (entry) {
    const { own, other } = targetsOf(problem);
    const squares = Array.from(bias, (b) => entry.residual(b, other.q, other.lack) ** 2);
    const all = clusters.reduce((sum, { size }, i) => sum + size * squares[i], 0);
    return clusters.map(({ count, weight }, j) => {
      return weight * Math.sqrt(count) * Math.sqrt(Math.max(0, all - squares[j]) + entry.residual(bias[j], own.q, own.lack) ** 2);
    });
  }
  const logits = clusters.map((c, i) => c.factor * bias[i] + c.offset);
  const top = maximum(logits);
  const e = logits.map((v) => Math.exp(v - top));
  const sum = clusters.reduce((total, c, i) => total + c.size * e[i], 0);
  return clusters.map(({ count, weight, factor }, j) => {
    let squares = 0;
    let others = 0;
    for (let i = 0; i < clusters.length; i++) {
      const copies = clusters[i].size - (i === j ? 1 : 0);
      const y = e[i] / sum - eps / K;
      others += copies * y;
      squares += copies * (clusters[i].factor * y) ** 2;
    }
    // The own residual is minus the sum of the others.
    return weight * Math.sqrt(count) * Math.sqrt(squares + (factor * others) ** 2);
  });
}
