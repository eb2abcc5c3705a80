import { curves } from "../plots/index.ts";
import { collapseRuns } from "./collapse-runs.ts";
import type { Figure, FigureResult } from "./figure.ts";

/** Figure 3 of Hong & Ling (2023): the trained Z and b approach the solution of the model. */
export const fig3: Figure = {
  name: "fig3",
  claim:
    "The relative errors of Z and b against the model's solution, taken under the convention that was trained, fall below the paper's 0.04 (Dataset1) and 0.1 (Dataset2).",
  points: (scale) => collapseRuns(scale).map((run) => run.point),
  conclude(outcomes, scale): FigureResult {
    const runs = collapseRuns(scale).map(({ label }, i) => ({ label, history: outcomes[i].outcome.history }));
    const lines = (of: "Zerror" | "berror") =>
      runs.map(({ label, history }) => ({
        label,
        points: history.map((h) => ({ epoch: h.epoch, value: h[of].frobenius })),
      }));
    return {
      data: { runs },
      verdicts: runs.map(({ label, history }) => {
        const { Zerror, berror } = history[history.length - 1];
        const limit = label.startsWith("Dataset1") ? 0.04 : 0.1;
        return {
          what: `relative error of Z (Frobenius, sup) and of b, ${label}`,
          predicted: "0",
          measured: `${percent(Zerror.frobenius)}, ${percent(Zerror.sup)}; b ${percent(berror.frobenius)}`,
          paper: label.startsWith("Dataset1") ? "Z about 0.04, b about 0.2" : "Z about 0.1",
          rule: `Z (Frobenius) below ${limit}`,
          holds: Zerror.frobenius === null ? null : Zerror.frobenius < limit,
        };
      }),
      pictures: [
        {
          name: "errors",
          draw: (options) =>
            curves({ yLabel: "relative error of Z", yScale: "log", runs: lines("Zerror") }, { width: 760, ...options }),
        },
        {
          name: "errors-b",
          draw: (options) =>
            curves({ yLabel: "relative error of b", yScale: "log", runs: lines("berror") }, { width: 760, ...options }),
        },
      ],
    };
  },
};

const percent = (x: number | null): string => (x === null ? "–" : `${(100 * x).toPrecision(2)} %`);
