/**
 * Complete collapse, for any classes (theory, section 3; paper Theorem 3.2(d) for two clusters).
 *
 * With Z = 0 only the bias is left, and it does not depend on lambda_Z: p = softmax(Delta b + iota), or with another loss its prediction at the logits b, with
 *
 *   (1/N) (sum_k w_k n_k q_k - W p) = lambda_b b / Delta,   W = sum_k w_k n_k,   q_k = (1 - eps) e_k + eps/K.
 *
 * Z = 0 is then optimal iff no direction of Z descends: |Delta (p 1' - Q) W D^(1/2)|_2 <= s for free features, and for nonnegative ones
 * sqrt(n_k) w_k |Delta o (p - q_k)| <= s for every class (section 7).
 *
 * @module
 */
import { maximum, minimum } from "../extremes.ts";
import { type Entry, lossNamed } from "../loss/index.ts";
import { decreasingRoot, gramOfColumns, matrix, symmetricEigen } from "../math/index.ts";
import { type Cluster, clustersOf, type Problem } from "../problem/index.ts";

/** Thresholds of complete collapse. */
export interface CompleteCollapse {
  /** The clusters of the problem, in the order of `bias`. */
  clusters: readonly Cluster[];
  /** Bias of each cluster when Z = 0. */
  bias: Float64Array;
  /** lambda_Z from which Z = 0 on, free features. */
  free: number;
  /** The same for nonnegative features. */
  nonnegative: number;
}

/**
 * Uses everything of the problem but its lambda_Z. Where the lambdas come from a weight decay, lambda_b grows with lambda_Z, and the bias is that at the
 * threshold of nonnegative features.
 */
export function completeCollapse(problem: Problem): CompleteCollapse {
  const slope = problem.lambdaB / problem.lambdaZ;
  if (problem.weightDecay === null || !(slope > 0 && slope < Number.POSITIVE_INFINITY)) return withFixedRidge(problem);
  const at = (lambdaZ: number): CompleteCollapse => withFixedRidge({ ...problem, lambdaB: slope * lambdaZ });
  // The bias moves a threshold within bounds; lambda_Z itself leaves them on both sides.
  const threshold = (kind: "free" | "nonnegative"): number => {
    const excess = (x: number): number => Math.log(at(Math.exp(x))[kind]) - x;
    let [low, high] = [Math.log(at(problem.lambdaZ)[kind]), Math.log(at(problem.lambdaZ)[kind])];
    while (excess(low) < 0) low -= 1;
    while (excess(high) > 0) high += 1;
    return Math.exp(decreasingRoot(excess, low, high));
  };
  const nonnegative = threshold("nonnegative");
  return { ...at(nonnegative), free: threshold("free"), nonnegative };
}

/** The same for the problem's own lambda_b, whatever lambda_Z is: `bias` is then the best one beside Z = 0. */
export function withFixedRidge(problem: Problem): CompleteCollapse {
  const clusters = clustersOf(problem);
  const { bias, p } = biasAlone(problem, clusters);
  const { N, smoothing: eps, K } = problem;
  const J = clusters.length;
  const core = matrix(J, J);
  let free = 0;
  let nonnegative = 0;
  clusters.forEach(({ size, count, weight, factor }, j) => {
    const scale = weight * Math.sqrt(count);
    let squares = 0;
    for (let i = 0; i < J; i++) {
      const y = clusters[i].factor * (p[i] - eps / K);
      squares += (clusters[i].size - (i === j ? 1 : 0)) * y * y;
      // Column j of the core: u_i' G u_j, u the normalized indicator of a cluster.
      core.data[i * J + j] = scale * Math.sqrt(clusters[i].size * size) * y;
    }
    core.data[j * J + j] -= scale * factor * (1 - eps);
    squares += (factor * (p[j] - eps / K - (1 - eps))) ** 2;
    nonnegative = Math.max(nonnegative, scale * Math.sqrt(squares));
    if (size >= 2) free = Math.max(free, scale * factor * (1 - eps));
  });
  const gram = matrix(J, J);
  gramOfColumns(gram.data, core.data, J, J);
  const coreNorm = Math.sqrt(Math.max(0, symmetricEigen(gram).values[J - 1]));
  return { clusters, bias, free: Math.max(free, coreNorm) / N, nonnegative: nonnegative / N };
}

/**
 * The bias-only problem. For a given log partition L every class has an equation of its own, increasing in b_i, and the sum of the
 * probabilities falls with L: two nested monotone roots.
 */
function biasAlone(problem: Problem, clusters: readonly Cluster[]): { bias: Float64Array; p: number[] } {
  const { N, K, smoothing: eps, lambdaB } = problem;
  const W = clusters.reduce((sum, c) => sum + c.size * c.weight * c.count, 0);
  const { entry } = lossNamed(problem.loss);
  if (entry) {
    const bias = Float64Array.from(clusters, (c) =>
      biasOfEntry(entry, ((1 - eps) * c.weight * c.count) / W + eps / K, (lambdaB * N) / W),
    );
    return { bias, p: Array.from(bias, entry.prediction) };
  }
  if (lambdaB === Number.POSITIVE_INFINITY) {
    const top = maximum(clusters.map((c) => c.offset));
    const e = clusters.map((c) => Math.exp(c.offset - top));
    const sum = clusters.reduce((total, c, i) => total + c.size * e[i], 0);
    return { bias: new Float64Array(clusters.length), p: e.map((x) => x / sum) };
  }
  // Everything over W: target share - p = ridge b / Delta.
  const ridge = (lambdaB * N) / W;
  const target = clusters.map((c) => ((1 - eps) * c.weight * c.count) / W + eps / K);
  const biasAt = (i: number, L: number): number => {
    const { factor, offset } = clusters[i];
    if (ridge === 0) return (L - offset + Math.log(target[i])) / factor;
    const excess = (b: number): number => target[i] - Math.exp(factor * b + offset - L) - (ridge * b) / factor;
    // b lies between 0 and where p = target.
    const matched = (L - offset + Math.log(target[i])) / factor;
    return decreasingRoot(excess, Math.min(0, matched), Math.min((factor * target[i]) / ridge, Math.max(0, matched)));
  };
  const probability = (i: number, L: number): number => Math.exp(clusters[i].factor * biasAt(i, L) + clusters[i].offset - L);
  // Without a ridge p = target whatever L, and of all such biases the least has sum b/Delta = 0.
  const total = (L: number): number =>
    ridge === 0
      ? -clusters.reduce((sum, c, i) => sum + (c.size * biasAt(i, L)) / c.factor, 0)
      : clusters.reduce((sum, c, i) => sum + c.size * probability(i, L), 0) - 1;
  // sum b/Delta = 0: some class has b <= 0, hence p >= target and L <= iota - log(target); some class the opposite.
  const bounds = clusters.map((c, i) => c.offset - Math.log(target[i]));
  const L = decreasingRoot(total, minimum(bounds), maximum(bounds));
  return { bias: balanced(clusters, (i) => biasAt(i, L)), p: clusters.map((_, i) => probability(i, L)) };
}

/** One class of a loss that is a sum over the logits: target - prediction(b) = ridge b. Between 0 and where the prediction is the target. */
function biasOfEntry(entry: Entry, target: number, ridge: number): number {
  if (ridge === Number.POSITIVE_INFINITY) return 0;
  const matched = entry.logit(target, 1 - target);
  if (ridge === 0) return matched;
  const excess = (b: number): number => -entry.residual(b, target, 1 - target) - ridge * b;
  return decreasingRoot(excess, Math.min(0, matched), Math.max(0, matched));
}

/**
 * The biases with sum b/Delta = 0. Each is ridge b = Delta (target - p), in which a small ridge loses digits that the sum misses; the least change of all puts them back, and
 * costs nothing, as the objective is flat there.
 */
function balanced(clusters: readonly Cluster[], biasAt: (i: number) => number): Float64Array {
  const bias = Float64Array.from(clusters, (_, i) => biasAt(i));
  let [off, squares] = [0, 0];
  clusters.forEach(({ size, factor }, i) => {
    off += (size * bias[i]) / factor;
    squares += size / factor ** 2;
  });
  return bias.map((b, i) => b - off / (clusters[i].factor * squares));
}
