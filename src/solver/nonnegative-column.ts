import { lengthOf } from "../math/index.ts";
import {
  type ColumnAnswer,
  type ColumnKind,
  type ColumnProblem,
  type ColumnStart,
  forceOf,
  type Response,
  responseAlong,
} from "./column-problem.ts";
import { newtonColumn, startOf } from "./nonnegative-newton.ts";
import { nestedColumn } from "./nonnegative-roots.ts";

/** Solves a column (column-problem.ts). `held`: z = 0 whether right or wrong. */
export function solveColumn(problem: ColumnProblem, near: ColumnStart = { tau: 0 }, held = false): ColumnAnswer {
  const n = problem.copies.length;
  const answer: ColumnAnswer = { tau: 0, y: new Float64Array(n), p: new Float64Array(n), nu: 0 };
  // Where there is an answer with tau > 0, z = 0 is none: near such a one there is no need to look at z = 0 first.
  if (!held && near.tau > 0 && near.p && near.nu !== undefined) {
    answer.p.set(near.p);
    if (newtonColumn(problem, answer, { tau: near.tau, nu: near.nu })) return answer;
  }
  rest(problem, answer);
  const force = forceOf(problem, answer);
  if (held || force <= problem.s) return answer;
  if (newtonColumn(problem, answer, startOf(problem, answer, force, near.tau))) return answer;
  rest(problem, answer);
  nestedColumn(problem, answer, near.tau);
  return answer;
}

/** z = 0: p = softmax(c), and log p_i - c_i is the same for every i. */
function rest({ copies, target, logit }: ColumnProblem, answer: ColumnAnswer): void {
  const { y, p } = answer;
  const own = copies.length - 1;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i <= own; i++) if (copies[i] > 0) top = Math.max(top, logit[i]);
  let sum = 0;
  for (let i = 0; i <= own; i++) {
    p[i] = copies[i] > 0 ? Math.exp(logit[i] - top) : 0;
    sum += copies[i] * p[i];
  }
  let others = 0;
  for (let i = 0; i <= own; i++) {
    p[i] /= sum;
    y[i] = copies[i] > 0 ? p[i] - target[i] : 0;
    if (i < own) others += copies[i] * y[i];
  }
  y[own] = -others;
  answer.tau = 0;
  answer.nu = -(top + Math.log(sum));
}

/** How y answers a change of c: nu takes up what all entries have in common, so that sum_i dy_i = 0. */
export const response = (problem: ColumnProblem, answer: ColumnAnswer): Response =>
  responseAlong(problem, answer, [new Float64Array(answer.p.length).fill(1)]);

/** Cross-entropy of a column, and |z|. */
function lossOf(
  { copies, factor, target, logit }: ColumnProblem,
  { tau, y, p }: ColumnAnswer,
): { value: number; length: number } {
  const own = copies.length - 1;
  let value = 0;
  // log p_i without the rounding of p_own near 1: -log p_own = -log1p(-(others)).
  let others = 0;
  for (let i = 0; i < own; i++) others += copies[i] * p[i];
  for (let i = 0; i <= own; i++) {
    if (copies[i] === 0) continue;
    const logP = i === own ? (others < 0.5 ? Math.log1p(-others) : Math.log(p[own])) : 0;
    if (i === own) value -= logP;
    else if (target[i] > 0) {
      // log p_i - log p_own from the logits.
      const u = (l: number): number => logit[l] - tau * factor[l] ** 2 * y[l];
      value -= copies[i] * target[i] * (u(i) - u(own));
    }
  }
  const length = lengthOf(
    own + 1,
    (i) => factor[i] * y[i],
    (i) => copies[i],
  );
  return { value, length: tau * length };
}

/** The columns of a softmax. */
export const softmaxColumns: ColumnKind = { solve: solveColumn, response, lossOf };
