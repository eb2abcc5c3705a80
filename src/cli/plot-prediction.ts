import { type PredictionShown, predictedLogits } from "../pictures/index.ts";
import type { Prediction } from "../prediction/index.ts";
import { type PictureFile, writePicture } from "./pictures.ts";

/** The heat map of the predicted Z, under what its document says of the regularization. */
export async function plotPrediction(picture: PictureFile, prediction: PredictionShown & { Z: Prediction["Z"] }): Promise<void> {
  await writePicture(picture, (options) => predictedLogits(prediction, options));
}
