import { glyphDataset } from "../../src/data/glyphs.ts";
import { imbalancedSubset } from "../../src/data/imbalance.ts";
import type { TrainingData } from "../../src/training/index.ts";

/** Built-in characters cut to the counts, seed 1. */
export function glyphData(counts: readonly number[], testPerClass: number): TrainingData {
  const { train, test, normalization } = glyphDataset({ seed: 1, perClass: Math.max(...counts), testPerClass });
  return { train: imbalancedSubset(train, counts, 1), test, normalization };
}
