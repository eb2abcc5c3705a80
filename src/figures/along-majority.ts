import { problem } from "../problem/index.ts";
import { completeCollapse, majorityThresholds } from "../theory/index.ts";
import { type AlongGrid, alongGrid } from "./along-grid.ts";
import type { Figure } from "./figure.ts";
import { countsOf } from "./two-groups.ts";

const fixed = { nB: 100, lambdaZ: 0.005, lambdaB: 0.01 };

/** Figures 7 and 8: lambda_Z = 0.005, lambda_b = 0.01, n_B = 100, and n_A grows. */
export function alongMajority({
  kA,
  kB,
  ...figure
}: Pick<AlongGrid, "name" | "claim" | "grid" | "paper"> & { kA: number; kB: number }): Figure {
  return alongGrid({
    ...figure,
    axis: "n_A",
    id: "n-a",
    at: (nA) => ({ ...fixed, kA, kB, nA }),
    thresholds() {
      const { minority, complete } = majorityThresholds({ kA, kB, ...fixed });
      return { minority: minority as number, free: complete as number, nonnegative: nonnegativeComplete(kA, kB) };
    },
    between(low, high) {
      const step = Math.max(1, Math.round((high - low) / 120));
      return Array.from({ length: Math.floor((1.1 * high - low) / step) + 1 }, (_, i) => low + i * step);
    },
  });
}

/** The n_A from which on all is 0 with nonnegative features: where the complete-collapse lambda_Z falls to 0.005. */
function nonnegativeComplete(kA: number, kB: number): number {
  const excess = (nA: number): number =>
    completeCollapse(problem({ counts: countsOf({ kA, nA, kB, nB: fixed.nB }), lambdaZ: fixed.lambdaZ, lambdaB: fixed.lambdaB }))
      .nonnegative - fixed.lambdaZ;
  // Counts are whole: bisect on them.
  let low = 500;
  let high = 20_000;
  if (!(excess(low) > 0 && excess(high) <= 0))
    throw new Error("the nonnegative model's threshold in n_A is not between 500 and 20000");
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return high;
}
