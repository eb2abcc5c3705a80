import { type ColumnAnswer, type ColumnProblem, gentleTau } from "./column-problem.ts";
import { columnRoots } from "./constants.ts";
import { entry } from "./nonnegative-entry.ts";

/**
 * The column with nonnegative features (column-problem.ts) where z is not 0, the fast way: Newton's method on nu and theta = log tau at once. Every other class's y is the
 * exact one for them, the own class's is minus their sum, and two equations are left:
 *
 *   log p_own + tau Delta^2 y_own - c_own - nu = 0,     log(g |Delta o y| / s) = 0.
 *
 * It either ends where rounding leaves nothing to gain, or says that it did not come near: nestedColumn does then.
 */
export function newtonColumn(problem: ColumnProblem, answer: ColumnAnswer, start: { tau: number; nu: number }): boolean {
  const at = { theta: Math.log(start.tau), nu: start.nu };
  let last = Number.POSITIVE_INFINITY;
  for (let k = 0; k < columnRoots.newtonSteps; k++) {
    const step = stepAt(problem, answer, Math.exp(at.theta), at.nu);
    const size = Math.max(
      Math.abs(step.nu) / Math.max(1, Math.abs(at.nu)),
      Math.abs(step.theta) / Math.max(1, Math.abs(at.theta)),
    );
    if (!Number.isFinite(size)) return false;
    // The steps' squares follow one another down to rounding; there they stop falling.
    if (size <= columnRoots.newtonEnds || (size < columnRoots.slow && size > columnRoots.slowFall * last)) {
      answer.tau = Math.exp(at.theta);
      answer.nu = at.nu;
      return true;
    }
    const share = Math.min(1, columnRoots.longest.theta / Math.abs(step.theta), columnRoots.longest.nu / Math.abs(step.nu));
    at.nu += share * step.nu;
    at.theta += share * step.theta;
    last = size;
  }
  return false;
}

/** y and p of all classes at tau and nu (p_own may be negative), and Newton's step from there. */
function stepAt(
  { copies, factor, target, logit, scale, s }: ColumnProblem,
  { y, p }: ColumnAnswer,
  tau: number,
  nu: number,
): { nu: number; theta: number } {
  const own = copies.length - 1;
  // y in units of the force's: its squares have no other scale.
  const unit = s / scale;
  let others = 0;
  // Sums over the others of R, R tau Delta^2 y, and with Delta^2 y: R = 1 / (1/p + tau Delta^2) is how y answers log p + tau Delta^2 y.
  let soft = 0;
  let pulled = 0;
  let squares = 0;
  let leaned = 0;
  let bent = 0;
  for (let i = 0; i < own; i++) {
    const m = copies[i];
    if (m === 0) continue;
    const square = factor[i] * factor[i];
    const stiff = tau * square;
    const value = entry(stiff, target[i], logit[i] + nu, p[i]);
    const mass = target[i] + value;
    y[i] = value;
    p[i] = mass;
    const R = (m * mass) / (1 + mass * stiff);
    const t = square * (value / unit);
    others += m * value;
    soft += R;
    pulled += R * (stiff * value);
    squares += m * t * (value / unit);
    leaned += R * t;
    bent += R * t * (stiff * value);
  }
  const square = factor[own] * factor[own];
  const stiff = tau * square;
  y[own] = -others;
  p[own] = target[own] - others;
  // Too much for the others: nu falls by at least the logarithm of the excess.
  if (!(p[own] > 0)) return { nu: -Math.log1p(2 * ((others - target[own]) / target[own]) + 0.5), theta: 0 };
  const balance = Math.log(p[own]) + stiff * y[own] - logit[own] - nu;
  const t = square * (y[own] / unit);
  const all = squares + t * (y[own] / unit);
  const force = 0.5 * Math.log(all);
  // [nuOfNu nuOfTheta; forceOfNu forceOfTheta] (d nu, d theta) = -(balance, force).
  const answering = 1 / p[own] + stiff;
  const nuOfNu = -answering * soft - 1;
  const nuOfTheta = answering * pulled + stiff * y[own];
  const forceOfNu = (leaned / unit - (t / unit) * soft) / all;
  const forceOfTheta = (-bent / unit + (t / unit) * pulled) / all;
  const determinant = nuOfNu * forceOfTheta - nuOfTheta * forceOfNu;
  return {
    nu: (nuOfTheta * force - forceOfTheta * balance) / determinant,
    theta: (forceOfNu * balance - nuOfNu * force) / determinant,
  };
}

/**
 * Where to begin without a nearby answer: as if all other classes had one logit and one y. g |Delta o y| = s is then u = (1 - p_own) or so, and the own logit has to rise by
 * what separates log odds of 1 - u from those at rest. `atRest`: the answer with tau = 0. `tau`: if that is known.
 */
export function startOf(problem: ColumnProblem, { p, nu }: ColumnAnswer, force: number, tau = 0): { tau: number; nu: number } {
  const { copies, factor, target, logit, scale, s } = problem;
  const own = copies.length - 1;
  let K = 1;
  for (let i = 0; i < own; i++) K += copies[i];
  const square = factor[own] * factor[own];
  const spread = 1 + 1 / Math.max(1, K - 1);
  const u = s / (scale * factor[own] * Math.sqrt(spread));
  const left = target[own] - u;
  const rise = Math.log(left / (1 - left)) - Math.log(p[own] / (1 - p[own]));
  const guessed = tau > 0 ? tau : rise / (square * u * spread);
  if (!(left > 0 && guessed > 0 && guessed < Number.POSITIVE_INFINITY))
    return { tau: tau > 0 ? tau : gentleTau(problem, force), nu };
  return { tau: guessed, nu: Math.log(left) - guessed * square * u - logit[own] };
}
