import { format } from "../../number-text.ts";
import type { Problem } from "../../problem/index.ts";
import { attempt, type Situation, type Trial } from "./situation.ts";

/**
 * The least strength x of a remedy with which every class has the margin. Margins need not grow with x, so the range is walked from its
 * harmless end, and the first interval in which the margin is reached is halved. The search solves to a rough tolerance, on rough counts where there are very
 * many different ones; what it finds is solved as it is, to the tolerance asked for, and strengthened until the margin is there.
 */
export interface Family {
  /** Strengths to try, ascending; the first changes nothing. */
  steps: readonly number[];
  /** The problem at strength x, with these counts. */
  at(x: number, counts: readonly number[]): Problem;
  /** What is made of a solved problem before it is judged (default: nothing). */
  after?(trial: Trial): Trial;
}

export interface Found {
  /** Null: no strength in the range reaches the margin. */
  x: number | null;
  /** Solved as it is, at x; where x is null, at the best strength that was seen. */
  trial: Trial;
  /** The largest least margin that was seen, and where. */
  best: { x: number; least: number };
}

/** Halvings of the interval: the strength is found to a share of 2^-20 of it, or 2^-9 on rough counts, where each costs more. */
const fine = 20;
const coarse = 9;
/** Steps, each twice the one before, by which a strength found on rough counts may fall short on the true ones. */
const mostSteps = 12;

export function leastStrength(situation: Situation, { steps, at, after = (trial) => trial }: Family): Found {
  const { margin, rough, now, tolerance } = situation;
  const isRough = rough !== now.counts;
  const searchTolerance = isRough ? 1e-7 : Math.max(tolerance, 1e-9);
  let best = { x: steps[0], least: Number.NEGATIVE_INFINITY };
  const reaches = (x: number): boolean => {
    const { least } = after(attempt(at(x, rough), searchTolerance));
    if (least > best.least) best = { x, least };
    return least >= margin;
  };
  const exactly = (x: number): Trial => after(attempt(at(x, now.counts), tolerance));
  const first = steps.findIndex(reaches);
  if (first < 0) return { x: null, trial: exactly(best.x), best };
  let below = steps[Math.max(0, first - 1)];
  let above = steps[first];
  for (let i = 0; below < above && i < (isRough ? coarse : fine); i++) {
    const middle = 0.5 * (below + above);
    if (reaches(middle)) above = middle;
    else below = middle;
  }
  return strengthened({
    x: above,
    step: Math.max(1e-9 * above, above - below),
    last: steps[steps.length - 1],
    margin,
    exactly,
    best,
  });
}

/** What rough counts and a rough tolerance left out is made up for in steps that double; the last of them is halved. */
function strengthened({
  x,
  step,
  last,
  margin,
  exactly,
  best,
}: {
  x: number;
  step: number;
  last: number;
  margin: number;
  exactly: (x: number) => Trial;
  best: Found["best"];
}): Found {
  let at = x;
  let trial = exactly(at);
  let lacking: number | null = null;
  for (let i = 0; trial.least < margin; i++) {
    if (i === mostSteps || at >= last) return { x: null, trial, best };
    lacking = at;
    at = Math.min(last, at + step * 2 ** i);
    trial = exactly(at);
  }
  for (let i = 0; lacking !== null && i < 3 && at - lacking > step; i++) {
    const middle = 0.5 * (at + lacking);
    const between = exactly(middle);
    if (between.least >= margin) {
      at = middle;
      trial = between;
    } else lacking = middle;
  }
  return { x: at, trial, best };
}

/** `from`, ..., `to` in `n` equal steps. */
export function evenly(from: number, to: number, n: number): number[] {
  return Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n);
}

/** How near it came, where it did not. */
export function reached({ best }: Found, what: (x: number) => string): string {
  return `the largest margin of the weakest class that was found is ${format(best.least)}, at ${what(best.x)}`;
}
