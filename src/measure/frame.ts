import { matrix, norm2 } from "../math/matrix.ts";
import { timesTranspose } from "../math/products.ts";
import { svd } from "../math/svd.ts";
import type { ClassSums } from "./first-pass.ts";

/**
 * The class means and the small space they span. tr(Sigma_W Sigma_B^+) sees only the span of the centred means, of dimension r <= K - 1, and
 * that span is the same for all three weightings of Sigma_B: an orthonormal basis of it, found once, takes the place of d x d matrices.
 */
export interface Frame {
  /** Number of classes. */
  readonly K: number;
  /** Feature dimension. */
  readonly d: number;
  /** Samples. */
  readonly N: number;
  /** Samples of each class. */
  readonly counts: Float64Array;
  /** sum_i |h_i|^2. */
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
  /** r x d, orthonormal rows. */
  readonly basis: Float64Array;
  /** mu_k - g~ in the basis, K x r. */
  readonly projected: Float64Array;
}

/** Singular values of the centred means below this share of the largest count as 0 (theory, section 8). */
const rankTolerance = 1e-10;

/** What the second pass needs of the first; classes without samples are left out. */
export function frameOf(sums: ClassSums): Frame {
  const { K, d, counts } = sums;
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
  const { S, V } = svd(centred);
  // What is left of the means after centring is only as good as the rounding of the means themselves.
  const scale = norm2(means);
  const smallest = Math.max(rankTolerance * (S[0] ?? 0), 4 * Number.EPSILON * scale);
  let r = 0;
  while (r < S.length && S[r] > smallest) r++;
  const basis = new Float64Array(r * d);
  for (let l = 0; l < r; l++) for (let j = 0; j < d; j++) basis[l * d + j] = V.data[j * V.cols + l];
  const projected = new Float64Array(K * r);
  const rows = new Float64Array(present.length * r);
  timesTranspose(rows, centred.data, basis, present.length, r, d);
  present.forEach((k, row) => {
    projected.set(rows.subarray(row * r, row * r + r), k * r);
  });
  return { K, d, N, counts, squares: sums.squares, present, means, sampleMean, classMean, r, basis, projected };
}
