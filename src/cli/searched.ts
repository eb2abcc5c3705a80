import type { PredictionShown } from "../pictures/index.ts";
import type { Factors, Prediction } from "../prediction/index.ts";
import { writeAndPrint } from "./outputs.ts";
import type { PictureFile } from "./pictures.ts";

/** From this many classes on a descent takes a second and more. */
export const slowDescent = 60;
/** More classes than this are not drawn in the terminal. */
export const mostDrawn = 100;

/** An answer that was searched for, with its head and class features. */
export interface SearchedAnswer {
  prediction: Pick<Prediction, "Z" | "b" | "clusters"> &
    PredictionShown & { problem: Pick<Prediction["problem"], "counts">; reason: string };
  network: Factors;
}

/** Saves it, draws it, prints `text`, and ends as what nothing proves does: the reason, code 3. */
export async function answered(
  { prediction, network }: SearchedAnswer,
  { save, plot, text }: { save: string | undefined; plot: PictureFile | undefined; text: string },
  print: (text: string) => Promise<void>,
): Promise<number> {
  await writeAndPrint(
    async () => {
      if (save !== undefined)
        await (await import("./save-prediction.ts")).saveFactors(save, prediction.problem.counts, prediction, network);
      if (plot !== undefined) await (await import("./plot-prediction.ts")).plotPrediction(plot, prediction);
    },
    () => print(text),
  );
  console.error(`not proved: ${prediction.reason}`);
  return 3;
}
