import { timesTranspose } from "../math/index.ts";
import type { Block } from "./first-pass.ts";
import type { Frame } from "./frame.ts";

/** Half a unit in the last place of float32. */
const single = 2 ** -24;
/** Lengths from here on, squared and summed, may leave float32. */
const longest = 1e15;

/**
 * The class with the nearest mean, for every sample. In the span of the means the sample sits at x = y + mu_k, y = h - mu_k (`Y`, n x r, which is overwritten). Where |y| is less than half the distance from
 * mu_k to any other mean, mu_k is the nearest (the triangle inequality). Elsewhere it is the one with the largest score mu_c . x - |mu_c|^2 / 2.
 *
 * Scores are computed in float32, where each is off by at most (r + 4) u |x| |mu_c| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., (3.3) and (3.5), u = 2^-24, with a term
 * for the rounding of the factors): classes whose score is nearer to the largest than twice that are compared anew in float64. So the answer is that of float64. `scores`: room for n K numbers. `squares`: |y|^2, n numbers, where they are known.
 */
export function nearestMeans(
  frame: Frame,
  { n, labels }: Block,
  Y: Float64Array,
  scores: Float64Array,
  squares: Float64Array | null = null,
): Int32Array {
  const { K, r, projected, squaredNorms, counts } = frame;
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
    for (let a = 0; a < r; a++) Y[to + a] = Y[i * r + a] + projected[k * r + a];
    lengths.push(norm(Y, to, r));
    longestOutside = Math.max(longestOutside, lengths[outside.length]);
    outside.push(i);
  }
  if (outside.length === 0) return nearest;
  const rough = reach < longest && longestOutside < longest;
  // A class that does not occur has no mean.
  const half = squaredNorms.map((square, c) => (counts[c] > 0 ? square / 2 : Number.POSITIVE_INFINITY));
  timesTranspose(scores, Y, projected, outside.length, K, r, false, rough ? "single" : "double");
  outside.forEach((i, at) => {
    const row = at * K;
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < K; c++) {
      const score = scores[row + c] - half[c];
      if (score > most) {
        second = most;
        most = score;
        best = c;
      } else if (score > second) second = score;
    }
    nearest[i] = best;
    const enough = most - 2 * errorOf(r, lengths[at] * reach) - 4 * Number.EPSILON * Math.abs(most);
    if (!rough || second < enough) return;
    let exact = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < K; c++) {
      if (!(scores[row + c] - half[c] >= enough)) continue;
      const score = dot(Y, at * r, projected, c * r, r) - half[c];
      if (score > exact) {
        exact = score;
        nearest[i] = c;
      }
    }
  });
  return nearest;
}

/** Of an inner product of r terms in float32, vectors whose lengths have this product. What underflows there is below 1e-45 `longest` a term. */
const errorOf = (r: number, product: number): number => 1.01 * (r + 4) * single * product + r * 1e-30;

/** Of a frame, found once. */
interface Balls {
  /** Half the distance from each class mean to the nearest other, or less, K. */
  radii: Float64Array;
  /** Length of the longest mean. */
  reach: number;
}

const found = new WeakMap<Frame, Balls>();

const block = 512;

/** K^2 r / 2 work in float32; with fewer samples than classes more than it saves: then no mean has a ball. */
function ballsOf(frame: Frame): Balls {
  const known = found.get(frame);
  if (known) return known;
  const { N, K, r, projected, squaredNorms, present } = frame;
  const reach = Math.sqrt(squaredNorms.reduce((most, x) => Math.max(most, x), 0));
  const radii = new Float64Array(K);
  if (N >= K && reach < longest && present.length === K) {
    const least = new Float64Array(K).fill(Number.POSITIVE_INFINITY);
    const G = new Float64Array(Math.min(K, block) ** 2);
    for (let top = 0; top < K; top += block) {
      const height = Math.min(block, K - top);
      const A = projected.subarray(top * r, (top + height) * r);
      for (let left = top; left < K; left += block) {
        const width = Math.min(block, K - left);
        timesTranspose(G, A, projected.subarray(left * r, (left + width) * r), height, width, r, false, "single");
        for (let i = 0; i < height; i++)
          for (let j = left === top ? i + 1 : 0; j < width; j++) {
            const square = squaredNorms[top + i] + squaredNorms[left + j] - 2 * G[i * width + j];
            if (square < least[top + i]) least[top + i] = square;
            if (square < least[left + j]) least[left + j] = square;
          }
      }
    }
    const slack = 2 * errorOf(r, reach * reach) + 8 * Number.EPSILON * reach * reach;
    // A little less: lengths are rounded too.
    for (let k = 0; k < K; k++) radii[k] = 0.5 * (1 - 1e-9) * Math.sqrt(Math.max(0, least[k] - slack));
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

function dot(x: Float64Array, at: number, y: Float64Array, from: number, length: number): number {
  let sum = 0;
  for (let j = 0; j < length; j++) sum += x[at + j] * y[from + j];
  return sum;
}
