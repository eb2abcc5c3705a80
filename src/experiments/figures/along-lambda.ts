import { separation } from "../../plots/index.ts";
import { predict } from "../../prediction/index.ts";
import { problem } from "../../problem/index.ts";
import { type Figure, type FigureResult, type PointOutcome, type Scale, thin } from "./figure.ts";
import {
  collapsed,
  countsOf,
  type GroupOutcome,
  groupHeatMaps,
  groupOutcome,
  groupPoint,
  isMerged,
  lambdaThresholds,
  largestOf,
  onset,
  short,
  spread,
  type TwoGroups,
  thresholdVerdict,
} from "./two-groups.ts";

/** Figures 5 and 6: n_A = 500, n_B = 100, lambda_b = 0.01, lambda_Z along a grid; with linear and with ReLU features. */
export interface AlongLambda {
  name: string;
  claim: string;
  kA: number;
  kB: number;
  grid: readonly number[];
  /** What the paper's text says of the two thresholds. */
  paper: { minority: string; complete: string };
}

const fixed = { nA: 500, nB: 100, lambdaB: 0.01 };

export function alongLambda({ name, claim, kA, kB, grid, paper }: AlongLambda): Figure {
  const groups = (scale: Scale): TwoGroups[] =>
    (["linear", "relu"] as const).flatMap((features) =>
      thin(grid, scale).map((lambdaZ) => ({ ...fixed, kA, kB, lambdaZ, features })),
    );
  return {
    name,
    claim,
    points: (scale) => groups(scale).map((g) => groupPoint(`${g.features}-lambda-z-${g.lambdaZ}`, g, scale)),
    conclude(outcomes: readonly PointOutcome[], scale): FigureResult {
      const all = groups(scale).map((g, i) => groupOutcome(g, outcomes[i]));
      const linear = all.filter((g) => g.features === "linear");
      const relu = all.filter((g) => g.features === "relu");
      const values = linear.map((g) => g.lambdaZ);
      const thresholds = lambdaThresholds({ ...fixed, kA, kB });
      const at = (g: GroupOutcome): number => g.lambdaZ;
      const complete = (series: GroupOutcome[]) => onset(series, at, (g) => g.measured.largest < collapsed);
      const minority = onset(linear, at, (g) => isMerged(g.measured));
      return {
        data: { kA, kB, ...fixed, thresholds, points: all },
        verdicts: [
          thresholdVerdict("minority collapse, linear features", thresholds.minority, minority, values, paper.minority),
          thresholdVerdict("complete collapse, linear features", thresholds.free, complete(linear), values, paper.complete),
          thresholdVerdict(
            "complete collapse, ReLU features (nonnegative model)",
            thresholds.nonnegative,
            complete(relu),
            values,
            paper.complete,
          ),
          ...relu.map((g) => ({
            what: `largest |Z|, ReLU features, λ_Z = ${g.lambdaZ}`,
            predicted: short(g.predicted.largest),
            measured: short(g.measured.largest),
            paper: null,
            // A class that died is another answer, not an error of this one.
            holds:
              g.measured.largest < collapsed || died(g) ? null : Math.abs(g.measured.largest / g.predicted.largest - 1) < 0.05,
          })),
        ],
        pictures: [
          groupHeatMaps("linear.png", (g) => `λ_Z = ${g.lambdaZ}`, linear),
          groupHeatMaps("relu.png", (g) => `λ_Z = ${g.lambdaZ}`, relu),
          {
            file: "thresholds.png",
            draw: (document) => separation(curves(kA, kB, grid, linear, relu, thresholds), { document, width: 820 }),
          },
        ],
      };
    },
  };
}

/** Fewer classes alive than predicted. */
function died(g: GroupOutcome): boolean {
  const alive = (Z: number[][]): number =>
    Z[0].filter((_, k) => Math.hypot(...Z.map((row) => row[k])) > 0.05 * largestOf(Z)).length;
  return alive(g.measured.Z) < alive(g.predicted.Z);
}

function curves(
  kA: number,
  kB: number,
  grid: readonly number[],
  linear: readonly GroupOutcome[],
  relu: readonly GroupOutcome[],
  thresholds: ReturnType<typeof lambdaThresholds>,
) {
  const minority = Array.from({ length: kB }, (_, i) => kA + i);
  const line = (label: string, nonnegative: boolean) => ({
    label,
    points: Array.from({ length: 121 }, (_, i) => {
      const lambdaZ = 0.8 * grid[0] + ((1.1 * grid[grid.length - 1] - 0.8 * grid[0]) * i) / 120;
      const { Z } = predict(problem({ counts: countsOf({ kA, kB, ...fixed }), lambdaZ, lambdaB: fixed.lambdaB, nonnegative }));
      return { lambdaZ, separation: spread(Z, minority), largest: largestOf(Z) };
    }),
  });
  const marks = (label: string, series: readonly GroupOutcome[]) => ({
    label,
    points: series.map(({ lambdaZ, measured }) => ({ lambdaZ, separation: measured.separation, largest: measured.largest })),
  });
  return {
    predicted: [line("free features, predicted", false), line("nonnegative features, predicted", true)],
    measured: [marks("linear features, trained", linear), marks("ReLU features, trained", relu)],
    thresholds: [
      { lambdaZ: thresholds.minority, label: "minority merges" },
      { lambdaZ: thresholds.free, label: "complete collapse (free)" },
      { lambdaZ: thresholds.nonnegative, label: "complete collapse (nonnegative)" },
    ],
  };
}
