import { matrix, norm2, timesTranspose } from "../math/index.ts";
import type { ClassSums } from "./first-pass.ts";
import { squaredNorms } from "./pairs.ts";
import { checkFeatureSizes } from "./range.ts";
import { spanOf } from "./span.ts";

/**
 * The class means and the small space they span. tr(Sigma_W Sigma_B^+) sees only the span of the centred means, of dimension r <= K - 1, and
 * that span is the same for all three weightings of Sigma_B: an orthonormal basis of it, found once, takes the place of d x d matrices.
 */
export interface Frame {
  /** Number of classes. */
  readonly K: number;
  /** Dimension of the features. */
  readonly d: number;
  /** Number of samples. */
  readonly N: number;
  /** n_k, samples of each class. */
  readonly counts: Float64Array;
  /** Sum of |h|^2 over all samples. */
  readonly squares: number;
  /** Classes that occur. */
  readonly present: number[];
  /** Class means, K x d (0 for a class that does not occur). */
  readonly means: Float64Array;
  /** g, the mean of all samples. */
  readonly sampleMean: Float64Array;
  /** g~, the mean of the class means. */
  readonly classMean: Float64Array;
  /** Dimension r of the span of the centred means. */
  readonly r: number;
  /** r x d, orthonormal rows; null where the span is the whole space, r = d, and vectors are their own coordinates. */
  readonly basis: Float64Array | null;
  /** mu_k - g~ in the basis, K x r (0 for a class that does not occur). */
  readonly projected: Float64Array;
  /** |mu_k - g~|^2, K. */
  readonly squaredNorms: Float64Array;
  /** Lengths up to this are what rounding leaves of 0: centred means are only as good as the means themselves. */
  readonly noise: number;
}

/** The class means of the first pass, and their span. Throws InputError for features so small that their products are lost. */
export function frameOf(sums: ClassSums): Frame {
  const { K, d, counts } = sums;
  checkFeatureSizes(sums.squares, sums.sums);
  const N = counts.reduce((a, b) => a + b, 0);
  const present = Array.from(counts.keys()).filter((k) => counts[k] > 0);
  const means = new Float64Array(K * d);
  const sampleMean = new Float64Array(d);
  const classMean = new Float64Array(d);
  for (const k of present) {
    for (let j = 0; j < d; j++) {
      means[k * d + j] = sums.sums[k * d + j] / counts[k];
      classMean[j] += means[k * d + j] / present.length;
      sampleMean[j] += sums.sums[k * d + j] / N;
    }
  }
  const centred = matrix(present.length, d);
  present.forEach((k, row) => {
    for (let j = 0; j < d; j++) centred.data[row * d + j] = means[k * d + j] - classMean[j];
  });
  const noise = 4 * Number.EPSILON * norm2(means);
  const { basis, r } = spanOf(centred, noise);
  let rows = centred.data;
  if (basis) {
    rows = new Float64Array(present.length * r);
    timesTranspose(rows, centred.data, basis, present.length, r, d);
  }
  let projected = rows;
  if (present.length < K) {
    projected = new Float64Array(K * r);
    present.forEach((k, row) => {
      projected.set(rows.subarray(row * r, row * r + r), k * r);
    });
  }
  return {
    K,
    d,
    N,
    counts,
    squares: sums.squares,
    present,
    means,
    sampleMean,
    classMean,
    r,
    basis,
    projected,
    squaredNorms: squaredNorms(projected, K, r),
    noise,
  };
}
