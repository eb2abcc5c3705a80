import { timesTranspose } from "../math/index.ts";
import { type Nearness, nearness, sameLimit } from "../prediction/index.ts";
import { eachBlock, pickedRows, type Rows, rowsIn, rowsOfBlock } from "../row-store.ts";
import { centredRows, type Frame, meanRowsOf, storageOf } from "./frame.ts";
import { type Head, headRows } from "./head.ts";
import { logitsAhead } from "./logits-ahead.ts";
import { type Candidates, eachDistance, fewestRough, nearCandidates } from "./near-candidates.ts";
import { eachPair } from "./pairs.ts";
import type { WorkProgress } from "./progress.ts";
import { gramOf, squaredNormsOf } from "./row-sums.ts";

/** What each mean prediction z_k = W mu_k says by itself. */
export interface Predictions {
  /** |z_k|, K; 0 for a class that does not occur. */
  norms: Float64Array;
  /** Largest logit (bias and all) by amount. */
  largestLogit: number;
  /** The class with the largest other logit (bias and all) at the class mean, K; -1 for a class that does not occur. */
  rival: Int32Array;
  /** The own logit minus that one, K. */
  margin: Float64Array;
  /** Probability of the own class there, K. */
  pOwn: Float64Array;
}

/** Classes whose logits are computed at a time, for which the head is read once; and numbers of those logits, 200 MB, twice. */
const mostClasses = 512;
const mostLogits = 25 * 2 ** 20;

/**
 * The mean predictions of the classes in `order` that occur, in that order: each is handed to `use` once, as K logits that do not last, so
 * that no K x K array is needed.
 */
export function scanPredictions(
  frame: Frame,
  head: Head,
  order: readonly number[],
  use: (k: number, z: Float64Array) => void,
  progress?: WorkProgress,
): Predictions {
  const { K, d, counts } = frame;
  const { b } = head;
  const classes = order.filter((k) => counts[k] > 0);
  const norms = new Float64Array(K);
  const rival = new Int32Array(K).fill(-1);
  const margin = new Float64Array(K);
  const pOwn = new Float64Array(K);
  let largestLogit = 0;
  const step = Math.max(1, Math.min(mostClasses, Math.floor(mostLogits / K)));
  const most = Math.min(step, classes.length);
  const rows = new Float64Array(most * d);
  const ordered = pickedRows(meanRowsOf(frame), classes);
  const logits = logitsAhead(headRows(head), most);
  /** The logits at hand, and those of the classes after, which are computed meanwhile. */
  let [Z, after] = [new Float64Array(most * K), new Float64Array(most * K)];
  const begin = (from: number): void => {
    const n = Math.min(step, classes.length - from);
    ordered.copy(rows, from, from + n);
    logits.begin(after, rows, n);
  };
  try {
    if (classes.length > 0) begin(0);
    for (let from = 0; from < classes.length; from += step) {
      const n = Math.min(step, classes.length - from);
      logits.finish();
      [Z, after] = [after, Z];
      if (from + step < classes.length) begin(from + step);
      const pause = Math.ceil(n / logits.parts);
      for (let i = 0; i < n; i++) {
        if (i % pause === pause - 1) logits.step();
        const k = classes[from + i];
        const z = Z.subarray(i * K, i * K + K);
        let squares = 0;
        let best = k === 0 ? 1 : 0;
        for (let c = 0; c < K; c++) {
          squares += z[c] * z[c];
          largestLogit = Math.max(largestLogit, Math.abs(z[c] + b[c]));
          if (c !== k && z[c] + b[c] > z[best] + b[best]) best = c;
        }
        norms[k] = Math.sqrt(squares);
        rival[k] = best;
        margin[k] = z[k] + b[k] - z[best] - b[best];
        let sum = 0;
        for (let c = 0; c < K; c++) sum += Math.exp(z[c] + b[c] - z[k] - b[k]);
        pOwn[k] = 1 / sum;
        use(k, z);
      }
      progress?.(from + n, classes.length);
    }
  } finally {
    logits.close();
  }
  return { norms, largestLogit, rival, margin, pOwn };
}

/**
 * What all pairs of mean predictions say. |W (mu_k - mu_l)| is the distance of mu_k - g~ and mu_l - g~ in the metric W'W, or, for no more classes
 * than features, of the z_k themselves: K^2 min(K, d) work. `fewest`: from so many multiplications on float32 looks first (`nearCandidates`).
 */
export function nearPredictions(frame: Frame, head: Head, progress?: WorkProgress, fewest: number = fewestRough): Nearness {
  const { K, d, counts, present, classMean } = frame;
  const n = present.length;
  const rows = pickedRows(centredRows(meanRowsOf(frame), classMean, counts), present);
  const rough = (vectors: Rows, images: Rows, reach: number): Candidates | null => {
    if (n * n * d < fewest) return null;
    const own = Float64Array.from(present, (k) => counts[k]);
    // No two are farther apart than twice the longest.
    return nearCandidates(vectors, images, own, sameLimit(2 * reach) ** 2, progress);
  };
  // Rows (and their images) add up to 0, so the longest is what `nearness` wants to know.
  const pairs = (vectors: Rows, images?: Rows): Nearness => {
    const reach = Math.sqrt(squaredNormsOf(vectors, images).reduce((most, x) => Math.max(most, x), 0));
    const near = nearness(present, counts, reach, sameLimit);
    const candidates = images && rough(vectors, images, reach);
    if (images && candidates) {
      eachDistance(vectors, images, candidates, (k, l, squared) => near.add(present[k], present[l], squared));
      return near.result();
    }
    eachPair(vectors, (k, first, count, _, squared, at) => near.addRow(present[k], present, first, count, squared, at), {
      images,
      progress,
    });
    return near.result();
  };
  if (K <= d) {
    const Z = new Float64Array(n * K);
    timesTranspose(Z, rows.all(), head.W, n, K, d);
    return pairs(rowsIn(Z, n, K));
  }
  const metric = gramOf(headRows(head));
  const images = storageOf(frame).rows(n, d);
  const most = Math.min(n, rowsOfBlock(d));
  const image = new Float64Array(most * d);
  // The metric is symmetric.
  const products = logitsAhead(rowsIn(metric, d, d), most);
  try {
    eachBlock(rows, (block, from, count) => {
      products.begin(image, block, count);
      products.finish();
      images.write(from, image.subarray(0, count * d));
    });
  } finally {
    products.close();
  }
  const near = pairs(rows, images);
  images.close();
  return near;
}
