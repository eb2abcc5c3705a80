import type { Prediction } from "../prediction/index.ts";
import { mergedGroups } from "./structure.ts";

/** Measured mean predictions and bias beside the predicted ones. */
export interface Comparison {
  /** |Z - Z*|_F / |Z*|_F and max|Z - Z*| / max|Z*|; null where the prediction is 0. */
  Zerror: { frobenius: number | null; sup: number | null };
  /** The same for b. */
  berror: { frobenius: number | null; sup: number | null };
  /** Groups of classes with one predicted vector. */
  mergedPredicted: number[][];
  /** Groups of classes whose measured vectors are one. */
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
  return {
    Zerror: relativeError(Z.flat(), prediction.Z.flat()),
    berror: relativeError(b, prediction.b),
    // The same rule for both sides: groups that coincide in the prediction, whatever their counts.
    mergedPredicted: mergedGroups(prediction.Z, 1e-6),
    mergedMeasured: mergedGroups(Z, tolerance),
  };
}

function relativeError(
  measured: readonly number[],
  predicted: readonly number[],
): { frobenius: number | null; sup: number | null } {
  let squares = 0;
  let size = 0;
  let sup = 0;
  let largest = 0;
  predicted.forEach((p, e) => {
    squares += (measured[e] - p) ** 2;
    size += p * p;
    sup = Math.max(sup, Math.abs(measured[e] - p));
    largest = Math.max(largest, Math.abs(p));
  });
  return size === 0 ? { frobenius: null, sup: null } : { frobenius: Math.sqrt(squares / size), sup: sup / largest };
}
