import { format } from "../number-text.ts";
import { predict } from "../prediction/index.ts";
import { problemOf, type TrainingRemedies } from "../training/index.ts";
import type { Figure, FigureResult } from "./figure.ts";
import { isMerged } from "./threshold-verdict.ts";
import { groupHeatMaps, groupOutcome, groupPoint, spread, type TwoGroups } from "./two-groups.ts";

const minority = [5, 6, 7, 8, 9];
const perClass = (a: number, b: number): number[] => [a, a, a, a, a, b, b, b, b, b];
const counts = perClass(500, 100);

/** Logit adjustment: log of the class's share. */
const logShares = counts.map((n) => Math.log(n / 3000));

const remedies: { id: string; label: string; remedy: Partial<TrainingRemedies> }[] = [
  { id: "none", label: "none", remedy: {} },
  { id: "weight-2", label: "class weight 2", remedy: { weights: perClass(1, 2) } },
  { id: "weight-3", label: "class weight 3", remedy: { weights: perClass(1, 3) } },
  { id: "oversample-4", label: "oversampling 4", remedy: { repeats: perClass(1, 4) } },
  { id: "smoothing-0.1", label: "label smoothing 0.1", remedy: { smoothing: 0.1 } },
  { id: "offset", label: "additive offset log(n/N)", remedy: { offsets: logShares } },
];
const lambdas = [0.003, 0.0036, 0.0051];

interface Case {
  id: string;
  label: string;
  remedy: Partial<TrainingRemedies>;
  group: TwoGroups;
}

const cases: Case[] = lambdas.flatMap((lambdaZ) =>
  remedies.map(({ id, label, remedy }) => ({
    id: `${id}-lambda-z-${lambdaZ}`,
    label,
    remedy,
    group: { kA: 5, nA: 500, kB: 5, nB: 100, lambdaZ, lambdaB: 0.02, features: "linear" as const },
  })),
);

/** Further than the paper: what keeps the minority's vectors distinct, predicted (theory, section 6) and trained. */
export const remediesFigure: Figure = {
  name: "remedies",
  claim:
    "Class weights and, up to a limit, oversampling keep the minority's vectors distinct; label smoothing merges it earlier; additive offsets do nothing: each training ends on the predicted side of its threshold.",
  points: (scale) => cases.map(({ id, group, remedy }) => groupPoint(id, group, scale, { remedies: remedy })),
  conclude(outcomes): FigureResult {
    const rows = cases.map(({ label, group }, i) => {
      const prediction = predict(problemOf(outcomes[i].job.settings));
      const predicted = {
        Z: prediction.Z,
        separation: spread(prediction.Z, minority),
        largest: Math.max(...prediction.singularValues),
      };
      const { measured } = groupOutcome(group, outcomes[i]);
      return {
        ...group,
        label,
        predicted,
        measured,
        mergedPredicted: prediction.clusters.some((c) => c.merged && c.classes.includes(minority[0])),
      };
    });
    return {
      data: { counts, lambdaB: 0.02, rows },
      verdicts: rows.map((row) => ({
        what: `${row.label}, λ_Z = ${row.lambdaZ}`,
        predicted: row.mergedPredicted ? "merged" : `separation ${format(row.predicted.separation)}`,
        measured: `separation ${format(row.measured.separation)}, accuracy A/B: train ${percents(row.measured.trainAccuracy)}, test ${percents(row.measured.testAccuracy)}`,
        paper: null,
        rule: "merged where predicted",
        holds: isMerged(row.measured) === row.mergedPredicted,
      })),
      pictures: lambdas.map((lambdaZ) =>
        groupHeatMaps(
          `lambda-z-${lambdaZ}`,
          (g) => (g as (typeof rows)[number]).label,
          rows.filter((row) => row.lambdaZ === lambdaZ),
        ),
      ),
    };
  },
};

const percents = (accuracies: readonly number[]): string => accuracies.map((x) => `${Math.round(100 * x)} %`).join(" / ");
