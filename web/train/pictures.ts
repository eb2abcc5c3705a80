import type { CurveData, HeatMapData } from "../../src/plots/index.ts";
import { thinned } from "../../src/watch/index.ts";
import { byCount } from "../by-count.ts";
import { errorOf, type TrainLine, type TrainState } from "./state.ts";

/** What the pictures of a training show, as plain data; null where there is nothing yet. */

/** Z beside its prediction, or alone. */
export function zOf({ epochs, goal, settings, question }: TrainState): HeatMapData | null {
  const last = epochs.at(-1);
  if (!last || !question) return null;
  const { counts } = question;
  const clusters = goal?.clusters.map(({ classes }) => classes) ?? byCount(counts);
  const at = settings && settings.lambdaH > 0 && !settings.normDecay ? `λ_Z = ${last.lambdaZ}, ` : "";
  const title = `${at}epoch ${last.metrics.epoch}`;
  return goal
    ? { rows: ["predicted Z*", "measured Z"], groups: [{ title, matrices: [goal.Z, last.metrics.Z], clusters }] }
    : { rows: ["measured Z"], groups: [{ title, matrices: [last.metrics.Z], clusters }] };
}

/** From this width of the picture on, in pixels, two matrices stand beside one another and not one above the other. */
export const wide = 560;

/** The same as it fits into so many pixels. */
export function fitted(data: HeatMapData, width: number): HeatMapData {
  const [group, ...others] = data.groups;
  if (width < wide || data.rows.length < 2 || others.length > 0) return data;
  const groups = data.rows.map((title, row) => ({ ...group, title, matrices: [group.matrices[row]] }));
  return { ...data, rows: [group.title], groups };
}

const lineOf = (epochs: readonly TrainLine[], label: string, of: (line: TrainLine) => number | null) => ({
  label,
  points: thinned(epochs).map((line) => ({ epoch: line.metrics.epoch, value: of(line) })),
});

export function collapseOf({ epochs }: TrainState, key: "nc1" | "error"): Pick<CurveData, "runs"> | null {
  const of = (line: TrainLine): number | null => (key === "nc1" ? line.metrics.nc1.paper : errorOf(line.metrics));
  if (!epochs.some((line) => of(line) !== null)) return null;
  return { runs: [lineOf(epochs, "measured", of)] };
}

export function separationsOf({ epochs }: TrainState): CurveData | null {
  if (epochs.length === 0) return null;
  const predicted = epochs.some(({ wanted }) => wanted !== null) ? [lineOf(epochs, "predicted", ({ wanted }) => wanted)] : [];
  return {
    yLabel: "max |z_k − z_l| (logits)",
    yScale: "linear",
    runs: [lineOf(epochs, "measured", ({ separation }) => separation), ...predicted],
  };
}
