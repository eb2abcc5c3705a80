import { clusterOfClass, mergedExactly, type Prediction, type PredictionSummary } from "../prediction/index.ts";
import { mergedGroups } from "./structure.ts";

/** How far numbers are from predicted ones; null where the prediction is 0. */
export interface RelativeError {
  /** |x - x*|_F / |x*|_F. */
  frobenius: number | null;
  /** max |x - x*| / max |x*|. */
  sup: number | null;
}

/** Measured mean predictions and bias beside the predicted ones. */
export interface Comparison {
  /** Of Z. */
  Zerror: RelativeError;
  /** Of b. */
  berror: RelativeError;
  /** Groups of classes with one predicted vector, exactly: what `nclab predict` calls merged and vanished. */
  mergedPredicted: number[][];
  /** Groups of classes whose measured vectors are nearer than 5 % of the largest distance (`sameLimit`). */
  mergedMeasured: number[][];
}

/**
 * Compares Z (K x K, rows = logits) and b with a prediction. A constant added to all logits changes no probability, and the prediction has
 * none (1'Z = 0, 1'b = 0): columns of the measured Z and b are compared as they are, since a regularized head has none either.
 */
export function compare(
  Z: readonly (readonly number[])[],
  b: readonly number[],
  prediction: Prediction,
  tolerance?: number,
): Comparison {
  const error = relativeError();
  Z.forEach((row, i) => {
    row.forEach((z, k) => {
      error.add(z, prediction.Z[i][k]);
    });
  });
  return {
    Zerror: error.result(),
    berror: relativeErrorOf(b, prediction.b),
    mergedPredicted: mergedExactly(prediction),
    mergedMeasured: mergedGroups(Z, tolerance),
  };
}

/** The same, of mean predictions that come one at a time beside a prediction by blocks: no K x K array. */
export function comparison({ blocks, clusters, problem, b, vanished }: PredictionSummary): {
  /** z_k, K logits. */
  add(k: number, z: ArrayLike<number>): void;
  result(measuredBias: readonly number[], mergedMeasured: number[][]): Comparison;
} {
  const of = clusterOfClass(clusters, problem.K);
  const error = relativeError();
  return {
    add(k, z) {
      const j = of[k];
      for (let i = 0; i < of.length; i++) error.add(z[i], i === k ? blocks.own[j] : blocks.other[of[i]][j]);
    },
    result: (measuredBias, mergedMeasured) => ({
      Zerror: error.result(),
      berror: relativeErrorOf(measuredBias, b),
      mergedPredicted: mergedExactly({ clusters, vanished }),
      mergedMeasured,
    }),
  };
}

function relativeError(): { add(measured: number, predicted: number): void; result(): RelativeError } {
  let squares = 0;
  let size = 0;
  let sup = 0;
  let largest = 0;
  return {
    add(measured, predicted) {
      squares += (measured - predicted) ** 2;
      size += predicted * predicted;
      sup = Math.max(sup, Math.abs(measured - predicted));
      largest = Math.max(largest, Math.abs(predicted));
    },
    result: () => (size === 0 ? { frobenius: null, sup: null } : { frobenius: Math.sqrt(squares / size), sup: sup / largest }),
  };
}

/** How far numbers are from predicted ones, as many. @internal */
export function relativeErrorOf(measured: readonly number[], predicted: ArrayLike<number>): RelativeError {
  const error = relativeError();
  for (let i = 0; i < predicted.length; i++) error.add(measured[i], predicted[i]);
  return error.result();
}
