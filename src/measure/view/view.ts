import { inputError } from "../../errors.ts";
import type { Block } from "../first-pass.ts";
import type { Frame } from "../frame.ts";
import type { WorkProgress } from "../progress.ts";
import { type Directions, leadingDirections } from "./directions.ts";
import { addToSample, emptySample, keptRows, mergeSamples, type Sample } from "./sample.ts";
import { type UmapLayout, umapLayout } from "./umap.ts";

/** What is asked of a view. */
export interface ViewSettings {
  /** Of the sample of points (default 0). */
  seed?: number;
  /** Samples that are drawn, at most (default 2000). */
  points?: number;
}

/**
 * The features as a picture shows them: class means, spread of the classes and a sample of points along the leading directions of the class means. Coordinates are about the mean of the class means.
 */
export interface FeatureView {
  /** Of the sample. */
  seed: number;
  /** Of each direction (at most three; none where all means are equal): its share of the variance between the class means, the squares of the singular values of M. */
  shares: number[];
  /** K class means, as many numbers as directions; null: no samples. */
  means: (number[] | null)[];
  /** K covariance matrices within classes, over all samples (divided by n_k); null: no samples. */
  covariances: (number[][] | null)[];
  /** Of every class the same number of samples, or all that it has. */
  sample: {
    /** Which rows of the features they are, from 0 on. */
    rows: number[];
    /** Their classes. */
    classes: number[];
    /** Their coordinates. */
    points: number[][];
  };
  /** The same sample laid out by UMAP; null where it was not asked for, or is of too few samples. */
  umap: UmapLayout | null;
}

/** What a view adds up while the second pass goes by. */
export interface ViewState {
  /** Along which everything is. */
  readonly directions: Directions;
  /** Of each class the sum of y y', y = h - mu_k along the directions: K x q x q. */
  scatter: Float64Array;
  /** Of the rows so far. */
  sample: Sample;
}

/** So many points are seen well, and are 30 KB of a picture. */
const usualPoints = 2000;
const mostPoints = 10_000;

/** Settings, checked. Throws InputError. */
export function checkedView({ seed = 0, points = usualPoints }: ViewSettings): Required<ViewSettings> {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw inputError("view.seed", "a whole number of at least 0", seed);
  if (!(Number.isSafeInteger(points) && points >= 1 && points <= mostPoints))
    throw inputError("view.points", `a whole number from 1 to ${mostPoints}`, points);
  return { seed, points };
}

/** The view before the first block. Throws InputError for settings that make no sense. */
export function emptyView(frame: Frame, settings: ViewSettings = {}): ViewState {
  const checked = checkedView(settings);
  const directions = leadingDirections(frame);
  const scatter = new Float64Array(frame.K * directions.q ** 2);
  return { directions, scatter, sample: emptySample(frame.counts, frame.d, checked) };
}

/** Adds a block whose first row is `block.first` of all, or whose rows are `block.rows`. */
export function addToView(state: ViewState, frame: Frame, block: Block & { first: number }): void {
  const { d, means } = frame;
  const { q, vectors } = state.directions;
  const { n, features, labels, first, rows } = block;
  const y = new Float64Array(q);
  for (let i = 0; i < n; i++) {
    const k = labels[i];
    addToSample(state.sample, k, rows ? rows[i] : first + i, features, i * d, d);
    along(y, features, i * d, means, k * d, vectors, d);
    const to = k * q * q;
    for (let a = 0; a < q; a++) for (let b = 0; b < q; b++) state.scatter[to + a * q + b] += y[a] * y[b];
  }
}

/** (h - mu) along each direction, h and mu from their places on. */
function along(
  y: Float64Array,
  h: Float32Array | Float64Array,
  at: number,
  mu: Float64Array,
  mean: number,
  vectors: Float64Array,
  d: number,
): void {
  if (y.length === 3) {
    // All three in one go: this is what nearly every measurement does.
    let [y0, y1, y2] = [0, 0, 0];
    for (let j = 0; j < d; j++) {
      const x = h[at + j] - mu[mean + j];
      y0 += x * vectors[j];
      y1 += x * vectors[d + j];
      y2 += x * vectors[2 * d + j];
    }
    y[0] = y0;
    y[1] = y1;
    y[2] = y2;
    return;
  }
  for (let a = 0; a < y.length; a++) {
    y[a] = 0;
    for (let j = 0; j < d; j++) y[a] += (h[at + j] - mu[mean + j]) * vectors[a * d + j];
  }
}

/** The view of both parts of one data set together. */
export function mergeViews(a: ViewState, b: ViewState): ViewState {
  if (a.scatter.length !== b.scatter.length)
    throw inputError("shards", "views along the same directions", `sizes ${a.scatter.length} and ${b.scatter.length}`);
  return {
    directions: a.directions,
    scatter: a.scatter.map((x, i) => x + b.scatter[i]),
    sample: mergeSamples(a.sample, b.sample),
  };
}

/** Plain data of a view whose pass is over. */
export function viewOf({ directions, scatter, sample }: ViewState, { K, d, counts, means: mu }: Frame): FeatureView {
  const { q, vectors, means, shares } = directions;
  const rows = keptRows(sample);
  const y = new Float64Array(q);
  const points = rows.map(({ class: k, features }) => {
    along(y, features, 0, mu, k * d, vectors, d);
    return Array.from(y, (value, a) => means[k * q + a] + value);
  });
  const present = (k: number): boolean => counts[k] > 0;
  const classes = Array.from({ length: K }, (_, k) => k);
  return {
    seed: sample.seed,
    shares: Array.from(shares),
    means: classes.map((k) => (present(k) ? Array.from(means.subarray(k * q, k * q + q)) : null)),
    covariances: classes.map((k) =>
      present(k)
        ? Array.from({ length: q }, (_, a) => Array.from({ length: q }, (_, b) => scatter[(k * q + a) * q + b] / counts[k]))
        : null,
    ),
    sample: { rows: rows.map(({ row }) => row), classes: rows.map((one) => one.class), points },
    umap: null,
  };
}

/** The sample of a view laid out by UMAP (`umapLayout`), in the order of `viewOf`. */
export function layoutOf({ sample }: ViewState, d: number, progress?: WorkProgress): Promise<UmapLayout | null> {
  const rows = keptRows(sample);
  const features = new Float64Array(rows.length * d);
  rows.forEach((row, i) => {
    features.set(row.features, i * d);
  });
  return umapLayout(features, rows.length, d, sample.seed, progress);
}
