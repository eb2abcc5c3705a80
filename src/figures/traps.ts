import { format } from "../number-text.ts";
import type { ScheduleName } from "../training/index.ts";
import type { Figure, FigureResult } from "./figure.ts";
import { groupHeatMaps, groupOutcome, groupPoint, largestOf, type TwoGroups } from "./two-groups.ts";

const lambdas = [0.001, 0.0015, 0.002, 0.0027, 0.0033];

/** With ReLU features twice: penalties ten times smaller at first, as the paper has them, and full penalties from the first step on. */
const series: { id: string; label: string; features: TwoGroups["features"]; schedule?: ScheduleName }[] = [
  { id: "linear", label: "linear features", features: "linear" },
  { id: "relu", label: "ReLU features", features: "relu" },
  { id: "relu-at-once", label: "ReLU features, full penalties at once", features: "relu", schedule: "cosine" },
];
const cases = series.flatMap((kind) =>
  lambdas.map((lambdaZ) => ({
    ...kind,
    group: { kA: 5, nA: 500, kB: 5, nB: 100, lambdaZ, lambdaB: 0.02, features: kind.features },
  })),
);

/** Further than the paper: with ReLU features z_k = 0 is a trap of the factored problem (theory, section 7), and networks fall into it. */
export const traps: Figure = {
  name: "traps",
  claim:
    "Below its threshold no minority class should vanish. With linear features none does. With ReLU features a vanished class is a trap: some die all the same where the penalties are at full strength before the network has learned, and none where they begin small.",
  points: (scale) =>
    cases.map(({ id, group, schedule }) =>
      groupPoint(`${id}-lambda-z-${group.lambdaZ}`, group, scale, schedule ? { schedule } : {}),
    ),
  conclude(outcomes): FigureResult {
    const rows = cases.map(({ id, label, group }, i) => {
      const row = groupOutcome(group, outcomes[i]);
      const { objective, predictedObjective } = outcomes[i].outcome.final;
      const dead = { predicted: deadOf(row.predicted.Z), measured: deadOf(row.measured.Z) };
      return { ...row, series: id, label, objective, predictedObjective, dead };
    });
    return {
      data: { lambdaB: 0.02, rows },
      verdicts: rows.map(({ label, lambdaZ, series: id, dead, objective, predictedObjective }) => ({
        what: `${label}, λ_Z = ${lambdaZ}: dead classes`,
        predicted: list(dead.predicted),
        measured: `${list(dead.measured)} (objective ${format(objective)}, optimum ${format(predictedObjective)})`,
        paper: null,
        rule: id === "linear" ? "as many as predicted" : null,
        // That networks fall into the trap is seen, not required of every run.
        holds: id === "linear" ? dead.measured.length === dead.predicted.length : null,
      })),
      pictures: series.map(({ id }) =>
        groupHeatMaps(
          `${id}`,
          (g) => `λ_Z = ${g.lambdaZ}`,
          rows.filter((row) => row.series === id),
        ),
      ),
    };
  },
};

/** Classes whose mean prediction is shorter than a twentieth of the largest entry. */
function deadOf(Z: number[][]): number[] {
  return Z.flatMap((_, k) => (Math.hypot(...Z.map((row) => row[k])) <= 0.05 * largestOf(Z) ? [k] : []));
}

const list = (classes: readonly number[]): string => (classes.length === 0 ? "none" : classes.join(", "));
