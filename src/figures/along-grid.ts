import { format } from "../number-text.ts";
import { separationCurves } from "../plots/index.ts";
import { predict } from "../prediction/index.ts";
import { problem } from "../problem/index.ts";
import { type Figure, type FigureResult, type PointOutcome, type Scale, thin, type Verdict } from "./figure.ts";
import {
  type CurveShape,
  collapsed,
  collapseLevel,
  criteria,
  mergeLevel,
  type Onset,
  onset,
  staysVerdict,
  thresholdVerdict,
} from "./threshold-verdict.ts";
import {
  countsOf,
  type GroupOutcome,
  groupHeatMaps,
  groupOutcome,
  groupPoint,
  largestOf,
  spread,
  type TwoGroups,
} from "./two-groups.ts";

/**
 * What Figures 5 to 8 share: k_A large classes and k_B small ones along a grid of one value, each trained with linear and with ReLU features; where the
 * minority merges and where all is lost, predicted by the free and by the nonnegative model, and measured.
 */
export interface AlongGrid {
  name: string;
  claim: string;
  /** What the grid is of: "λ_Z". */
  axis: string;
  /** The same in names of files: "lambda-z". */
  id: string;
  grid: readonly number[];
  /** The groups at one value. */
  at(value: number): Omit<TwoGroups, "features">;
  /** Where the free model has the minority merge, and where either model has everything collapse. */
  thresholds(): { minority: number; free: number; nonnegative: number };
  /** What the paper's text says of the two thresholds. */
  paper: { minority: string; complete: string };
  /** Values of the predicted curves, where the grid's ends are. */
  between(low: number, high: number): readonly number[];
}

export function alongGrid(along: AlongGrid): Figure {
  const { name, claim, axis, id, grid, paper } = along;
  const rows = (scale: Scale): { value: number; group: TwoGroups }[] =>
    (["linear", "relu"] as const).flatMap((features) =>
      thin(grid, scale).map((value) => ({ value, group: { ...along.at(value), features } })),
    );
  return {
    name,
    claim,
    points: (scale) => rows(scale).map(({ value, group }) => groupPoint(`${group.features}-${id}-${value}`, group, scale)),
    conclude(outcomes: readonly PointOutcome[], scale): FigureResult {
      const all = rows(scale).map(({ value, group }, i) => ({ ...groupOutcome(group, outcomes[i]), value }));
      const linear = all.filter((g) => g.features === "linear");
      const relu = all.filter((g) => g.features === "relu");
      const thresholds = along.thresholds();
      return {
        data: { axis, thresholds, points: all.map(({ value: _, ...point }) => point) },
        verdicts: [
          ...verdictsOn("minority collapse, linear features", thresholds.minority, linear, mergeLevel, paper.minority),
          ...verdictsOn("complete collapse, linear features", thresholds.free, linear, collapseLevel, paper.complete),
          ...verdictsOn(
            "complete collapse, ReLU features (nonnegative model)",
            thresholds.nonnegative,
            relu,
            collapseLevel,
            paper.complete,
          ),
          ...relu.map((g) => largestVerdict(`largest |Z|, ReLU features, ${axis} = ${g.value}`, g)),
        ],
        words: criteria,
        pictures: [
          groupHeatMaps("linear", (g) => `${axis} = ${(g as Measured).value}`, linear),
          groupHeatMaps("relu", (g) => `${axis} = ${(g as Measured).value}`, relu),
          {
            name: "thresholds",
            draw: (options) => separationCurves(curves(along, linear, relu, thresholds), { width: 820, ...options }),
          },
        ],
      };
    },
  };
}

/** On one threshold: where the criterion is first met, and whether it stays so. */
export function verdictsOn(
  what: string,
  threshold: number,
  series: readonly { value: number; predicted: CurveShape; measured: CurveShape }[],
  level: (shape: CurveShape) => number,
  paper: string | null,
): Verdict[] {
  const along = (of: "predicted" | "measured"): Onset =>
    onset(
      series,
      ({ value }) => value,
      (point) => level(point[of]),
    );
  const onsets = { predicted: along("predicted"), measured: along("measured") };
  return [thresholdVerdict(what, threshold, onsets, paper), staysVerdict(what, onsets)];
}

interface Measured extends GroupOutcome {
  /** On the grid. */
  value: number;
}

/** The scale of Z against the nonnegative model's, within 5 %. */
function largestVerdict(what: string, g: GroupOutcome): Verdict {
  const { predicted, measured } = g;
  return {
    what: died(g) ? `${what} (classes died)` : what,
    predicted: format(predicted.largest),
    measured: format(measured.largest),
    paper: null,
    rule: "within 5 %",
    // A class that died is another answer, not an error of this one; where all is to be lost there is no scale.
    holds: predicted.largest < collapsed || died(g) ? null : Math.abs(measured.largest / predicted.largest - 1) < 0.05,
  };
}

/** Fewer classes alive than predicted. */
function died(g: GroupOutcome): boolean {
  const alive = (Z: number[][]): number =>
    largestOf(Z) < collapsed ? 0 : Z[0].filter((_, k) => Math.hypot(...Z.map((row) => row[k])) > 0.05 * largestOf(Z)).length;
  return alive(g.measured.Z) < alive(g.predicted.Z);
}

function curves(
  { axis, grid, at, between }: AlongGrid,
  linear: readonly Measured[],
  relu: readonly Measured[],
  thresholds: ReturnType<AlongGrid["thresholds"]>,
) {
  const line = (label: string, nonnegative: boolean) => ({
    label,
    points: between(grid[0], grid[grid.length - 1]).map((value) => {
      const { lambdaZ, lambdaB, ...groups } = at(value);
      const minority = Array.from({ length: groups.kB }, (_, i) => groups.kA + i);
      const { Z } = predict(problem({ counts: countsOf(groups), lambdaZ, lambdaB, nonnegative }));
      return { at: value, separation: spread(Z, minority), largest: largestOf(Z) };
    }),
  });
  const marks = (label: string, series: readonly Measured[]) => ({
    label,
    points: series.map(({ value, measured }) => ({ at: value, separation: measured.separation, largest: measured.largest })),
  });
  return {
    xLabel: axis,
    predicted: [line("free features, predicted", false), line("nonnegative features, predicted", true)],
    measured: [marks("linear features, trained", linear), marks("ReLU features, trained", relu)],
    thresholds: [
      { at: thresholds.minority, label: "minority merges" },
      { at: thresholds.free, label: "complete collapse (free)" },
      { at: thresholds.nonnegative, label: "complete collapse (nonnegative)" },
    ],
  };
}
