import {
  glyphNormalization,
  glyphs,
  type Images,
  imagesFromIdx,
  imbalancedSubset,
  parseIdx,
  pick,
} from "../../src/data/browser.ts";
import { InputError, inputError } from "../../src/errors.ts";
import { fittingImages, type Normalization, type TrainingData } from "../../src/training/index.ts";
import { classesRefused, glyphsRefused } from "./classes.ts";
import type { DroppedFile, TrainQuestion } from "./messages.ts";

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
  const images = { ...parseIdx(await inflated(files.images), files.images.name), file: files.images.name };
  const labels = { ...parseIdx(await inflated(files.labels), files.labels.name), file: files.labels.name };
  const classes = labels.data.reduce((most, label) => Math.max(most, label), 0) + 1;
  const all: Images = imagesFromIdx(images, labels, classes, files.images.name);
  const wrong = classesRefused(counts.length, classes, `as many as ${labels.file} has`);
  if (wrong !== null) throw new InputError(wrong);
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

/** gzip is inflated, by its first two bytes. */
async function inflated({ name, bytes }: DroppedFile): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw inputError(name, "a whole gzip file", "one that does not inflate");
  }
}
