import { type AlongGrid, alongGrid } from "./along-grid.ts";
import type { Figure } from "./figure.ts";
import { lambdaThresholds } from "./two-groups.ts";

/** Figures 5 and 6: n_A = 500, n_B = 100, lambda_b = 0.01, lambda_Z along a grid. */
export function alongLambda({
  kA,
  kB,
  ...figure
}: Pick<AlongGrid, "name" | "claim" | "grid" | "paper"> & { kA: number; kB: number }): Figure {
  const fixed = { kA, nA: 500, kB, nB: 100, lambdaB: 0.01 };
  return alongGrid({
    ...figure,
    axis: "λ_Z",
    id: "lambda-z",
    at: (lambdaZ) => ({ ...fixed, lambdaZ }),
    thresholds: () => lambdaThresholds(fixed),
    between: (low, high) => Array.from({ length: 121 }, (_, i) => 0.8 * low + ((1.1 * high - 0.8 * low) * i) / 120),
  });
}
