import { format } from "../number-text.ts";
import { eachBlock, type Rows } from "../row-store.ts";
import { type Frame, meanRowsOf, projectedRowsOf } from "./frame.ts";
import { type Head, headRows } from "./head.ts";
import { type MeansGeometry, weightsGeometry } from "./means.ts";
import { nc1s, type Weightings } from "./nc1.ts";
import { withGroupsAsOne } from "./near-pairs.ts";
import { type StageProgress, stage } from "./progress.ts";
import { lengthOfRows } from "./row-sums.ts";
import type { Within } from "./second-pass.ts";
import { rankTolerance } from "./span.ts";

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
  const { K, N, d, counts, present, sampleMean } = frame;
  const k = present.length;
  if (k < K) note(`${K - k} of ${K} classes do not occur: the measures are over the ${k} that do`);
  const traceWithin = within.scatter.reduce((a, b) => a + b, 0) / N;
  let traceBetween = 0;
  eachBlock(meanRowsOf(frame), (means, from, count) => {
    for (let i = 0; i < count; i++) {
      if (counts[from + i] === 0) continue;
      let sum = 0;
      for (let j = 0; j < d; j++) sum += (means[i * d + j] - sampleMean[j]) ** 2;
      traceBetween += sum / k;
    }
  });
  if (frame.r === 0) note("all class means are equal: nc1, traceRatio, angles and nc3 are undefined");
  if (M.equal) note(`the means of classes ${M.equal.join(" and ")} are equal: cdnv is undefined`);
  const W = head && weightsGeometry(headRows(head), stage(progress, "angles of the head"));
  if (frame.r > 0 && M.equiangular === null) note("a class mean equals the mean of the class means: its angles are undefined");
  if (W && W.equiangular === null) note("a row of the head is 0: its angles are undefined");
  const single = present.every((c) => counts[c] === 1);
  if (single)
    note(
      "every class has ONE sample: there is no spread within classes, so nc1, traceRatio and cdnv (0 by construction) are undefined",
    );
  const undefinedSpread = frame.r === 0 || single;
  const all = undefinedSpread ? null : nc1s(frame, { projected: projectedRowsOf(frame), scatter: within.projected, r: frame.r });
  if (all) nearNotes(frame, within, M, all, note);
  return {
    nc1: all ?? { paper: null, sampleWeighted: null, classBalanced: null },
    traceRatio: undefinedSpread ? null : traceWithin / traceBetween,
    cdnv: single ? null : M.cdnv,
    nc2: {
      equinormMeans: M.equinorm,
      equinormWeights: W ? W.equinorm : null,
      equiangularMeans: M.equiangular,
      equiangularWeights: W ? W.equiangular : null,
      etfDistance: M.etfDistance,
    },
    nc3: head ? nc3(frame, headRows(head), note) : null,
    nc4: within.head ? within.head.disagreements / within.seen : null,
  };
}

/** More directions than this are not looked through. */
const mostDirections = 64;

/** Where nearly equal means make most of NC1, or are too near for it, says which they are and what NC1 is without them. */
function nearNotes(frame: Frame, within: Within, M: MeansGeometry, all: Weightings, note: (text: string) => void): void {
  const groups = M.merged;
  const directions = groups.reduce((sum, group) => sum + group.length - 1, 0);
  if (directions === 0 || directions > mostDirections) return;
  const nearest = groups.flat().reduce((least, k) => Math.min(least, M.distance[k]), Number.POSITIVE_INFINITY);
  const who = groups.map((group) => group.join(" and ")).join("; ");
  const apart = `the means of classes ${who} are ${format(nearest / M.largest, 3)} of the largest distance apart`;
  const rest = withGroupsAsOne(frame, within, groups);
  const without = rest && nc1s(frame, rest);
  if (without && all.classBalanced > 2 * without.classBalanced)
    note(
      `nc1 is that ${directions === 1 ? "pair" : "of those groups"}: ${apart}. With those means taken as one nc1 is ${format(without.paper, 3)} (paper), ${format(without.sampleWeighted, 3)} (sampleWeighted), ${format(without.classBalanced, 3)} (classBalanced). cdnv is of them too`,
    );
  else if (nearest <= 10 * rankTolerance * M.largest)
    note(`${apart}: too near for nc1, which takes those means as one (below ${rankTolerance}). cdnv is of them`);
}

function nc3(frame: Frame, W: Rows, note: (text: string) => void): number | null {
  const { K, d, present, classMean } = frame;
  if (present.length < K) {
    note("classes do not occur: nc3 is undefined");
    return null;
  }
  const sizeM = Math.sqrt(frame.squaredNorms.reduce((a, b) => a + b, 0));
  const sizeW = lengthOfRows(W);
  if (sizeW === 0) note("the head is 0: nc3 is undefined");
  if (sizeM === 0 || sizeW === 0 || frame.r === 0) return null;
  let squares = 0;
  const meanRows = meanRowsOf(frame);
  eachBlock(W, (weights, from, count) => {
    const means = meanRows.read(from, from + count);
    for (let i = 0, e = 0; i < count; i++)
      for (let j = 0; j < d; j++, e++) squares += (weights[e] / sizeW - (means[e] - classMean[j]) / sizeM) ** 2;
  });
  return Math.sqrt(squares);
}
