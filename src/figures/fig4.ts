import { equalCounts } from "../measure/index.ts";
import { heatMaps } from "../plots/index.ts";
import { collapseRuns, predictionOf } from "./collapse-runs.ts";
import type { Figure, FigureResult } from "./figure.ts";

/** Figure 4 of Hong & Ling (2023): the trained Z beside the model's Z*. */
export const fig4: Figure = {
  name: "fig4",
  claim: "The trained Z and the model's Z* share their block structure.",
  points: (scale) => collapseRuns(scale).map((run) => run.point),
  conclude(outcomes, scale): FigureResult {
    const runs = collapseRuns(scale).map(({ label, title }, i) => {
      const { Z } = outcomes[i].outcome.final;
      const predicted = predictionOf(outcomes[i]).Z;
      return {
        label,
        title,
        Z,
        predicted,
        clusters: equalCounts(outcomes[i].job.settings.counts),
        correlation: correlation(Z.flat(), predicted.flat()),
      };
    });
    return {
      data: { runs },
      verdicts: runs.map((run) => ({
        what: `correlation of the entries of Z and Z*, ${run.label}`,
        predicted: "1",
        measured: run.correlation.toFixed(4),
        paper: "similar block structure",
        rule: "above 0.99",
        holds: run.correlation > 0.99,
      })),
      pictures: [
        {
          name: "side-by-side",
          draw: (options) =>
            heatMaps(
              {
                rows: ["predicted Z*", "trained Z"],
                quantity: "logit, each matrix min-max standardized",
                groups: runs.map(({ title, Z, predicted, clusters }) => ({
                  title,
                  matrices: [standardize(predicted), standardize(Z)],
                  clusters,
                })),
              },
              { width: 540, perLine: 2, ...options },
            ),
        },
      ],
    };
  },
};

/** Min-max standardized, each matrix by itself, as in the paper. */
function standardize(Z: readonly (readonly number[])[]): number[][] {
  const all = Z.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return Z.map((row) => row.map((z) => (z - low) / (high - low)));
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const dot = x.reduce((sum, v, i) => sum + (v - mx) * (y[i] - my), 0);
  return dot / Math.sqrt(x.reduce((s, v) => s + (v - mx) ** 2, 0) * y.reduce((s, v) => s + (v - my) ** 2, 0));
}
