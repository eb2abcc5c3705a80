import type { CurveData, HeatMapData } from "../../src/plots/index.ts";
import { mostLines, short } from "../../src/watch/index.ts";
import { byCount } from "../by-count.ts";
import { type Shown, Zof } from "./shown.ts";

/** What the pictures of runs show, as plain data; null where these runs have nothing of the kind. */

/** Z, predicted above measured. */
export function matricesOf(shown: readonly Shown[]): HeatMapData | null {
  const maps = withZ(shown);
  if (maps.length === 0) return null;
  // A row of which there is nothing at all is left out.
  const rows = (
    [
      ["predicted Z*", predictedZ],
      ["measured Z", Zof],
    ] as const
  ).filter(([, of]) => maps.some((item) => of(item) !== null));
  return {
    rows: rows.map(([label]) => label),
    groups: maps.map((item) => ({
      title: titleOf(item, maps),
      matrices: rows.map(([, of]) => of(item)),
      clusters: byCount(item.counts),
    })),
  };
}

/** By lambda_Z, where that tells them apart; else by name. */
function titleOf({ lambdaZ, at, name }: Shown, maps: readonly Shown[]): string {
  if (lambdaZ === null || maps.filter((other) => other.lambdaZ === lambdaZ).length > 1) return short(name);
  return `λ_Z = ${Number(lambdaZ.toPrecision(4))}${at === "effective" ? ", effective" : ""}`;
}

const predictedZ = (item: Shown): (number | null)[][] | null => item.predicted ?? item.goal?.Z ?? null;

const withZ = (shown: readonly Shown[]): Shown[] =>
  shown.filter((item) => Zof(item) !== null || item.goal || item.predicted).slice(0, mostLines);

/** One number of each run along its epochs. */
export function curvesOf(shown: readonly Shown[], key: "nc1" | "error"): Pick<CurveData, "runs"> | null {
  const runs = shown.filter((item) => item.kind === "run" && item.lines.length > 0).slice(0, mostLines);
  if (runs.length === 0) return null;
  return {
    runs: runs.map((item) => ({
      label: short(item.name),
      points: item.lines.map((line) => ({ epoch: line.epoch ?? 0, value: line[key] })),
    })),
  };
}

/** Which lambdas the predictions are at, for the captions of pictures that show some. */
export function lambdasText(shown: readonly Shown[]): string {
  const drawn = withZ(shown);
  const sources = (["settings", "stated", "effective", "prediction"] as const).filter((source) =>
    drawn.some(({ at }) => at === source),
  );
  const parts: string[] = sources.map((source) => sentences[source]);
  if (drawn.some(({ at, predicted }) => at === null && predicted === null))
    parts.push("Nothing is predicted where nothing says which lambdas the training had.");
  if (drawn.some(({ at }) => at === null) && sources.length === 0 && parts.length === 0) return "As the document predicts it.";
  return parts.join(" ");
}

const sentences = {
  settings: "Runs: predicted at the lambdas of their own settings.",
  stated: "Measurements: predicted at the lambdas that were stated with them.",
  effective:
    "Measurements at effective lambdas: those that the measured head itself tells, so the agreement is a diagnostic and no prediction made beforehand.",
  prediction: "Predictions: at their own lambdas.",
} as const;
