import { type ColumnAnswer, type ColumnProblem, forceOf, gentleTau, unitOf } from "./column-problem.ts";
import { columnRoots } from "./constants.ts";
import { entry } from "./nonnegative-entry.ts";

/**
 * The column with nonnegative features (column-problem.ts) where z is not 0, the safe and slow way. Everything is monotone: y_i in nu, the sum of the others in nu, the
 * force in tau. Three nested roots, each by Newton's method inside a bracket.
 *
 * `answer`: at rest, overwritten. `near`: tau at a nearby problem, or 0.
 */
export function nestedColumn(problem: ColumnProblem, answer: ColumnAnswer, near: number): void {
  const { s } = problem;
  const place = (tau: number): void => {
    answer.nu = atTension(problem, answer, tau, answer.nu);
  };
  // log of (force / s), falling in theta = log tau.
  let theta = Math.log(near > 0 ? near : gentleTau(problem, forceOf(problem, answer)));
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (let k = 0; k < columnRoots.rootSteps; k++) {
    const tau = Math.exp(theta);
    place(tau);
    const excess = Math.log(forceOf(problem, answer) / s);
    if (excess > 0) low = Math.max(low, theta);
    else high = Math.min(high, theta);
    if (excess === 0 || !(high - low > columnRoots.newtonEnds * Math.max(1, Math.abs(theta)))) break;
    const slope = tau * slopeOf(problem, answer, tau);
    let step = -excess / slope;
    if (!(Math.abs(step) <= columnRoots.rootReach)) step = Math.sign(excess) * columnRoots.rootReach;
    let next = theta + step;
    if (!(next > low && next < high))
      next =
        Number.isFinite(low) && Number.isFinite(high) ? 0.5 * (low + high) : theta + Math.sign(excess) * columnRoots.rootReach;
    const moved = Math.abs(next - theta);
    theta = next;
    if (moved <= columnRoots.newtonEnds * Math.max(1, Math.abs(theta))) break;
  }
  answer.tau = Math.exp(theta);
  place(answer.tau);
}

/** y and p at tau, from nu near by; returns nu, the root of log p_own + tau Delta^2 y_own - c_own - nu, which falls with nu. */
function atTension({ copies, factor, target, logit }: ColumnProblem, { y, p }: ColumnAnswer, tau: number, from: number): number {
  const own = copies.length - 1;
  const ownStiff = tau * factor[own] ** 2;
  let nu = from;
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (let k = 0; k < columnRoots.rootSteps; k++) {
    let others = 0;
    let soft = 0;
    for (let i = 0; i < own; i++) {
      if (copies[i] === 0) continue;
      const stiff = tau * factor[i] ** 2;
      y[i] = entry(stiff, target[i], logit[i] + nu, p[i]);
      p[i] = target[i] + y[i];
      others += copies[i] * y[i];
      soft += copies[i] / (1 / p[i] + stiff);
    }
    y[own] = -others;
    p[own] = target[own] - others;
    let next: number;
    if (p[own] > 0) {
      const value = Math.log(p[own]) + ownStiff * y[own] - logit[own] - nu;
      if (value === 0) break;
      if (value > 0) low = nu;
      else high = nu;
      next = nu + value / (1 + (1 / p[own] + ownStiff) * soft);
    } else {
      high = nu;
      next = Number.NaN;
    }
    if (!(next > low && next < high))
      next =
        Number.isFinite(low) && Number.isFinite(high) ? 0.5 * (low + high) : Number.isFinite(low) ? nu + 2 ** k : nu - 2 ** k;
    const moved = Math.abs(next - nu);
    if (moved <= columnRoots.rootEnds * Math.max(1, Math.abs(nu)) || !Number.isFinite(next)) break;
    nu = next;
  }
  return nu;
}

/** d log(force) / d tau. */
function slopeOf({ copies, factor }: ColumnProblem, { y, p }: ColumnAnswer, tau: number): number {
  // y in a unit of its own, which drops out: the squares of small residuals would be 0.
  const unit = unitOf(y);
  let soft = 0;
  let pulled = 0;
  let squares = 0;
  let bent = 0;
  for (let i = 0; i < copies.length; i++) {
    if (copies[i] === 0) continue;
    const r = copies[i] / (1 / p[i] + tau * factor[i] ** 2);
    const t = factor[i] ** 2 * (y[i] / unit);
    soft += r;
    pulled += r * t;
    squares += copies[i] * t * (y[i] / unit);
    bent += r * t * t;
  }
  return -(bent - pulled * (pulled / soft)) / squares;
}
