import { maximum, minimum } from "../extremes.ts";
import { type Bin, type Cluster, clustersOf, type Problem } from "../problem/index.ts";
import { type Column, copiesOf } from "./columns.ts";
import { type Columns, levelled } from "./free-bias.ts";
import { provedLoss } from "./proved-losses.ts";

/**
 * The residuals of bins, class by class, where nothing pays for an imbalance (lambda_b = 0, free-bias.ts): a class of count n in a bin of mean count m has x sqrt(m/n), x the
 * residual of its bin. That leaves the norm as it is (certificate.ts), but not the balance: rho is the own classes' (sqrt(n m) - m)(x_kk - x), of first order in the width of the
 * bins, and a bound from mixing would lose as much. Levelled class by class it loses the square only: the entries of a bin move by amounts that sum to nearly 0.
 *
 * A class whose own probability sqrt(m/n) would take below half of what it was is scaled less.
 */
export interface Lifted {
  /** Those of the problem. */
  clusters: readonly Cluster[];
  /** Their residuals, balanced, made one at a time. */
  columnAt: Columns;
  /**
   * By how much, relative, rounding can have raised the norm above that of the bins' residuals: each of the K entries of a row and of a column is off by a few
   * eps of its terms, and the factors Delta weigh rows unequally.
   */
  slack: number;
}

/** `columns`: of the bins. `t`: what they are scaled by. */
export function lifted(problem: Problem, bins: readonly Bin[], columns: readonly Column[], t: number): Lifted {
  const clusters = clustersOf(problem);
  const binOf = new Map<number, number>();
  bins.forEach((bin, j) => {
    for (const k of bin.classes) binOf.set(k, j);
  });
  const of = clusters.map(({ classes }) => binOf.get(classes[0]) as number);
  const most = columns.map((column) => stretch(column, problem));
  const scale = clusters.map(({ count }, k) => Math.min(t * Math.sqrt(bins[of[k]].count / count), most[of[k]]));
  const columnAt = (k: number): Column =>
    provedLoss(problem.loss).column(
      clusters,
      Float64Array.from(clusters, (_, i) => (copiesOf(clusters, i, k) > 0 ? scale[k] * columns[of[k]].y[of[i]] : 0)),
      scale[k] * columns[of[k]].away,
      k,
      problem.smoothing / problem.K,
    );
  const factors = clusters.map((c) => c.factor);
  const slack = 16 * problem.K * Number.EPSILON * (maximum(factors) / minimum(factors));
  return { clusters, columnAt: levelled(problem, clusters, columnAt), slack };
}

/** The factor, 1 or more, that leaves every prediction of a column half of its way to where D's domain ends. */
function stretch({ y, away }: Column, { K, smoothing, loss: name }: Problem): number {
  const uniform = smoothing / K;
  const loss = provedLoss(name);
  let most = Number.POSITIVE_INFINITY;
  const keep = (residual: number, pi: number): void => {
    if (residual !== 0) most = Math.min(most, 1 + (residual < 0 ? loss.fall(pi) : loss.rise(pi)) / (2 * Math.abs(residual)));
  };
  keep(-away, 1 - away - smoothing * (1 - 1 / K));
  for (const x of y) keep(x, x + uniform);
  return most;
}
