import { lbfgsNow, matrix, type Random, random, svd } from "../math/index.ts";
import type { Problem } from "../problem/index.ts";
import { type BatchModel, batchObjective, drawBatches, featuresIn, parametersOf, sizeOf } from "./batch-model.ts";
import { factors } from "./factors.ts";

/** Where training with batch statistics ends: a minimum that was searched for, not proved. */
export interface BatchMinimum {
  /** K x K, read off with the statistics of all samples, its columns centred like the prediction's: what a network shows when it is measured. */
  Z: number[][];
  /** |Z - Z*|_F / |Z*|_F, Z* the prediction. */
  Zerror: number;
  /** By which share the diagonal is larger than the prediction's (least squares). */
  diagonalTooLarge: number;
  /** The mean over batches of loss and penalties. */
  objective: number;
  /** Length of the gradient where the search ended. */
  gradient: number;
}

/** How the minimum over random batches is sought. */
export interface BatchOptions {
  /** Of the batches that are drawn (default 0). */
  seed?: number;
  /** Batches the mean is taken over (default 256). */
  batches?: number;
  /** Looks at the objective (default 200). */
  evaluations?: number;
}

/** With more classes a search takes longer than a minute. */
export const mostBatchClasses = 40;

/**
 * The minimum beside the prediction of the same model with statistics of random batches of B samples (batch-model.ts), found by L-BFGS from the
 * prediction's own factors. Null where the model is not made for the problem: no weight decay, remedies, more than `mostBatchClasses` classes.
 */
export function batchMinimum(
  problem: Problem,
  { Z, b }: { Z: readonly (readonly number[])[]; b: readonly number[] },
  batchSize: number,
  { seed = 0, batches = 256, evaluations = 200 }: BatchOptions = {},
): BatchMinimum | null {
  const { K, weightDecay, weights, offsets, factors: scales, smoothing } = problem;
  if (weightDecay === null || weights || offsets || scales || smoothing > 0 || K > mostBatchClasses) return null;
  const rng = random(seed);
  const model = { problem, d: K, batches: drawBatches(problem, batchSize, batches, rng) };
  const start = startOf(model, Z, b, rng);
  const { x, value, gradient } = lbfgsNow((at) => batchObjective(model, at), start, { evaluations, gradient: 1e-6 });
  const found = measuredZ(model, x);
  return { Z: found, ...against(found, Z), objective: value, gradient: Math.hypot(...gradient) };
}

/**
 * The factors of the prediction, as what a normalization puts out: gamma and beta are deviation and mean of each channel over all samples. Nonnegative
 * features have one channel a class. Free features may be turned, which a normalization over all samples does not feel; a random turn stands for the many
 * channels of a network. (More channels change the answer by a hundredth of itself: bench/prediction/batch-statistics.mjs.)
 */
function startOf(model: BatchModel, Z: readonly (readonly number[])[], b: readonly number[], rng: Random): Float64Array {
  const { problem, d } = model;
  const { counts, K, N } = problem;
  const found = factors(problem, Z, d);
  const [W, H] = problem.nonnegative ? [found.W, found.H] : turned([found.W, found.H], d, rng);
  const all = new Float64Array(sizeOf(model));
  const at = parametersOf(model, all);
  at.W.set(W);
  at.b.set(b);
  for (let j = 0; j < d; j++) {
    let mean = 0;
    for (let k = 0; k < K; k++) mean += (counts[k] / N) * H[k * d + j];
    let variance = 0;
    for (let k = 0; k < K; k++) variance += (counts[k] / N) * (H[k * d + j] - mean) ** 2;
    at.gamma[j] = Math.sqrt(variance);
    at.beta[j] = mean;
    // The channel of a class that vanished has an input too, in which the class stands out; gamma = 0 keeps it out of the way.
    for (let k = 0; k < K; k++) at.x[k * d + j] = variance > 0 ? (H[k * d + j] - mean) / Math.sqrt(variance) : k === j ? 1 : 0;
  }
  return all;
}

/** The same matrices (rows of d) after one random rotation of the channels. */
function turned(matrices: readonly Float64Array[], d: number, rng: Random): Float64Array[] {
  const gaussian = matrix(d, d);
  for (let i = 0; i < d * d; i++) gaussian.data[i] = rng.normal();
  const rotation = svd(gaussian).U.data;
  return matrices.map((A) =>
    A.map((_, at) => {
      const [row, j] = [Math.floor(at / d), at % d];
      let sum = 0;
      for (let l = 0; l < d; l++) sum += A[row * d + l] * rotation[l * d + j];
      return sum;
    }),
  );
}

/** W H with the features of all samples' statistics, each column centred. */
function measuredZ(model: BatchModel, all: Float64Array): number[][] {
  const { problem, d } = model;
  const { counts, K } = problem;
  const at = parametersOf(model, all);
  const h = new Float64Array(K * d);
  featuresIn(model, at, counts, { u: new Float64Array(K * d), r: new Float64Array(d), h });
  const Z = Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (_, k) => {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += at.W[i * d + j] * h[k * d + j];
      return sum;
    }),
  );
  const means = Z[0].map((_, k) => Z.reduce((sum, row) => sum + row[k], 0) / K);
  return Z.map((row) => row.map((z, k) => z - means[k]));
}

function against(
  Z: readonly number[][],
  predicted: readonly (readonly number[])[],
): { Zerror: number; diagonalTooLarge: number } {
  let [apart, size, along, own] = [0, 0, 0, 0];
  for (const [i, row] of Z.entries()) {
    for (const [k, z] of row.entries()) {
      apart += (z - predicted[i][k]) ** 2;
      size += predicted[i][k] ** 2;
    }
    along += row[i] * predicted[i][i];
    own += predicted[i][i] ** 2;
  }
  return { Zerror: Math.sqrt(apart / size), diagonalTooLarge: along / own - 1 };
}
