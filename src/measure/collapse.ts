import { matrix, norm2, transpose } from "../math/matrix.ts";
import { svd } from "../math/svd.ts";
import { lowerFactor, traceOfSolve } from "../math/triangular.ts";
import type { Frame } from "./frame.ts";
import type { Head } from "./head.ts";
import { type MeansGeometry, weightsGeometry } from "./means.ts";
import { type StageProgress, stage } from "./progress.ts";
import type { Within } from "./second-pass.ts";
import { jacobiMost } from "./span.ts";

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

/** The measures, from both passes and the geometry of the class means. `note` is told why a measure is null. */
export function collapse(
  frame: Frame,
  within: Within,
  M: MeansGeometry,
  head: Head | null,
  note: (text: string) => void,
  progress?: StageProgress,
): Collapse {
  const { K, N, d, counts, present, means, sampleMean } = frame;
  const k = present.length;
  if (k < K) note(`${K - k} of ${K} classes do not occur: the measures are over the ${k} that do`);
  const traceWithin = within.scatter.reduce((a, b) => a + b, 0) / N;
  let traceBetween = 0;
  for (const c of present) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += (means[c * d + j] - sampleMean[j]) ** 2;
    traceBetween += sum / k;
  }
  if (frame.r === 0) note("all class means are equal: nc1, traceRatio, angles and nc3 are undefined");
  if (M.equal) note(`the means of classes ${M.equal.join(" and ")} are equal: cdnv is undefined`);
  const W = head && weightsGeometry(head.W, K, d, stage(progress, "angles of the head"));
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
    cdnv: M.cdnv,
    nc2: {
      equinormMeans: M.equinorm,
      equinormWeights: W ? W.equinorm : null,
      equiangularMeans: M.equiangular,
      equiangularWeights: W ? W.equiangular : null,
      etfDistance: M.etfDistance,
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
  if (r > jacobiMost) {
    const L = lowerFactor(transpose(X).data, r, present.length);
    if (L) return traceOfSolve(L, within.projected, r) / N / present.length;
  }
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

function nc3(frame: Frame, W: Float64Array, note: (text: string) => void): number | null {
  const { K, d, present, means, classMean } = frame;
  if (present.length < K) {
    note("classes do not occur: nc3 is undefined");
    return null;
  }
  const sizeM = Math.sqrt(frame.squaredNorms.reduce((a, b) => a + b, 0));
  const sizeW = norm2(W);
  if (sizeW === 0) note("the head is 0: nc3 is undefined");
  if (sizeM === 0 || sizeW === 0 || frame.r === 0) return null;
  let squares = 0;
  for (let k = 0; k < K; k++)
    for (let j = 0; j < d; j++) squares += (W[k * d + j] / sizeW - (means[k * d + j] - classMean[j]) / sizeM) ** 2;
  return Math.sqrt(squares);
}
