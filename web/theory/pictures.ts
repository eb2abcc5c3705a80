import {
  angles,
  heatMaps,
  marginBars,
  type PathData,
  pathCurves,
  type SingularValueData,
  singularValueCurves,
} from "../../src/plots/index.ts";
import { predictionWord } from "../../src/words/index.ts";
import { classesText, eventWords } from "../prediction/words.ts";
import type { State } from "../state.ts";
import { angleDataOf } from "./along.ts";
import { type Answer, bounded } from "./answer.ts";
import { groupsOf, ratioName } from "./groups.ts";
import type { Spectrum } from "./state.ts";

/** The first tab's pictures as functions of what is known: each gets the width that there is for it. */
export type Picture = (width: number) => SVGSVGElement;

export const heatPicture =
  (p: Answer): Picture =>
  (width) =>
    heatMaps(
      {
        rows: ["predicted Z*"],
        groups: [{ title: titleOf(p), matrices: [p.Z] }],
        clusters: p.clusters.map((c) => c.classes),
      },
      // As large as there is room: with its names and its colors it is then as high as the diagram beside it.
      { width, side: Math.min(340, width - 60) },
    );

function titleOf(p: Answer): string {
  const peeled = bounded(p);
  return peeled ? `E_W = ${peeled.problem.layerPeeled.EW}, E_H = ${peeled.problem.layerPeeled.EH}` : `λ_Z = ${p.problem.lambdaZ}`;
}

export const marginPicture =
  (p: Answer): Picture =>
  (width) =>
    marginBars(
      {
        bars: p.clusters.map(({ classes, count, margin }) => ({ label: classesText(classes), count, margin })),
        of: predictionWord[p.problem.loss],
      },
      { width },
    );

/** With the current lambda_Z, where it is on the axis. */
export function spectrumPicture(spectrum: Spectrum, { lambdaZ: now, kA, kB }: State): Picture {
  if (spectrum.kind === "ratio") return ratioPicture(spectrum.data);
  const { list, lambdaZ, values } = spectrum;
  const inside = now >= lambdaZ[0] && now <= lambdaZ[lambdaZ.length - 1];
  const data: SingularValueData = {
    lambdaZ,
    values,
    events: list.events.map((e) => ({ at: e.lambdaZ, label: eventWords(e, kA + kB) })),
    current: inside ? now : undefined,
    xScale: "log",
  };
  return (width) => singularValueCurves(data, { width });
}

const ratioPicture =
  (data: PathData): Picture =>
  (width) =>
    pathCurves(data, { width });

export const anglePicture =
  (predictions: readonly Answer[], state: State): Picture =>
  (width) =>
    angles(angleDataOf(predictions, state), { width });

/** What a curve is of, by the model. */
export const spectrumCaption = ({ kind }: Spectrum, dials: State): string =>
  `${kind === "lambda" ? "Of Z √D along λ_Z" : `Of Z along ${ratioName(groupsOf(dials))}`}. Where a curve reaches 0 the structure changes; the numbered lines are exact thresholds.`;

export const anglesCaption = (dials: State): string =>
  `Mean cosines between mean predictions when n_${groupsOf(dials).larger.name} alone changes. A curve ends where its predictions are 0.`;

/** Words in the place of a picture that would have no point; null: it has. */
export function noAngles(predictions: readonly Answer[], dials: State): string | null {
  const { points } = angleDataOf(predictions, dials);
  if (points.some(({ withinA, withinB, between }) => withinA !== null || withinB !== null || between !== null)) return null;
  return `There are no angles: at every n_${groupsOf(dials).larger.name} from ${points[0].nA} to ${points[points.length - 1].nA} all predictions are 0.`;
}
