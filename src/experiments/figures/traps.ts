import type { Figure, FigureResult } from "./figure.ts";
import { groupHeatMaps, groupOutcome, groupPoint, largestOf, short, type TwoGroups } from "./two-groups.ts";

const lambdas = [0.001, 0.0015, 0.002, 0.0027, 0.0033];
const cases: TwoGroups[] = (["linear", "relu"] as const).flatMap((features) =>
  lambdas.map((lambdaZ) => ({ kA: 5, nA: 500, kB: 5, nB: 100, lambdaZ, lambdaB: 0.02, features })),
);

/** Further than the paper: with ReLU features z_k = 0 is a trap of the factored problem (theory, section 7), and networks fall into it. */
export const traps: Figure = {
  name: "traps",
  claim:
    "Below its threshold no minority class should vanish; with linear features none does, with ReLU features some die all the same, because a vanished class is a trap of the nonnegative problem.",
  points: (scale) => cases.map((g) => groupPoint(`${g.features}-lambda-z-${g.lambdaZ}`, g, scale)),
  conclude(outcomes): FigureResult {
    const rows = cases.map((g, i) => {
      const row = groupOutcome(g, outcomes[i]);
      const { objective, predictedObjective } = outcomes[i].outcome.final;
      return { ...row, objective, predictedObjective, deadPredicted: dead(row.predicted.Z), deadMeasured: dead(row.measured.Z) };
    });
    return {
      data: { lambdaB: 0.02, rows },
      verdicts: rows.map((row) => ({
        what: `${row.features === "relu" ? "ReLU" : "linear"} features, λ_Z = ${row.lambdaZ}: dead classes`,
        predicted: list(row.deadPredicted),
        measured: `${list(row.deadMeasured)} (objective ${short(row.objective)}, optimum ${short(row.predictedObjective)})`,
        paper: null,
        // That ReLU networks fall into the trap is seen, not required of every run.
        holds: row.features === "linear" ? row.deadMeasured.length === row.deadPredicted.length : null,
      })),
      pictures: (["linear", "relu"] as const).map((features) =>
        groupHeatMaps(
          `${features}.png`,
          (g) => `λ_Z = ${g.lambdaZ}`,
          rows.filter((row) => row.features === features),
        ),
      ),
    };
  },
};

/** Classes whose mean prediction is shorter than a twentieth of the largest entry. */
function dead(Z: number[][]): number[] {
  return Z.flatMap((_, k) => (Math.hypot(...Z.map((row) => row[k])) <= 0.05 * largestOf(Z) ? [k] : []));
}

const list = (classes: readonly number[]): string => (classes.length === 0 ? "none" : classes.join(", "));
