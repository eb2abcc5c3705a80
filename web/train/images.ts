import { glyphNormalization, glyphs, type Images, imbalancedSubset, pick } from "../../src/data/browser.ts";
import { InputError, inputError } from "../../src/errors.ts";
import { fittingImages, type Normalization, type TrainingData } from "../../src/training/index.ts";
import { filesRefused, glyphsRefused } from "./classes.ts";
import type { TrainQuestion } from "./messages.ts";

/** The images to train on, cut to the counts and as large as the network wants them: the same ones that `nclab train --dataset glyphs` takes with this seed, or those of dropped files. */
export async function trainingImages(
  question: Pick<TrainQuestion, "counts" | "seed" | "files" | "network">,
): Promise<TrainingData> {
  const { train, test, ...rest } = await imagesOf(question);
  const fitting = (images: Images): Images => fittingImages(images, question.network);
  return { train: fitting(train), test: fitting(test), ...rest };
}

async function imagesOf({ counts, seed, files }: Pick<TrainQuestion, "counts" | "seed" | "files">): Promise<TrainingData> {
  if (!files) {
    const wrong = glyphsRefused(counts.length);
    if (wrong !== null) throw new InputError(wrong);
    const train = imbalancedSubset(glyphs(Math.max(...counts), seed, "train"), counts, seed);
    return { train, test: glyphs(1, seed, "test"), normalization: glyphNormalization };
  }
  const wrong = filesRefused(counts, files);
  if (wrong !== null) throw new InputError(wrong);
  const { data: all } = files;
  const train = imbalancedSubset(all, counts, seed);
  // Nothing here is measured on test images; the loop wants some.
  return { train, test: pick(all, Uint32Array.of(0)), normalization: normalizationOf(all) };
}

/** Mean and standard deviation of pixel/255. */
function normalizationOf({ pixels }: Images): Normalization {
  let sum = 0;
  let squares = 0;
  for (const p of pixels) {
    sum += p;
    squares += p * p;
  }
  const mean = sum / pixels.length / 255;
  const std = Math.sqrt(Math.max(0, squares / pixels.length / 255 ** 2 - mean * mean));
  if (!(std > 0)) throw inputError("images", "pixels that are not all the same", `${pixels.length} of value ${pixels[0]}`);
  return { mean: [mean], std: [std] };
}
