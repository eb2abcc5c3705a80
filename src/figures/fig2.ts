import { equalCounts } from "../measure/index.ts";
import { heatMaps } from "../plots/index.ts";
import { collapseRuns } from "./collapse-runs.ts";
import type { Figure, FigureResult } from "./figure.ts";

/** Figure 2 of Hong & Ling (2023): the mean predictions have the block structure of the clusters of equal counts. */
export const fig2: Figure = {
  name: "fig2",
  claim: "The mean predictions Z take one value a block: clusters of equal counts on the diagonal, their pairs off it.",
  points: (scale) => collapseRuns(scale).map((run) => run.point),
  conclude(outcomes, scale): FigureResult {
    const all = outcomes.flatMap(({ outcome }) => outcome.final.Z.flat());
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const runs = collapseRuns(scale).map(({ label, title }, i) => {
      const { Z, blockDeviation } = outcomes[i].outcome.final;
      const clusters = equalCounts(outcomes[i].job.settings.counts);
      return {
        label,
        title,
        Z,
        clusters,
        standardized: Z.map((row) => row.map((z) => (z - low) / (high - low))),
        deviation: blockDeviation,
      };
    });
    return {
      data: { standardization: { low, high }, runs },
      verdicts: runs.map(({ label, deviation }) => ({
        what: `largest deviation in a block / max |Z|, ${label}`,
        predicted: "0",
        measured: deviation === null ? "undefined" : deviation.toFixed(3),
        paper: null,
        rule: "below 0.1",
        holds: deviation === null ? null : deviation < 0.1,
      })),
      pictures: [
        {
          name: "blocks",
          draw: (options) =>
            heatMaps(
              {
                rows: ["trained Z"],
                quantity: "logit, min-max standardized over all matrices",
                groups: runs.map(({ title, standardized, clusters }) => ({ title, matrices: [standardized], clusters })),
              },
              { width: 540, perLine: 2, ...options },
            ),
        },
      ],
    };
  },
};
