import { InputError } from "../errors.ts";
import { writeFileAtomic } from "../features/atomic.ts";
import { heatMaps, svgText } from "../plots/index.ts";
import type { Prediction } from "../prediction/index.ts";
import { headlessDocument } from "../report/document.ts";

/** Writes a picture as the file's name asks: .svg or .png. Any other ending is bad input. */
export async function writePicture(file: string, svg: SVGSVGElement): Promise<void> {
  const text = svgText(svg);
  await writeFileAtomic(
    file,
    checkPictureName(file) === "svg" ? new TextEncoder().encode(text) : (await import("../report/png.ts")).pngOf(text),
  );
}

export function checkPictureName(file: string): "svg" | "png" {
  const ending = /\.(svg|png)$/i.exec(file)?.[1].toLowerCase();
  if (ending === undefined)
    throw new InputError(`--plot: expected a file name ending in .svg or .png, got ${JSON.stringify(file)}`);
  return ending as "svg" | "png";
}

/** The heat map of the predicted Z. */
export async function plotPrediction(file: string, prediction: Prediction): Promise<void> {
  await plotLogits(file, prediction, `λ_Z = ${Number(prediction.problem.lambdaZ.toPrecision(5))}`);
}

/** The same under a title of its own. */
export async function plotLogits(file: string, prediction: Pick<Prediction, "Z" | "clusters">, title: string): Promise<void> {
  const picture = heatMaps(
    {
      rows: ["predicted Z*"],
      groups: [{ title, matrices: [prediction.Z] }],
      clusters: prediction.clusters.map((c) => c.classes),
    },
    { document: headlessDocument() },
  );
  await writePicture(file, picture);
}
