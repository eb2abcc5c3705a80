import { InputError, inputError } from "../errors.ts";
import { minimum } from "../extremes.ts";
import { format } from "../number-text.ts";
import type { Problem } from "../problem/index.ts";
import { batchMinimum, mostBatchClasses } from "./batch-statistics.ts";
import { expand, type PredictionSummary } from "./predict.ts";

/** What the fluctuation of batch statistics leaves of a prediction (theory, section 9.1; docs/weight-decay.md has the measurements). */
export interface BatchRange {
  /** As given. */
  batchSize: number;
  /** Samples of the smallest class in a batch, on average. */
  smallestClass: number;
  /** |Z_B - Z|_F / |Z|_F, Z_B where the same model ends on statistics of such batches (searched, not proved); null where that is not computed. */
  Zerror: number | null;
  /** By which share the diagonal of Z_B is larger; null like `Zerror`. */
  diagonalTooLarge: number | null;
  /** The same in a sentence. */
  note: string;
}

/** Throws InputError for a batch size that is not a whole number of at least 2, or where nothing is normalized. */
export function checkBatchSize(now: Problem, batchSize: number): void {
  if (!(Number.isSafeInteger(batchSize) && batchSize >= 2))
    throw inputError("batchSize", "a whole number of at least 2 (batch normalization needs two)", batchSize);
  if (now.loss !== "cross-entropy")
    throw new InputError(
      `batchSize: expected the loss cross-entropy beside it, got ${now.loss}: what batches do to the statistics was modelled and measured with cross-entropy alone`,
    );
  if (now.weightDecay === null)
    throw new InputError(
      "batchSize: expected a weight decay beside it, got lambdas: only the statistics of a normalization depend on the batch",
    );
}

/** How far training by batches of `batchSize` ends from a prediction. Throws as `checkBatchSize` does. */
export function batchRange(now: Problem, batchSize: number, predicted: PredictionSummary): BatchRange {
  checkBatchSize(now, batchSize);
  const smallestClass = (minimum(now.counts) * Math.min(batchSize, now.N)) / now.N;
  if (batchSize >= now.N)
    return {
      batchSize,
      smallestClass,
      Zerror: 0,
      diagonalTooLarge: 0,
      note: `batches of ${batchSize} hold all ${now.N} samples: the normalization's statistics are the ones of the theory`,
    };
  const found = now.K > mostBatchClasses ? null : batchMinimum(now, expand(predicted), batchSize);
  const far = found
    ? `Z ends about ${format(100 * found.Zerror, 2)} % from this prediction, its diagonal ${format(100 * Math.abs(found.diagonalTooLarge), 2)} % too ${found.diagonalTooLarge < 0 ? "small" : "large"} (the same model on statistics of random batches: searched, not proved; networks that were trained ended 1.2 to 1.6 times as far)`
    : `Z ends further out than predicted, about as 1/B; how far is computed for up to ${mostBatchClasses} classes without remedies`;
  return {
    batchSize,
    smallestClass,
    Zerror: found?.Zerror ?? null,
    diagonalTooLarge: found?.diagonalTooLarge ?? null,
    note: `batches of ${batchSize}: the normalization's statistics fluctuate, and ${far}. The rarest class has ${format(smallestClass, 2)} samples a batch`,
  };
}
