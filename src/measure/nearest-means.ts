import { type Precision, timesTranspose } from "../math/index.ts";
import type { Block } from "./first-pass.ts";
import { type Frame, projectedRowsOf } from "./frame.ts";
import { pairsOfMeans, pairsStage } from "./means.ts";
import { type StageProgress, stage } from "./progress.ts";
import { errorOfSingle, longestSingle } from "./single.ts";

/** Classes whose scores are computed at a time. */
const classesOfPart = 2048;

/**
 * The class with the nearest mean, for every sample. In the span of the means the sample sits at x = y + mu_k, y = h - mu_k (`Y`, n x r, which is overwritten). Where |y| is less than half the distance from
 * mu_k to any other mean, mu_k is the nearest (the triangle inequality). Elsewhere it is the one with the largest score mu_c . x - |mu_c|^2 / 2.
 *
 * Scores are computed in float32, where each has an error bound (`errorOfSingle`): classes whose score is nearer to the largest than twice that are compared anew in float64. So the answer is that of float64. `squares`: |y|^2, n numbers, where they are known.
 */
export function nearestMeans(
  frame: Frame,
  { n, labels }: Block,
  Y: Float64Array,
  squares: Float64Array | null = null,
): Int32Array {
  const { r } = frame;
  const projectedRows = projectedRowsOf(frame);
  const { radii, reach } = ballsOf(frame);
  const nearest = new Int32Array(n);
  // Those outside of their ball move up.
  const outside: number[] = [];
  let longestOutside = 0;
  const lengths: number[] = [];
  for (let i = 0; i < n; i++) {
    const k = labels[i];
    nearest[i] = k;
    if ((squares ? Math.sqrt(squares[i]) : norm(Y, i * r, r)) < radii[k]) continue;
    const to = outside.length * r;
    const mean = projectedRows.read(k, k + 1);
    for (let a = 0; a < r; a++) Y[to + a] = Y[i * r + a] + mean[a];
    lengths.push(norm(Y, to, r));
    longestOutside = Math.max(longestOutside, lengths[outside.length]);
    outside.push(i);
  }
  if (outside.length === 0) return nearest;
  const rough = reach < longestSingle && longestOutside < longestSingle;
  const slack = lengths.map((length) =>
    rough ? 2 * errorOfSingle(r, length * reach) + 8 * Number.EPSILON * reach * (length + reach) : 0,
  );
  const { best, near } = bestScores(frame, Y, slack, rough ? "single" : "double");
  settleCrowded(frame, Y, best, near);
  outside.forEach((i, at) => {
    nearest[i] = best[at];
    if (near[at].length < 2) return;
    let exact = Number.NEGATIVE_INFINITY;
    for (const c of near[at]) {
      const score = dot(Y, at * r, projectedRows.read(c, c + 1)) - frame.squaredNorms[c] / 2;
      if (score > exact) {
        exact = score;
        nearest[i] = c;
      }
    }
  });
  return nearest;
}

/** So many classes near a sample's best are kept: beyond that all its scores are computed in float64. */
const mostNear = 512;

/** Samples with too many classes near the best one (beside one very long mean every class is near): their best is found in float64, and nothing is left to compare. */
function settleCrowded(frame: Frame, X: Float64Array, best: Int32Array, near: number[][]): void {
  const { r } = frame;
  const crowded = Array.from(near.keys()).filter((i) => near[i].length >= mostNear);
  if (crowded.length === 0) return;
  const rows = new Float64Array(crowded.length * r);
  crowded.forEach((i, row) => {
    rows.set(X.subarray(i * r, i * r + r), row * r);
  });
  const exact = bestScores(frame, rows, new Array(crowded.length).fill(0), "double");
  crowded.forEach((i, row) => {
    best[i] = exact.best[row];
    near[i] = [];
  });
}

/** Of each sample: the first class with the largest score, and all classes in order whose score is within `slack` of it, or `mostNear` of those that were. Classes that do not occur have none. */
function bestScores(
  frame: Frame,
  X: Float64Array,
  slack: readonly number[],
  precision: Precision,
): { best: Int32Array; near: number[][] } {
  const { K, r, squaredNorms, counts } = frame;
  const projectedRows = projectedRowsOf(frame);
  const n = slack.length;
  const best = new Int32Array(n);
  const most = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
  const near: { c: number; score: number }[][] = slack.map(() => []);
  // A class that does not occur has no mean.
  const half = squaredNorms.map((square, c) => (counts[c] > 0 ? square / 2 : Number.POSITIVE_INFINITY));
  const scores = roomFor(n * Math.min(K, classesOfPart));
  for (let first = 0; first < K; first += classesOfPart) {
    const width = Math.min(classesOfPart, K - first);
    timesTranspose(scores, X, projectedRows.read(first, first + width), n, width, r, false, precision);
    for (let i = 0; i < n; i++) {
      let enough = most[i] - slack[i];
      for (let j = 0; j < width; j++) {
        const score = scores[i * width + j] - half[first + j];
        if (!(score >= enough) || score === Number.NEGATIVE_INFINITY) continue;
        if (near[i].length < mostNear) near[i].push({ c: first + j, score });
        if (score <= most[i]) continue;
        most[i] = score;
        best[i] = first + j;
        enough = score - slack[i];
      }
    }
  }
  return {
    best,
    near: near.map((all, i) =>
      (all.length === mostNear ? all : all.filter(({ score }) => score >= most[i] - slack[i])).map(({ c }) => c),
    ),
  };
}

let kept = new Float64Array(0);

/** One room for all blocks. */
function roomFor(length: number): Float64Array {
  if (kept.length < length) kept = new Float64Array(length);
  return kept;
}

/** Of a frame, found once. */
interface Balls {
  /** Half the distance from each class mean to the nearest other, or less, K. */
  radii: Float64Array;
  /** Length of the longest mean. */
  reach: number;
}

const found = new WeakMap<Frame, Balls>();

/** With fewer samples than classes the distances between means are not worth it: then no mean has a ball. */
const areWorthIt = ({ N, K, present }: Frame): boolean => N >= K && present.length > 1;

/** Finds the distances that `nearestMeans` asks for, so that somebody is told how far that is. */
export function distancesFirst(frame: Frame, progress: StageProgress | undefined): void {
  if (areWorthIt(frame)) pairsOfMeans(frame, stage(progress, pairsStage));
}

function ballsOf(frame: Frame): Balls {
  const known = found.get(frame);
  if (known) return known;
  const { K, squaredNorms, present } = frame;
  const reach = Math.sqrt(squaredNorms.reduce((most, x) => Math.max(most, x), 0));
  const radii = new Float64Array(K);
  if (areWorthIt(frame)) {
    const { distance } = pairsOfMeans(frame);
    // A little less: lengths are rounded, and distances, which come from squares of up to reach^2 and products of r terms.
    const rounding = (frame.r + 8) * Number.EPSILON * reach;
    for (const k of present)
      radii[k] = distance[k] > 0 ? 0.5 * (1 - 1e-9) * distance[k] - rounding * Math.max(1, reach / distance[k]) : 0;
  }
  const balls = { radii, reach };
  found.set(frame, balls);
  return balls;
}

function norm(x: Float64Array, at: number, length: number): number {
  let sum = 0;
  for (let j = at; j < at + length; j++) sum += x[j] * x[j];
  return Math.sqrt(sum);
}

function dot(x: Float64Array, at: number, y: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < y.length; j++) sum += x[at + j] * y[j];
  return sum;
}
