import type { Entry, targetsOf } from "../loss/index.ts";
import { lengthOf } from "../math/index.ts";
import { type ColumnAnswer, type ColumnKind, type ColumnProblem, forceOf, responseAlong } from "./column-problem.ts";
import { columnRoots } from "./constants.ts";

/**
 * One column of (UFM+) for a given bias where the loss is a sum over the logits (loss/entrywise.ts), solved exactly: z = -tau y, y = h'(u) - q at u = c + z, so that every
 * entry is a root of its own for given tau,
 *
 *   u + tau (h'(u) - q) = c,
 *
 * and tau the one at which g |y| = s (column-problem.ts; g = w sqrt(n)), or 0 where g |y| <= s there already. 1/|y| is all but linear in tau (for the square loss it is
 * (1 + tau)/|c - q|), so Newton's method on 1/(g |y|) = 1/s takes a few steps; a bracket keeps it.
 *
 * The answer's `p` is h''(u).
 */
export function entrywiseColumns(entry: Entry, targets: Targets): ColumnKind {
  return {
    solve: (problem, near, held) => solved(problem, entry, targets, near.tau, held),
    response: (problem, answer) => responseAlong(problem, answer, []),
    lossOf({ copies, logit }, answer) {
      const own = copies.length - 1;
      let value = 0;
      for (let i = 0; i <= own; i++) {
        if (copies[i] === 0) continue;
        const { q, lack } = i === own ? targets.own : targets.other;
        value += copies[i] * entry.value(logit[i] - answer.tau * answer.y[i], q, lack);
      }
      return {
        value,
        length:
          answer.tau *
          lengthOf(
            own + 1,
            (i) => answer.y[i],
            (i) => copies[i],
          ),
      };
    },
  };
}

type Targets = ReturnType<typeof targetsOf>;

/** `near`: tau at a nearby problem, or 0. `held`: z = 0 whether right or wrong. */
function solved(problem: ColumnProblem, entry: Entry, targets: Targets, near: number, held: boolean): ColumnAnswer {
  const n = problem.copies.length;
  const answer: ColumnAnswer = { tau: 0, y: new Float64Array(n), p: new Float64Array(n), nu: 0 };
  pull(problem, entry, targets, answer, 0);
  let force = forceOf(problem, answer);
  if (held || force <= problem.s) return answer;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let tau = near;
  if (tau > 0) {
    pull(problem, entry, targets, answer, tau);
    force = forceOf(problem, answer);
  }
  for (let k = 0; k < columnRoots.rootSteps; k++) {
    if (force > problem.s) low = Math.max(low, tau);
    else high = Math.min(high, tau);
    const step = (force / problem.s - 1) / softness(problem, answer);
    // Where a logit is far from its target h'' says little about farther steps.
    let next = tau + Math.min(step, 1 + 9 * tau);
    if (!(next > low && next < high)) next = low > 0 ? Math.sqrt(low * high) : 0.5 * high;
    const moved = Math.abs(next - tau);
    tau = next;
    pull(problem, entry, targets, answer, tau);
    force = forceOf(problem, answer);
    if (moved <= columnRoots.rootEnds * tau) break;
  }
  return answer;
}

/** u, y and h'' of every entry at tau. */
function pull({ copies, logit }: ColumnProblem, entry: Entry, targets: Targets, answer: ColumnAnswer, tau: number): void {
  const own = copies.length - 1;
  answer.tau = tau;
  for (let i = 0; i <= own; i++) {
    if (copies[i] === 0) continue;
    const { q, lack } = i === own ? targets.own : targets.other;
    const u = pulled(entry, logit[i], tau, q, lack);
    // Of the two the one that loses fewer digits.
    const away = logit[i] - u;
    answer.y[i] = tau > 0 && Math.abs(away) > 0.1 * Math.abs(u) ? away / tau : entry.residual(u, q, lack);
    answer.p[i] = entry.bend(u);
  }
}

/**
 * The u with u + tau (h'(u) - q) = c: between c and the first step from there. As h' is convex below 0 and concave above, Newton's method climbs to it from where the bracket is
 * nearest to 0.
 */
function pulled(entry: Entry, c: number, tau: number, q: number, lack: number): number {
  if (tau === 0) return c;
  const first = c - tau * entry.residual(c, q, lack);
  let low = Math.min(c, first);
  let high = Math.max(c, first);
  let u = Math.min(high, Math.max(low, 0));
  for (let k = 0; k < columnRoots.rootSteps; k++) {
    const excess = u - c + tau * entry.residual(u, q, lack);
    if (excess > 0) high = Math.min(high, u);
    else low = Math.max(low, u);
    let next = u - excess / (1 + tau * entry.bend(u));
    if (!(next >= low && next <= high)) next = 0.5 * (low + high);
    const moved = Math.abs(next - u);
    u = next;
    if (moved <= columnRoots.rootEnds * Math.abs(u)) break;
  }
  return u;
}

/** By how much, relative, |y| falls with tau. */
function softness({ copies }: ColumnProblem, { y, p, tau }: ColumnAnswer): number {
  let soft = 0;
  let all = 0;
  const largest = y.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let i = 0; i < copies.length; i++) {
    const square = copies[i] * (y[i] / largest) ** 2;
    all += square;
    soft += (square * p[i]) / (1 + tau * p[i]);
  }
  return soft / all;
}
