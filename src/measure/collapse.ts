import { matrix, norm2 } from "../math/matrix.ts";
import { svd } from "../math/svd.ts";
import type { Frame } from "./frame.ts";
import type { Head, Within } from "./second-pass.ts";

/**
 * The measures of neural collapse (theory, section 8). A measure that is undefined for the data is null, and `notes` says why: never NaN,
 * never a number made up.
 */
export interface Collapse {
  /** (1/K) tr(Sigma_W Sigma_B^+), by the weighting of Sigma_B: the paper's eq. (4.1), the paper's code, Papyan et al. */
  nc1: { paper: number | null; sampleWeighted: number | null; classBalanced: number | null };
  /** tr Sigma_W / tr Sigma_B, Sigma_B in the paper's weighting. */
  traceRatio: number | null;
  /** Mean over pairs of (v_k + v_l) / (2 |mu_k - mu_l|^2), class-distance normalized variance. */
  cdnv: number | null;
  /** Equal norms, equal angles, and the distance to the simplex ETF, of class means and of head rows (theory, section 8); 0 is collapse. */
  nc2: {
    equinormMeans: number | null;
    equinormWeights: number | null;
    equiangularMeans: number | null;
    equiangularWeights: number | null;
    etfDistance: number | null;
  };
  /** | W/|W|_F - M/|M|_F |_F. */
  nc3: number | null;
  /** Share of samples whose nearest class mean is not the class the head predicts. */
  nc4: number | null;
}

/** The measures, from the two passes. `note` is told why a measure is null. */
export function collapse(frame: Frame, within: Within, head: Head | null, note: (text: string) => void): Collapse {
  const { K, N, d, counts, present, means, sampleMean, classMean } = frame;
  const k = present.length;
  if (k < K) note(`${K - k} of ${K} classes do not occur: the measures are over the ${k} that do`);
  const traceWithin = within.scatter.reduce((a, b) => a + b, 0) / N;
  let traceBetween = 0;
  for (const c of present) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += (means[c * d + j] - sampleMean[j]) ** 2;
    traceBetween += sum / k;
  }
  const centred = matrix(k, d);
  present.forEach((c, row) => {
    for (let j = 0; j < d; j++) centred.data[row * d + j] = means[c * d + j] - classMean[j];
  });
  if (frame.r === 0) note("all class means are equal: nc1, traceRatio, angles and nc3 are undefined");
  const M = describeRows(centred.data, k, d);
  const W = head && describeRows(head.W, K, d);
  if (frame.r > 0 && M.equiangular === null) note("a class mean equals the mean of the class means: its angles are undefined");
  if (W && W.equiangular === null) note("a row of the head is 0: its angles are undefined");
  return {
    nc1: {
      paper: nc1(
        frame,
        within,
        (_, g) => g,
        () => 1 / k,
      ),
      sampleWeighted: nc1(
        frame,
        within,
        (_, g) => g,
        (c) => counts[c] / N,
      ),
      classBalanced: nc1(
        frame,
        within,
        (centre) => centre,
        () => 1 / k,
      ),
    },
    traceRatio: frame.r === 0 ? null : traceWithin / traceBetween,
    cdnv: cdnv(frame, within, note),
    nc2: {
      equinormMeans: M.equinorm,
      equinormWeights: W ? W.equinorm : null,
      equiangularMeans: M.equiangular,
      equiangularWeights: W ? W.equiangular : null,
      etfDistance: etfDistance(centred.data, k, d),
    },
    nc3: head ? nc3(frame, head.W, note) : null,
    nc4: within.head ? within.head.disagreements / within.seen : null,
  };
}

/**
 * (1/K) tr(Sigma_W Sigma_B^+) in the span of the means. The rows of X are sqrt(weight) (mu_k - centre), so that Sigma_B = X'X and with
 * X = U S V' the trace is sum_l v_l' Sigma_W v_l / S_l^2.
 */
function nc1(
  frame: Frame,
  within: Within,
  centre: (classCentre: Float64Array, sampleCentre: Float64Array) => Float64Array,
  weight: (k: number) => number,
): number | null {
  const { r, N, present, projected } = frame;
  if (r === 0) return null;
  const sample = new Float64Array(r);
  for (const k of present) for (let a = 0; a < r; a++) sample[a] += (frame.counts[k] / N) * projected[k * r + a];
  const origin = centre(new Float64Array(r), sample);
  const X = matrix(present.length, r);
  present.forEach((k, row) => {
    for (let a = 0; a < r; a++) X.data[row * r + a] = Math.sqrt(weight(k)) * (projected[k * r + a] - origin[a]);
  });
  const { S, V } = svd(X);
  let trace = 0;
  for (let l = 0; l < S.length && S[l] > 1e-10 * S[0]; l++) {
    let form = 0;
    for (let a = 0; a < r; a++)
      for (let b = 0; b < r; b++) form += V.data[a * V.cols + l] * within.projected[a * r + b] * V.data[b * V.cols + l];
    trace += form / N / S[l] ** 2;
  }
  return trace / present.length;
}

function cdnv(frame: Frame, within: Within, note: (text: string) => void): number | null {
  const { r, counts, present, projected } = frame;
  let sum = 0;
  let pairs = 0;
  for (const k of present) {
    for (const l of present) {
      if (l <= k) continue;
      let distance = 0;
      for (let a = 0; a < r; a++) distance += (projected[k * r + a] - projected[l * r + a]) ** 2;
      if (distance === 0) {
        note(`the means of classes ${k} and ${l} are equal: cdnv is undefined`);
        return null;
      }
      sum += (within.scatter[k] / counts[k] + within.scatter[l] / counts[l]) / (2 * distance);
      pairs++;
    }
  }
  return pairs === 0 ? null : sum / pairs;
}

/** Spread of the norms (population standard deviation / mean) and mean deviation of the angles from the simplex ETF's, over rows. */
function describeRows(rows: Float64Array, n: number, d: number): { equinorm: number | null; equiangular: number | null } {
  const norms = Array.from({ length: n }, (_, k) => norm2(rows.subarray(k * d, k * d + d)));
  const mean = norms.reduce((a, b) => a + b, 0) / n;
  if (mean === 0) return { equinorm: null, equiangular: null };
  const equinorm = Math.sqrt(norms.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n) / mean;
  if (norms.some((x) => x === 0)) return { equinorm, equiangular: null };
  let sum = 0;
  for (let k = 0; k < n; k++) {
    for (let l = k + 1; l < n; l++) {
      let dot = 0;
      for (let j = 0; j < d; j++) dot += rows[k * d + j] * rows[l * d + j];
      sum += Math.abs(dot / (norms[k] * norms[l]) + 1 / (n - 1));
    }
  }
  return { equinorm, equiangular: n < 2 ? null : sum / ((n * (n - 1)) / 2) };
}

/** | M M'/|M M'|_F - (I - J/K)/sqrt(K-1) |_F over the rows of M. */
function etfDistance(M: Float64Array, n: number, d: number): number | null {
  const gram = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let l = 0; l <= k; l++) {
      let dot = 0;
      for (let j = 0; j < d; j++) dot += M[k * d + j] * M[l * d + j];
      gram[k * n + l] = gram[l * n + k] = dot;
    }
  }
  const size = norm2(gram);
  if (size === 0 || n < 2) return null;
  for (let k = 0; k < n; k++)
    for (let l = 0; l < n; l++) gram[k * n + l] = gram[k * n + l] / size - ((k === l ? 1 : 0) - 1 / n) / Math.sqrt(n - 1);
  return norm2(gram);
}

function nc3(frame: Frame, W: Float64Array, note: (text: string) => void): number | null {
  const { K, d, present, means, classMean } = frame;
  if (present.length < K) {
    note("classes do not occur: nc3 is undefined");
    return null;
  }
  const M = new Float64Array(K * d);
  for (let k = 0; k < K; k++) for (let j = 0; j < d; j++) M[k * d + j] = means[k * d + j] - classMean[j];
  const sizeM = norm2(M);
  const sizeW = norm2(W);
  if (sizeW === 0) note("the head is 0: nc3 is undefined");
  if (sizeM === 0 || sizeW === 0 || frame.r === 0) return null;
  return norm2(M.map((x, e) => W[e] / sizeW - x / sizeM));
}
