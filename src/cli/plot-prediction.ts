import { heatMaps } from "../plots/index.ts";
import type { Prediction } from "../prediction/index.ts";
import { type PictureFile, writePicture } from "./pictures.ts";

/** As wide as one matrix with its names, where nothing else is asked. */
const usualWidth = 360;

/** The heat map of the predicted Z. */
export async function plotPrediction(picture: PictureFile, prediction: Prediction): Promise<void> {
  await plotLogits(picture, prediction, `λ_Z = ${Number(prediction.problem.lambdaZ.toPrecision(5))}`);
}

/** The same under a title of its own, which may be longer than the matrix is wide. */
export async function plotLogits(
  picture: PictureFile,
  prediction: Pick<Prediction, "Z" | "clusters">,
  title: string,
): Promise<void> {
  const data = {
    rows: ["predicted Z*"],
    groups: [{ title: "", matrices: [prediction.Z] }],
    clusters: prediction.clusters.map((c) => c.classes),
  };
  await writePicture(picture, (options) => heatMaps(data, { title, width: usualWidth, ...options }));
}
