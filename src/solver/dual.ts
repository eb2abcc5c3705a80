import { Sum } from "../math/index.ts";
import type { Bin, Cluster, Problem } from "../problem/index.ts";
import { type Column, copiesOf } from "./columns.ts";
import { balanced, type Imbalance } from "./free-bias.ts";
import { Tally } from "./proved-loss.ts";
import { provedLoss } from "./proved-losses.ts";

/**
 * The dual value (theory, section 2): a lower bound of the optimum at residuals tau_k y_k, one factor tau a class, for which the caller has
 * seen to the constraint of the norm,
 *
 *   dual = (1/N) sum_k w_k n_k [ D(pi_k) + (pi_k - q_k)' iota ] - |v|^2 / (2 lambda_b),   pi_k = q_k + tau_k y_k,
 *   v = (1/N) sum_k w_k n_k Delta o (pi_k - q_k).
 *
 * D is the loss's (proved-loss.ts), the entropy for cross-entropy. Here the other constraint is kept: pi_k is in D's domain. Probabilities do not fall below 0 (smoothed residuals and the own
 * class's can), so tau_k is cut at `most`; a class that is scaled less than its norm allows stays within it.
 *
 * Rounding. With eps = 2^-52 (twice the unit roundoff; exp, log and log1p are right to eps):
 *
 *  - pi_i = q_i + tau y_i is off by delta <= eps (tau |y_i| + eps_smooth/K), the own class's by 2 eps (tau turnover + eps_smooth) (columns.ts);
 *  - h(x) = -x log x moves by at most 5 delta (1 + |log max(x, delta)|) when x moves by delta, and is evaluated to 2 eps h;
 *  - v is off by 2 eps (sum of |terms|): the penalty is taken at |v| + that;
 *  - sums keep what they lose (math/sum.ts): their length does not enter.
 *
 * Without a penalty on the bias (lambda_b = 0) the point is brought to v = 0 first (free-bias.ts).
 *
 * All of it is subtracted, so that the number returned is a lower bound, not an approximation of one.
 */
export function dualValue(
  problem: Problem,
  clusters: readonly (Cluster | Bin)[],
  columnAt: (j: number) => Column,
  tauOf: (j: number, count: number) => number,
): number {
  const { K, N, smoothing, lambdaB } = problem;
  const J = clusters.length;
  const uniform = smoothing / K;
  const lack = smoothing * (1 - 1 / K);
  const loss = provedLoss(problem.loss);
  const values = new Sum();
  const shifts = new Sum();
  let doubt = 0;
  let shiftDoubt = 0;
  const force = clusters.map(() => new Sum());
  const selves: { j: number; n: number; classes: number; self: number; selfDoubt: number }[] = [];
  for (let j = 0; j < J; j++) {
    const column = columnAt(j);
    const { y, away, turnover } = column;
    const { weight, offset } = clusters[j];
    const most = loss.most(column, problem);
    for (const [n, classes] of membersOf(clusters[j])) {
      const tau = Math.min(tauOf(j, n), most);
      const mass = n * weight * classes;
      const tally = new Tally();
      const shift = new Sum();
      for (let i = 0; i < J; i++) {
        const copies = copiesOf(clusters, i, j);
        if (copies === 0) continue;
        const step = tau * y[i];
        loss.other(tally, copies, step, uniform);
        shift.add(copies * step * (clusters[i].offset - offset));
        force[i].add(mass * step);
      }
      const step = tau * away;
      loss.own(tally, { step, lost: step + lack, doubt: 2 * EPSILON * (tau * turnover + smoothing), lack });
      const { sum, error } = tally;
      values.add(mass * sum.value);
      shifts.add(mass * shift.value);
      doubt += mass * error + 4 * EPSILON * Math.abs(mass * sum.value);
      shiftDoubt += 4 * EPSILON * mass * shift.absolute;
      // The row of a class meets every class of its cluster but itself, and itself with the own residual.
      const self = n * weight * tau * (y[j] + away);
      selves.push({ j, n, classes, self, selfDoubt: 2 * EPSILON * n * weight * tau * (Math.abs(y[j]) + turnover) });
    }
  }
  // |v| of a class, N and Delta left out, at most.
  const atMost = ({ j, self, selfDoubt }: (typeof selves)[number]): number => {
    const { value, absolute } = force[j];
    return Math.abs(value - self) + 2 * EPSILON * (absolute + Math.abs(self)) + selfDoubt;
  };
  const proved = values.value - doubt * (1 + J * EPSILON);
  if (lambdaB === 0) {
    const imbalances = selves.map((self): Imbalance => ({ j: self.j, count: self.n, atMost: atMost(self) }));
    return balanced(problem, clusters, proved, imbalances) / N;
  }
  let penalty = 0;
  if (Number.isFinite(lambdaB))
    for (const self of selves) {
      // v^2 / (2 lambda_b), in an order that keeps v^2 from underflow.
      const v = (clusters[self.j].factor * atMost(self)) / N;
      penalty += self.classes * v * (v / (2 * lambdaB));
    }
  const shifted = shifts.value - shiftDoubt * (1 + J * EPSILON);
  return (proved + shifted) / N - penalty * (1 + (J + 8) * EPSILON);
}

const { EPSILON } = Number;

/** [count, how many classes have it] of a cluster or bin. */
const membersOf = (cluster: Cluster | Bin): Bin["members"] =>
  "members" in cluster ? cluster.members : [[cluster.count, cluster.size]];
