import { type ColumnAnswer, type ColumnProblem, forceOf, unitOf } from "./column-problem.ts";
import { newtonColumn, startOf } from "./nonnegative-newton.ts";
import { nestedColumn } from "./nonnegative-roots.ts";

/** Where to begin with a column: the answer to a nearby problem, or its tau alone. */
export type ColumnStart = Pick<ColumnAnswer, "tau"> & Partial<ColumnAnswer>;

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

/**
 * How y answers a change of c: dy = R (dc + dnu - dtau Delta^2 y), R = 1/(1/p + tau Delta^2), with sum_i dy_i = 0 and, where z is not 0, the force kept at s. Gives R
 * and one or two vectors e with sum m R e^2 = 1 that are orthogonal in that product: dy = R (dc - sum_e e <e, dc>).
 */
export function response(
  { copies, factor }: ColumnProblem,
  { y, p, tau }: ColumnAnswer,
): { R: Float64Array; out: Float64Array[] } {
  const R = Float64Array.from(p, (x, i) => (copies[i] > 0 && x > 0 ? 1 / (1 / x + tau * factor[i] ** 2) : 0));
  const inner = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + copies[i] * R[i] * x * b[i], 0);
  const out: Float64Array[] = [];
  const unit = unitOf(y);
  const vectors = [new Float64Array(p.length).fill(1), ...(tau > 0 ? [y.map((x, i) => factor[i] ** 2 * (x / unit))] : [])];
  for (const v of vectors) {
    let e = v;
    for (let pass = 0; pass < 2; pass++)
      for (const u of out) {
        const share = inner(e, u);
        e = e.map((x, i) => x - share * u[i]);
      }
    const norm = Math.sqrt(inner(e, e));
    if (norm > 0) out.push(e.map((x) => x / norm));
  }
  return { R, out };
}
