import type { Prediction, PredictionSummary } from "../prediction/index.ts";
import { eachPair } from "./pairs.ts";
import { groupsOfPairs, mergedGroups, mergeLimit } from "./structure.ts";

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

/** Predictions this near, beside their scale, are one: what the accuracy of a solution leaves of a 0. */
const coincide = 1e-6;

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
    berror: errorOf(b, prediction.b),
    // The same rule for both sides: groups that coincide in the prediction, whatever their counts.
    mergedPredicted: mergedGroups(prediction.Z, coincide),
    mergedMeasured: mergedGroups(Z, tolerance),
  };
}

/** The same, of mean predictions that come one at a time beside a prediction by blocks: no K x K array. */
export function comparison({ blocks, clusters, problem, b }: PredictionSummary): {
  /** z_k, K logits. */
  add(k: number, z: ArrayLike<number>): void;
  result(measuredBias: readonly number[], mergedMeasured: number[][]): Comparison;
} {
  const of = new Int32Array(problem.K);
  clusters.forEach(({ classes }, j) => {
    for (const k of classes) of[k] = j;
  });
  const error = relativeError();
  return {
    add(k, z) {
      const j = of[k];
      for (let i = 0; i < of.length; i++) error.add(z[i], i === k ? blocks.own[j] : blocks.other[of[i]][j]);
    },
    result: (measuredBias, mergedMeasured) => ({
      Zerror: error.result(),
      berror: errorOf(measuredBias, b),
      mergedPredicted: mergedClusters({ blocks, clusters, problem }),
      mergedMeasured,
    }),
  };
}

/** The groups of `mergedGroups` for the whole Z of these blocks, from J x J numbers: classes of a cluster are all alike. */
function mergedClusters({ blocks, clusters, problem }: Pick<PredictionSummary, "blocks" | "clusters" | "problem">): number[][] {
  const { other, own } = blocks;
  const J = clusters.length;
  const columns = new Float64Array(J * J);
  let largest = 0;
  for (let j = 0; j < J; j++) {
    largest = Math.max(largest, Math.abs(own[j]));
    for (let i = 0; i < J; i++) {
      columns[j * J + i] = Math.sqrt(clusters[i].size) * other[i][j];
      if (i !== j || clusters[i].size > 1) largest = Math.max(largest, Math.abs(other[i][j]));
    }
  }
  const limit = mergeLimit(largest, coincide) ** 2;
  const groups = groupsOfPairs(Array.from({ length: problem.K }, (_, k) => k));
  const joinAll = (classes: readonly number[]): void => {
    for (const k of classes) groups.join(classes[0], k);
  };
  clusters.forEach(({ classes, size }, j) => {
    if (size > 1 && 2 * (own[j] - other[j][j]) ** 2 <= limit) joinAll(classes);
  });
  eachPair(columns, J, J, (j, l, _, squared) => {
    // Rows k and l themselves hold the own entries: there the columns differ by other amounts than in the rest of their blocks.
    const corrected =
      squared +
      (own[j] - other[j][l]) ** 2 -
      (other[j][j] - other[j][l]) ** 2 +
      (own[l] - other[l][j]) ** 2 -
      (other[l][l] - other[l][j]) ** 2;
    if (corrected <= limit) joinAll([...clusters[j].classes, ...clusters[l].classes]);
  });
  return groups.result();
}

interface RelativeError {
  frobenius: number | null;
  sup: number | null;
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

function errorOf(measured: readonly number[], predicted: readonly number[]): RelativeError {
  const error = relativeError();
  predicted.forEach((p, i) => {
    error.add(measured[i], p);
  });
  return error.result();
}
