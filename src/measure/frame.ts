import { matrix, timesTranspose } from "../math/index.ts";
import { eachBlock, madeRows, memoryStorage, pickedRows, type RowStorage, type Rows, rowsIn } from "../row-store.ts";
import { type ClassSums, sumRows } from "./first-pass.ts";
import { checkFeatureSizes } from "./range.ts";
import { lengthOfRows, squaredNormsOf } from "./row-sums.ts";
import { factorOfWhole, spanOf } from "./span.ts";

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
  /** Class means, K x d (0 for a class that does not occur). Where they lie on a disk, asking for them fills the memory. */
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
  /** Where means lie on a disk: they, those in the basis, where more of their size is kept, and, where the span is the whole space, L (d x d) with L L' the sum of (mu_k - g~)(mu_k - g~)'. @internal */
  readonly stored?: {
    readonly means: Rows;
    readonly projected: Rows;
    readonly storage: RowStorage;
    readonly factor: Rows | null;
  };
}

/** The class means by rows, wherever they lie. @internal */
export const meanRowsOf = (frame: Frame): Rows => frame.stored?.means ?? rowsIn(frame.means, frame.K, frame.d);

/** Those in the basis. @internal */
export const projectedRowsOf = (frame: Frame): Rows => frame.stored?.projected ?? rowsIn(frame.projected, frame.K, frame.r);

/** Where more matrices of this size are kept. @internal */
export const storageOf = (frame: Frame): RowStorage => frame.stored?.storage ?? memoryStorage;

/** The class means of the first pass, and their span; `storage` is where the means lie (in memory unless told). Throws InputError for features so small that their products are lost. */
export function frameOf(sums: ClassSums, storage: RowStorage = memoryStorage): Frame {
  const { K, d, counts, squares } = sums;
  checkFeatureSizes(squares, sumRows(sums));
  const N = counts.reduce((a, b) => a + b, 0);
  const present = Array.from(counts.keys()).filter((k) => counts[k] > 0);
  const { meanRows, sampleMean, classMean } = meansIn(sums, { N, present, storage });
  const noise = 4 * Number.EPSILON * lengthOfRows(meanRows);
  const centred = centredRows(meanRows, classMean, counts);
  const onDisk = storage !== memoryStorage;
  const { r, basis, projectedRows, factor } = projection(pickedRows(centred, present), {
    noise,
    storage,
    present,
    centred,
  });
  const squaredNorms = squaredNormsOf(projectedRows);
  const frame = { K, d, N, counts, squares, present, sampleMean, classMean, r, basis, squaredNorms, noise };
  if (!onDisk) return { ...frame, means: meanRows.all(), projected: projectedRows.all() };
  return Object.defineProperties(
    { ...frame, stored: { means: meanRows, projected: projectedRows, storage, factor } } as unknown as Frame,
    {
      means: { get: once(meanRows) },
      projected: { get: once(projectedRows) },
    },
  );
}

/** All rows, read the first time that they are asked for. */
function once(rows: Rows): () => Float64Array {
  let all: Float64Array | undefined;
  return () => {
    all ??= rows.all();
    return all;
  };
}

function meansIn(
  sums: ClassSums,
  { N, present, storage }: { N: number; present: readonly number[]; storage: RowStorage },
): Pick<Frame, "sampleMean" | "classMean"> & { meanRows: Rows } {
  const { K, d, counts } = sums;
  const meanRows = storage.rows(K, d);
  const sampleMean = new Float64Array(d);
  const classMean = new Float64Array(d);
  eachBlock(sumRows(sums), (block, first, count) => {
    const means = new Float64Array(count * d);
    for (let i = 0; i < count; i++) {
      const n = counts[first + i];
      if (n === 0) continue;
      for (let e = i * d, j = 0; j < d; e++, j++) {
        means[e] = block[e] / n;
        classMean[j] += means[e] / present.length;
        sampleMean[j] += block[e] / N;
      }
    }
    meanRows.write(first, means);
  });
  return { meanRows, sampleMean, classMean };
}

/** mu_k - g~, K x d; 0 for a class that does not occur. */
export function centredRows(means: Rows, classMean: Float64Array, counts: Float64Array): Rows {
  const { n, d } = means;
  return madeRows(n, d, (into, from, to) => {
    means.copy(into, from, to);
    for (let k = from, e = 0; k < to; k++) {
      if (counts[k] > 0) for (let j = 0; j < d; j++, e++) into[e] -= classMean[j];
      else e += d;
    }
  });
}

/** The span of the centred means of the classes that occur (`there`), and all centred means in it. */
function projection(
  there: Rows,
  { centred, present, noise, storage }: { centred: Rows; present: readonly number[]; noise: number; storage: RowStorage },
): Pick<Frame, "r" | "basis"> & { projectedRows: Rows; factor: Rows | null } {
  const { n: K, d } = centred;
  // Where they span the whole space, which sums of products show, they need not be in memory.
  const L = storage === memoryStorage ? null : factorOfWhole(there, noise);
  if (L) {
    const factor = storage.rows(d, d);
    factor.write(0, L);
    return { r: d, basis: null, projectedRows: centred, factor };
  }
  const data = there.all();
  const { basis, r } = spanOf(matrix(there.n, d, data), noise);
  let rows = data;
  if (basis) {
    rows = new Float64Array(there.n * r);
    timesTranspose(rows, data, basis, there.n, r, d);
  }
  if (there.n === K) return { r, basis, projectedRows: rowsIn(rows, K, r), factor: null };
  const projected = new Float64Array(K * r);
  present.forEach((k, row) => {
    projected.set(rows.subarray(row * r, row * r + r), k * r);
  });
  return { r, basis, projectedRows: rowsIn(projected, K, r), factor: null };
}
