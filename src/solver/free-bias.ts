import { Sum } from "../math/index.ts";
import type { Cluster, Problem } from "../problem/index.ts";
import { type BlockAnswer, type Column, copiesOf } from "./columns.ts";
import { provedLoss } from "./proved-losses.ts";

/**
 * A bias without a penalty (lambda_b = 0): nothing pays for v = (1/N) sum_k m_k Delta o x_k any more (m_k = w_k n_k, x_k = pi_k - q_k), the dual
 * point must have v = 0, that is rho = sum_k m_k x_k = 0. Residuals of an answer have that up to the answer's accuracy only, those of bins up to the width of the bins.
 * `levelled` takes rho/(N w_k) off column k, which leaves what float64 leaves. As rho = X W n, that multiplies X W D^(1/2) by the projection I - sqrt(n) sqrt(n)'/N
 * from the right: no norm grows. Then the columns are mixed with a point that takes up the rest,
 *
 *   x'_k = (1 - theta) x_k + theta sigma (p - q_k),   p = q_mean - (1 - theta) rho / (theta sigma M),   q_mean = sum_k m_k q_k / M,  M = sum_k m_k,
 *
 * whose sum_k m_k x'_k = (1 - theta) rho + theta sigma M (p - q_mean) is 0 exactly. It is a dual point:
 *
 *  - p is a probability vector if theta sigma / (1 - theta) >= beta = max_i |rho_i| / (M q_mean_i): take theta = beta / (sigma + beta);
 *  - |Delta (p 1' - Q) W D^(1/2)|_F <= g = max Delta sqrt(2 sum_k w_k^2 n_k), as two probability vectors are at most sqrt(2) apart: sigma =
 *    min(1, s/g) puts its norm within s (each column's norm too, and the norm over h >= 0), hence that of the mixture;
 *  - the entropy is concave: Entropy(pi'_k) >= (1 - theta) Entropy(pi_k) + theta (1 - sigma) Entropy(q_k).
 *
 * For any loss of proved-loss.ts the same holds with D in place of the entropy, p within `mixture`'s bounds in place of a probability vector: |p - q|^2 <= apart in place of 2, D(p) >=
 * -depth in place of 0, and p_i moves by no more than D's domain leaves above q_mean,i.
 *
 * The offsets drop out (sum_k m_k x'_k' iota = 0). As rho_i is a difference of two sums of the size of m_i (1 - p_i), rounding leaves a theta
 * of eps sqrt(N/n_min) or so: what a balanced answer loses is far below 1e-10. (Without `levelled` theta would be the answer's own imbalance times g/s.)
 */
export interface Imbalance {
  /** Index of the cluster. */
  j: number;
  /** Samples of a class of it. */
  count: number;
  /** What |rho| of this class is at most. */
  atMost: number;
}

const { EPSILON } = Number;

/** The columns of an answer, one a cluster, made when asked for: those of bins, class by class, would fill the memory. */
export type Columns = (j: number) => Column;

/**
 * The residuals less rho/(N w_k), or as much of it as leaves every probability half of what it was: a change of rank one that is small beside the
 * residuals where the answer is good. `columnAt` is asked twice for every column.
 */
export function levelled(problem: Problem, clusters: readonly Cluster[], columnAt: Columns): Columns {
  const J = clusters.length;
  const uniform = problem.smoothing / problem.K;
  const rho = clusters.map(() => new Sum());
  clusters.forEach(({ weight, count }, j) => {
    const { y, away } = columnAt(j);
    const mass = weight * count;
    for (let i = 0; i < J; i++) rho[i].add(mass * copiesOf(clusters, j, i) * y[i]);
    rho[j].add(-mass * away);
  });
  const shift = rho.map(({ value }) => value / problem.N);
  let share = 1;
  const loss = provedLoss(problem.loss);
  clusters.forEach(({ weight }, j) => {
    const { y, away } = columnAt(j);
    const keep = (pi: number, i: number): void => {
      if (shift[i] !== 0)
        share = Math.min(share, (weight * (shift[i] > 0 ? loss.fall(pi) : loss.rise(pi))) / (2 * Math.abs(shift[i])));
    };
    for (let i = 0; i < J; i++) if (copiesOf(clusters, i, j) > 0) keep(y[i] + uniform, i);
    keep(1 - (away + problem.smoothing * (1 - 1 / problem.K)), j);
  });
  if (!(share > 0)) return columnAt;
  return (j) => {
    const { y, away } = columnAt(j);
    const part = (i: number): number => (share * shift[i]) / clusters[j].weight;
    return loss.column(
      clusters,
      y.map((x, i) => (copiesOf(clusters, i, j) > 0 ? x - part(i) : 0)),
      away + part(j),
      j,
      uniform,
    );
  };
}

/** The same for columns that are there already. */
export function levelledAll(problem: Problem, clusters: readonly Cluster[], columns: readonly Column[]): readonly Column[] {
  const columnAt = levelled(problem, clusters, (j) => columns[j]);
  return columns.map((_, j) => columnAt(j));
}

/**
 * Whether the bound for lambda_b = 0, which is one for every lambda_b, can prove an answer within `gap`: it knows nothing of the penalty on the bias. Under so small a one
 * |v|^2/(2 lambda_b) is what rounding makes of v over what is next to nothing.
 */
export function freeBoundMayDo(
  { lambdaB }: Problem,
  clusters: readonly Cluster[],
  { bias }: Pick<BlockAnswer, "bias">,
  gap: number,
): boolean {
  if (!(lambdaB > 0 && Number.isFinite(lambdaB))) return false;
  return clusters.reduce((sum, { size }, j) => sum + 0.5 * size * (lambdaB * bias[j]) * bias[j], 0) < gap;
}

/** What is left of the values sum_k m_k D(pi_k), lowered by rounding already, when the residuals are balanced. */
export function balanced(
  problem: Problem,
  clusters: readonly Cluster[],
  values: number,
  imbalances: readonly Imbalance[],
): number {
  const { K, N, lambdaZ, smoothing: eps } = problem;
  let mass = 0;
  let squares = 0;
  let factor = 0;
  for (const c of clusters) {
    mass += c.size * c.weight * c.count;
    squares += c.size * c.weight ** 2 * c.count;
    factor = Math.max(factor, c.factor);
  }
  const slack = 1 + (clusters.length + 16) * EPSILON;
  const loss = provedLoss(problem.loss);
  const { apart, depth } = loss.mixture(K);
  const sigma = Math.min(1, (N * lambdaZ) / (factor * Math.sqrt(apart * squares) * slack));
  let beta = 0;
  for (const { j, count, atMost } of imbalances) {
    const share = clusters[j].weight * count * (1 - eps) + (eps / K) * mass;
    // q_mean, and what D's domain leaves above it.
    const room = Math.min(share, mass * loss.rise(share / mass));
    beta = Math.max(beta, (atMost / room) * slack);
  }
  const theta = (beta / (sigma + beta)) * slack;
  if (!(theta < 1)) return 0;
  const spread = (1 - sigma) * mass * loss.atTarget(K, eps);
  return values - theta * Math.max(0, values - spread / slack + sigma * mass * depth * slack) * slack;
}
