import { maximum } from "../extremes.ts";
import { lossNamed } from "../loss/index.ts";
import { type ClassStatus, sameLimit, shortLimit, statusOf } from "./class-status.ts";
import { groupsOfPairs } from "./nearness.ts";
import type { Outline } from "./predict.ts";

/**
 * Every class of a prediction: does it keep its own, who outvotes it, who is nearest (theory, section 11). From J x J numbers: classes of a
 * cluster are all alike.
 */
export interface PredictedClass {
  /** Class index. */
  class: number;
  /** Its samples. */
  count: number;
  /** Prediction of its own class at its mean, as the loss sees it: a probability of the softmax (with factors and offsets), of the square loss the logit itself. */
  pOwn: number;
  /** The class with the largest other logit there. */
  rival: number;
  /** Own logit minus that one. */
  margin: number;
  /** What becomes of it: `statusOf`. */
  status: ClassStatus;
  /** The class with the nearest mean prediction. */
  nearest: number;
  /** |z_k - z_nearest| over the largest such distance of any pair; 0 where all are equal. */
  distance: number;
}

/** What `nclab measure` says of a network that has come to this prediction: its rule knows distances, not the law. */
export interface AsMeasured {
  /** Groups of classes whose mean predictions are nearer than `sameLimit`. */
  merged: number[][];
  /** Classes whose mean predictions are shorter than `shortLimit`. */
  vanished: number[];
}

/** One entry a class, in the order of classes. */
export function classesOf(outline: Outline): PredictedClass[] {
  const { clusters, problem } = outline;
  const { within, between, largest } = distances(outline);
  const { standings, largestLogit } = standingsOf(outline);
  const limit = sameLimit(largest);
  const found = new Array<PredictedClass>(problem.K);
  clusters.forEach(({ classes, size }, j) => {
    const { pOwn, margin, rival, twin } = standings[j];
    let nearest = size > 1 ? j : -1;
    let distance = size > 1 ? within[j] : Number.POSITIVE_INFINITY;
    for (let l = 0; l < clusters.length; l++) {
      if (l === j || between[j][l] >= distance) continue;
      nearest = l;
      distance = between[j][l];
    }
    const status = statusOf({ margin, distance, limit, largestLogit, twin });
    for (const k of classes) {
      const other = (l: number): number => clusters[l].classes[l === j && clusters[l].classes[0] === k ? 1 : 0];
      found[k] = {
        class: k,
        count: problem.counts[k],
        pOwn,
        rival: other(rival),
        margin,
        status,
        nearest: other(nearest),
        distance: largest === 0 ? 0 : distance / largest,
      };
    }
  });
  return found;
}

/** Whether a class is its own, and its margin. */
export interface OwnMargin {
  /** As its status says. */
  own: boolean;
  /** Own logit minus the largest other. */
  margin: number;
}

/** The same of every class without what takes distances, which is the most of it: in the order of classes. */
export function ownMargins(outline: Outline): OwnMargin[] {
  const { standings, largestLogit } = standingsOf(outline);
  const found = new Array<OwnMargin>(outline.problem.K);
  outline.clusters.forEach(({ classes }, j) => {
    const { margin, twin } = standings[j];
    // What a class is that is not its own depends on its distance from others; whether it is does not.
    const own = statusOf({ margin, distance: 0, limit: 0, largestLogit, twin }) === "own";
    for (const k of classes) found[k] = { own, margin };
  });
  return found;
}

interface ClusterStanding extends LogitsSeen {
  /** Whether its classes are one vector with others of their count. */
  twin: boolean;
}

/** Of a class of each cluster: what its logits say. */
function standingsOf(outline: Outline): { standings: ClusterStanding[]; largestLogit: number } {
  const { clusters, problem, vanished } = outline;
  // Vanished classes of one count are one vector (0), whatever else sets their clusters apart.
  const gone = new Map<number, number>();
  for (const k of vanished) gone.set(problem.counts[k], (gone.get(problem.counts[k]) ?? 0) + 1);
  const zero = new Set(vanished);
  const standings = clusters.map(({ classes, merged }, j) => {
    const twin = merged || (zero.has(classes[0]) && (gone.get(problem.counts[classes[0]]) ?? 0) > 1);
    return { ...logitsOf(outline, j), twin };
  });
  return { standings, largestLogit: standings.reduce((most, s) => Math.max(most, s.largestLogit), 0) };
}

/**
 * Groups of two or more classes with one predicted vector, exactly: merged clusters, and all vanished classes together, whose vector is 0.
 * In order of their first class.
 */
export function mergedExactly({ clusters, vanished }: Pick<Outline, "clusters" | "vanished">): number[][] {
  const gone = new Set(vanished);
  const groups = clusters.filter((c) => c.merged && !gone.has(c.classes[0])).map((c) => [...c.classes]);
  if (vanished.length >= 2) groups.push([...vanished]);
  return groups.sort((x, y) => x[0] - y[0]);
}

/** The groups and vanished classes of a prediction by the rule of a measurement. */
export function asMeasured(summary: Outline): AsMeasured {
  const { clusters, problem } = summary;
  const { within, between, largest } = distances(summary);
  const limit = sameLimit(largest);
  const groups = groupsOfPairs(Array.from({ length: problem.K }, (_, k) => k));
  clusters.forEach(({ classes, size }, j) => {
    if (size > 1 && within[j] <= limit) for (const k of classes) groups.join(classes[0], k);
    for (let l = 0; l < j; l++)
      if (between[j][l] <= limit) for (const k of [...classes, ...clusters[l].classes]) groups.join(classes[0], k);
  });
  const lengths = clusters.map((_, j) => predictionLength(summary, j));
  const short = shortLimit(maximum(lengths));
  const vanished = clusters.flatMap(({ classes }, j) => (lengths[j] <= short ? classes : [])).sort((x, y) => x - y);
  return { merged: groups.result(), vanished };
}

/** |z_k| for a class of cluster j. */
export function predictionLength({ clusters, blocks: { other, own } }: Outline, j: number): number {
  let squares = own[j] ** 2;
  clusters.forEach(({ size }, i) => {
    if (i !== j) squares += size * other[i][j] ** 2;
    else if (size > 1) squares += (size - 1) * other[j][j] ** 2;
  });
  return Math.sqrt(squares);
}

/** Distances of mean predictions: of two classes of one cluster (0 where it has one only), of two clusters, and the largest of all. */
function distances({ clusters, blocks: { other, own } }: Outline): {
  within: number[];
  between: number[][];
  largest: number;
} {
  const J = clusters.length;
  const within = clusters.map(({ size }, j) => (size > 1 ? Math.SQRT2 * Math.abs(own[j] - other[j][j]) : 0));
  let largest = maximum(within);
  const between = clusters.map(() => new Array<number>(J).fill(0));
  // A cluster of one has no entry off its own diagonal.
  const inBlock = (j: number): number => (clusters[j].size > 1 ? other[j][j] : own[j]);
  // Columns along memory, as they are compared.
  const columns = Array.from({ length: J }, (_, j) => Float64Array.from({ length: J }, (_, i) => other[i][j]));
  const sizes = Float64Array.from(clusters, ({ size }) => size);
  for (let j = 0; j < J; j++)
    for (let l = 0; l < j; l++) {
      let squares = apart(columns[j], columns[l], sizes, 0, l) + apart(columns[j], columns[l], sizes, l + 1, j);
      squares += apart(columns[j], columns[l], sizes, j + 1, J);
      squares += (clusters[j].size - 1) * (inBlock(j) - other[j][l]) ** 2 + (own[j] - other[j][l]) ** 2;
      squares += (clusters[l].size - 1) * (inBlock(l) - other[l][j]) ** 2 + (own[l] - other[l][j]) ** 2;
      between[j][l] = between[l][j] = Math.sqrt(squares);
      largest = Math.max(largest, between[j][l]);
    }
  return { within, between, largest };
}

/** sum_i sizes_i (x_i - y_i)^2 over from <= i < to. */
function apart(x: Float64Array, y: Float64Array, sizes: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += sizes[i] * (x[i] - y[i]) ** 2;
  return sum;
}

interface LogitsSeen {
  pOwn: number;
  margin: number;
  /** The cluster of the largest other logit. */
  rival: number;
  /** Largest absolute logit. */
  largestLogit: number;
}

/** The logits at the mean of a class of cluster j, as the loss sees them: Delta o (z + b) + iota. */
function logitsOf({ clusters, blocks: { other, own }, b, problem: { factors, offsets, loss } }: Outline, j: number): LogitsSeen {
  const seen = (i: number, z: number): number => {
    const k = clusters[i].classes[0];
    return (factors?.[k] ?? 1) * (z + b[k]) + (offsets?.[k] ?? 0);
  };
  const mine = seen(j, own[j]);
  let rival = -1;
  let best = Number.NEGATIVE_INFINITY;
  let sum = 1;
  let largestLogit = Math.abs(mine);
  clusters.forEach(({ size }, i) => {
    const copies = i === j ? size - 1 : size;
    if (copies === 0) return;
    const logit = seen(i, other[i][j]);
    sum += copies * Math.exp(logit - mine);
    largestLogit = Math.max(largestLogit, Math.abs(logit));
    if (logit > best) {
      best = logit;
      rival = i;
    }
  });
  const { entry } = lossNamed(loss);
  return { pOwn: entry ? entry.prediction(mine) : 1 / sum, margin: mine - best, rival, largestLogit };
}
