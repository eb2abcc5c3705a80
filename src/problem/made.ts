import type { Problem } from "./problem.ts";

/** Every problem that was checked, and no copy of one: what a copy changes nobody has looked at. */
const known = new WeakSet<object>();

/** Marks a problem as checked, and freezes it and its lists so that it stays what was checked. For those who make problems alone. */
export function made(problem: Problem): Problem {
  const { counts, weights, offsets, factors } = problem;
  for (const list of [counts, weights, offsets, factors]) if (list !== null) Object.freeze(list);
  known.add(problem);
  return Object.freeze(problem);
}

/** Marks what was made of another problem where that one was checked. */
export const madeOf = (source: Problem, problem: Problem): Problem => (isProblem(source) ? made(problem) : problem);

/** Whether it comes out of `problem()` or another function that makes problems; a spread copy does not. */
export const isProblem = (given: unknown): given is Problem => typeof given === "object" && given !== null && known.has(given);
