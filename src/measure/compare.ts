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
  const error = new ErrorSums();
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
  const error = new ErrorSums();
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

/** Numbers beside predicted ones, one at a time. */
class ErrorSums {
  #squares = 0;
  #size = 0;
  #sup = 0;
  #largest = 0;

  add(measured: number, predicted: number): void {
    this.#squares += (measured - predicted) ** 2;
    this.#size += predicted * predicted;
    this.#sup = Math.max(this.#sup, Math.abs(measured - predicted));
    this.#largest = Math.max(this.#largest, Math.abs(predicted));
  }

  result(): RelativeError {
    if (this.#size === 0) return { frobenius: null, sup: null };
    return { frobenius: Math.sqrt(this.#squares / this.#size), sup: this.#sup / this.#largest };
  }
}

/** How far numbers are from predicted ones, as many. @internal */
export function relativeErrorOf(measured: readonly number[], predicted: ArrayLike<number>): RelativeError {
  const error = new ErrorSums();
  for (let i = 0; i < predicted.length; i++) error.add(measured[i], predicted[i]);
  return error.result();
}
