import { problem } from "../../problem/index.ts";
import { collapse, majorityThresholds } from "../../theory/index.ts";
import { type Figure, type FigureResult, type PointOutcome, type Scale, thin } from "./figure.ts";
import {
  collapsed,
  countsOf,
  type GroupOutcome,
  groupHeatMaps,
  groupOutcome,
  groupPoint,
  isMerged,
  onset,
  type TwoGroups,
  thresholdVerdict,
} from "./two-groups.ts";

/** Figures 7 and 8: lambda_Z = 0.005, lambda_b = 0.01, n_B = 100, and n_A grows. */
export interface AlongMajority {
  name: string;
  claim: string;
  kA: number;
  kB: number;
  grid: readonly number[];
  paper: { minority: string; complete: string };
}

const fixed = { nB: 100, lambdaZ: 0.005, lambdaB: 0.01 };

export function alongMajority({ name, claim, kA, kB, grid, paper }: AlongMajority): Figure {
  const groups = (scale: Scale): TwoGroups[] =>
    (["linear", "relu"] as const).flatMap((features) => thin(grid, scale).map((nA) => ({ ...fixed, kA, kB, nA, features })));
  return {
    name,
    claim,
    points: (scale) => groups(scale).map((g) => groupPoint(`${g.features}-n-a-${g.nA}`, g, scale)),
    conclude(outcomes: readonly PointOutcome[], scale): FigureResult {
      const all = groups(scale).map((g, i) => groupOutcome(g, outcomes[i]));
      const linear = all.filter((g) => g.features === "linear");
      const relu = all.filter((g) => g.features === "relu");
      const values = linear.map((g) => g.nA);
      const thresholds = { ...majorityThresholds({ kA, kB, ...fixed }), nonnegative: nonnegativeComplete(kA, kB) };
      const at = (g: GroupOutcome): number => g.nA;
      // The largest grid ends before the free model's second threshold at most scales: "not up to" is then the verdict.
      const complete = (series: GroupOutcome[]) => onset(series, at, (g) => g.measured.largest < collapsed);
      return {
        data: { kA, kB, ...fixed, thresholds, points: all },
        verdicts: [
          thresholdVerdict(
            "minority collapse, linear features",
            thresholds.minority as number,
            onset(linear, at, (g) => isMerged(g.measured)),
            values,
            paper.minority,
          ),
          thresholdVerdict(
            "complete collapse, linear features",
            thresholds.complete as number,
            complete(linear),
            values,
            paper.complete,
          ),
          thresholdVerdict(
            "complete collapse, ReLU features (nonnegative model)",
            thresholds.nonnegative,
            complete(relu),
            values,
            paper.complete,
          ),
        ],
        pictures: [
          groupHeatMaps("linear.png", (g) => `n_A = ${g.nA}`, linear),
          groupHeatMaps("relu.png", (g) => `n_A = ${g.nA}`, relu),
        ],
      };
    },
  };
}

/** The n_A from which on all is 0 with nonnegative features: where the complete-collapse lambda_Z falls to 0.005. */
function nonnegativeComplete(kA: number, kB: number): number {
  const excess = (nA: number): number =>
    collapse(problem({ counts: countsOf({ kA, nA, kB, nB: fixed.nB }), lambdaZ: fixed.lambdaZ, lambdaB: fixed.lambdaB }))
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
