import { type Random, random, times, timesTranspose } from "../../math/index.ts";
import type { WorkProgress } from "../progress.ts";
import { nearestRows } from "./neighbours.ts";

/**
 * Points of d numbers laid out in the plane by UMAP (McInnes, Healy, Melville 2018): neighbours there are neighbours here, and nothing else is promised. The layout knows nothing of classes.
 * The neighbours are exact (all distances: n is a sample), and the layout starts at the two leading principal components, so that a seed changes little; both take the place of the library's searches and random start.
 */
export interface UmapLayout {
  /** Of each point, itself among them. */
  neighbours: number;
  /** n x 2. */
  points: number[][];
}

/** As in the paper and its programs. */
const usualNeighbours = 15;
/** With fewer the graph of neighbours is all of them. */
const fewest = 5;

/** `features`: n x d, row-major. Null for fewer than 5 points, and where all are the same. The library is loaded when a layout is asked for. */
export async function umapLayout(
  features: Float64Array,
  n: number,
  d: number,
  seed: number,
  progress?: WorkProgress,
): Promise<UmapLayout | null> {
  if (n < fewest) return null;
  const X = centred(features, n, d);
  const neighbours = Math.min(usualNeighbours, n - 1);
  const { indices, distances } = nearestRows(X, n, d, neighbours);
  if (distances.every((row) => row.every((x) => x === 0))) return null;
  const r = random(seed);
  const { UMAP } = await import("umap-js");
  const umap = new UMAP({ nNeighbors: neighbours, random: () => r.uniform() });
  umap.setPrecomputedKNN(indices, distances);
  // The points themselves are only looked at for their number.
  const epochs = umap.initializeFit(indices);
  const start = principal(X, n, d, r);
  umap.getEmbedding().forEach((point, i) => {
    point[0] = start[i];
    point[1] = start[n + i];
  });
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    progress?.(epoch + 1, epochs);
  }
  return { neighbours, points: umap.getEmbedding().map(([x, y]) => [x, y]) };
}

/** The points about their mean, n x d. */
function centred(features: Float64Array, n: number, d: number): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j] += features[i * d + j] / n;
  return features.map((x, e) => x - mean[e % d]);
}

/** Turns of the power method; a start needs no digits. */
const turns = 40;
/** Half the side of the square that holds the start, as in UMAP's programs; and the noise that separates equal points. */
const [side, noise] = [10, 1e-3];

/** The points along their two leading principal components, one after the other: 2 x n. */
function principal(X: Float64Array, n: number, d: number, r: Random): Float64Array {
  const Q = Float64Array.from({ length: 2 * n }, () => r.normal());
  for (let turn = 0; turn < turns; turn++) {
    const along = new Float64Array(2 * d);
    times(along, Q, X, 2, n, d);
    timesTranspose(Q, along, X, 2, n, d);
    orthonormal(Q, n);
  }
  const most = Q.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  return Q.map((x) => (side / most) * x + noise * r.normal());
}

function orthonormal(Q: Float64Array, n: number): void {
  const [x, y] = [Q.subarray(0, n), Q.subarray(n)];
  unit(x);
  let dot = 0;
  for (let i = 0; i < n; i++) dot += x[i] * y[i];
  for (let i = 0; i < n; i++) y[i] -= dot * x[i];
  unit(y);
}

function unit(x: Float64Array): void {
  let squares = 0;
  for (const value of x) squares += value * value;
  const length = Math.sqrt(squares);
  if (length > 0) for (let i = 0; i < x.length; i++) x[i] /= length;
}
