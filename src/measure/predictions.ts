import { times, timesTranspose, transposeTimes } from "../math/products.ts";
import type { Frame } from "./frame.ts";
import type { Head } from "./head.ts";
import { eachPair } from "./pairs.ts";
import type { Progress } from "./progress.ts";
import { groupsOfPairs, mergeLimit } from "./structure.ts";

/** What each mean prediction z_k = W mu_k says by itself. */
export interface Predictions {
  /** |z_k|, K; 0 for a class that does not occur. */
  norms: Float64Array;
  /** max |Z|. */
  largest: number;
  /** The class with the largest other logit (bias and all) at the class mean, K; -1 for a class that does not occur. */
  rival: Int32Array;
  /** The own logit minus that one, K. */
  margin: Float64Array;
}

const step = 256;

/**
 * The mean predictions of the classes in `order` that occur, in that order: each is handed to `use` once, as K logits that do not last, so
 * that no K x K array is needed.
 */
export function scanPredictions(
  { K, d, counts, means }: Frame,
  { W, b }: Head,
  order: readonly number[],
  use: (k: number, z: Float64Array) => void,
  progress?: Progress,
): Predictions {
  const classes = order.filter((k) => counts[k] > 0);
  const norms = new Float64Array(K);
  const rival = new Int32Array(K).fill(-1);
  const margin = new Float64Array(K);
  let largest = 0;
  const rows = new Float64Array(Math.min(step, classes.length) * d);
  const Z = new Float64Array(Math.min(step, classes.length) * K);
  for (let from = 0; from < classes.length; from += step) {
    const n = Math.min(step, classes.length - from);
    for (let i = 0; i < n; i++) rows.set(means.subarray(classes[from + i] * d, (classes[from + i] + 1) * d), i * d);
    timesTranspose(Z, rows, W, n, K, d);
    for (let i = 0; i < n; i++) {
      const k = classes[from + i];
      const z = Z.subarray(i * K, i * K + K);
      let squares = 0;
      let best = k === 0 ? 1 : 0;
      for (let c = 0; c < K; c++) {
        squares += z[c] * z[c];
        largest = Math.max(largest, Math.abs(z[c]));
        if (c !== k && z[c] + b[c] > z[best] + b[best]) best = c;
      }
      norms[k] = Math.sqrt(squares);
      rival[k] = best;
      margin[k] = z[k] + b[k] - z[best] - b[best];
      use(k, z);
    }
    progress?.(from + n, classes.length);
  }
  return { norms, largest, rival, margin };
}

/**
 * Groups of classes whose mean predictions cannot be told apart (structure.ts); `largest` is max |Z|. |W (mu_k - mu_l)| is the distance of
 * mu_k - g~ and mu_l - g~ in the metric W'W, or, for no more classes than features, of the z_k themselves: K^2 min(K, d) work.
 */
export function mergedPredictions(frame: Frame, { W }: Head, largest: number, progress?: Progress): number[][] {
  const { K, d, present, means, classMean } = frame;
  const n = present.length;
  const rows = new Float64Array(n * d);
  present.forEach((k, row) => {
    for (let j = 0; j < d; j++) rows[row * d + j] = means[k * d + j] - classMean[j];
  });
  const groups = groupsOfPairs(present);
  const limit = mergeLimit(largest) ** 2;
  const join = (k: number, l: number, _: number, squared: number): void => {
    if (squared <= limit) groups.join(present[k], present[l]);
  };
  if (K <= d) {
    const Z = new Float64Array(n * K);
    timesTranspose(Z, rows, W, n, K, d);
    eachPair(Z, n, K, join, { progress });
  } else {
    const metric = new Float64Array(d * d);
    transposeTimes(metric, W, W, K, d, d);
    const images = new Float64Array(n * d);
    times(images, rows, metric, n, d, d);
    eachPair(rows, n, d, join, { images, progress });
  }
  return groups.result();
}
