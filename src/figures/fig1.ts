import { curves } from "../plots/index.ts";
import { collapseRuns } from "./collapse-runs.ts";
import type { Figure, FigurePoint, FigureResult } from "./figure.ts";

/** Figure 1 of Hong & Ling (2023): the features of a class contract to one point, NC1 -> 0. */
export const fig1: Figure = {
  name: "fig1",
  claim:
    "Trained to the end, the features of every class collapse to their mean: NC1 falls by orders of magnitude on both imbalanced data sets.",
  points(scale) {
    const points = collapseRuns(scale).map((run) => run.point);
    return [...points, ...points.map(firstEpoch)];
  },
  conclude(outcomes, scale): FigureResult {
    const all = collapseRuns(scale);
    const runs = all.map(({ label }, i) => ({
      label,
      points: [outcomes[all.length + i], outcomes[i]].flatMap(({ outcome }) =>
        outcome.history.map(({ epoch, nc1 }) => ({ epoch, value: nc1 })),
      ),
    }));
    return {
      data: { measure: "nc1, paper weighting", runs },
      verdicts: runs.map(({ label, points }) => {
        const [first, last] = [points[0].value, points[points.length - 1].value];
        const orders = first && last ? Math.log10(first / last) : null;
        return {
          what: `NC1, ${label}`,
          predicted: "0",
          measured:
            last === null
              ? "undefined"
              : `${last.toExponential(1)}, ${orders?.toFixed(1)} orders below that of epoch ${points[0].epoch}`,
          paper: "log NC1 near -10 after 1000 epochs",
          rule: "3 orders lower",
          holds: orders === null ? null : orders >= 3,
        };
      }),
      pictures: [
        {
          name: "nc1",
          draw: (options) => curves({ yLabel: "NC1 (paper weighting)", yScale: "log", runs }, { width: 760, ...options }),
        },
      ],
    };
  },
};

/** Where the curve begins: the same training, ended after its first epoch (the learning rate of epoch 0 does not depend on how many follow). */
function firstEpoch({ id, job }: FigurePoint): FigurePoint {
  const settings = { ...job.settings, epochs: 1, lastLayer: 0 };
  return { id: `${id}-first-epoch`, job: { ...job, settings, evaluateEvery: 1 } };
}
