import { minimum } from "../extremes.ts";
import { fullRank } from "../loss/index.ts";
import { type Cluster, clustersOf, type Problem, withLambdaZ } from "../problem/index.ts";
import { gapOf, type ReducedPoint, restricted, solve } from "../solver/index.ts";
import { completeCollapse, mergeThreshold } from "../theory/index.ts";
import { crossing } from "./crossing.ts";

/**
 * Where the rank of the core changes along lambda_Z. The core (J x J, theory, section 3) has rank J - 1 (of a loss without shifts: J) for small lambda_Z and rank 0 from
 * complete collapse on; no formula tells where it falls, except for two clusters (xi = 0).
 *
 * Certified solutions on a path of lambda_Z tell the rank on it; where neighbours differ the path is refined until they differ by one,
 * and the zero of `excess` (solver/restricted.ts) is the event. Two changes that undo each other between two neighbours go unseen.
 */
export interface RankChange {
  lambdaZ: number;
  /** Rank of the core above lambdaZ. */
  rankAbove: number;
  /** Rank of the core below lambdaZ. */
  rankBelow: number;
}

export interface RankChanges {
  /** Ascending in lambdaZ. */
  changes: RankChange[];
  /** Largest relative duality gap of the solutions that the ranks were read from. */
  worstGap: number;
}

/** Problems along one number x, a logarithm: of lambda_Z here, of whatever is changed in a path (path/events.ts). */
export type ProblemAt = (x: number) => Problem;

/** A certified solution at one x. */
export interface RankStep {
  x: number;
  point: ReducedPoint;
  gap: number;
}

/** A change of the core's rank at x. */
export interface RankChangeAt {
  x: number;
  /** Rank of the core for x just above. */
  rankAbove: number;
  /** Rank of the core for x just below. */
  rankBelow: number;
}

/** Changes between steps, in no order, with the largest relative duality gap behind them. */
export interface RankChangesAt {
  changes: RankChangeAt[];
  worstGap: number;
}

/** Neighbours on the path differ by at most this factor. */
const stride = 1.2;
/** Changes closer than this (relative) count as one event. */
const inseparable = 1e-9;
/** A stationary point that is not the optimum has a gap far above what rounding leaves. */
const branchGap = 1e-10;

export function coreRankChanges(problem: Problem): RankChanges {
  const clusters = clustersOf(problem);
  const directions = clusters.length - (problem.K - fullRank(problem));
  const at: ProblemAt = (x) => withLambdaZ(problem, Math.exp(x));
  const found: RankChangesAt = { changes: [], worstGap: 0 };
  let above: RankStep | undefined;
  for (const lambdaZ of descent(problem, clusters)) {
    const here = rankStep(at, Math.log(lambdaZ));
    found.worstGap = Math.max(found.worstGap, here.gap);
    if (above) addRankChanges(at, here, above, found);
    above = here;
    if (here.point.rank === directions) break;
  }
  const changes = found.changes.map(({ x, ...ranks }) => ({ lambdaZ: Math.exp(x), ...ranks }));
  return { changes: changes.sort((p, q) => p.lambdaZ - q.lambdaZ), worstGap: found.worstGap };
}

/**
 * From just above collapse downwards. The clusters' own thresholds are on the path: around them the gaps alpha have kinks, and the rank of
 * Z counts about one singular value for each (theory, section 3).
 */
function* descent(problem: Problem, clusters: readonly Cluster[]): Generator<number> {
  const top = completeCollapse(problem).free * (1 + 1e-5);
  const marks = clusters
    .map((c) => mergeThreshold(problem, { ...c, size: 2 }) as number)
    .filter((x) => x < top)
    .sort((p, q) => q - p);
  let at = top;
  yield at;
  const floor = 1e-4 * Math.min(top, minimum(marks));
  for (const mark of [...marks, floor]) {
    if (mark >= at * (1 - 1e-9)) continue;
    const steps = Math.ceil(Math.log(at / mark) / Math.log(stride));
    const factor = (mark / at) ** (1 / steps);
    for (let i = 1; i <= steps; i++) {
      at = i === steps ? mark : at * factor;
      yield at;
    }
  }
}

/** From scratch: where the rank grows on the way that is faster than a warm start, and no step inherits the mistake of another. */
export function rankStep(at: ProblemAt, x: number): RankStep {
  const { point, relativeGap } = solve(at(x), { tolerance: 1e-12 });
  return { x, point, gap: relativeGap };
}

/** Adds the changes between two steps, `below` the one with the smaller x. */
export function addRankChanges(at: ProblemAt, below: RankStep, above: RankStep, found: RankChangesAt): void {
  const rankAbove = above.point.rank;
  const rankBelow = below.point.rank;
  if (rankAbove === rankBelow) return;
  const middle = 0.5 * (above.x + below.x);
  if (above.x - below.x <= inseparable) {
    found.changes.push({ x: middle, rankAbove, rankBelow });
    return;
  }
  if (Math.abs(rankAbove - rankBelow) === 1) {
    found.changes.push({ x: locate(at, below, above), rankAbove, rankBelow });
    return;
  }
  const between = rankStep(at, middle);
  found.worstGap = Math.max(found.worstGap, between.gap);
  addRankChanges(at, between, above, found);
  addRankChanges(at, below, between, found);
}

/** The one change between two steps, followed from the side of the lower rank. */
function locate(at: ProblemAt, below: RankStep, above: RankStep): number {
  const [low, high] = above.point.rank < below.point.rank ? [above, below] : [below, above];
  let point = low.point;
  const excess = (x: number): number => {
    const found = restricted(at(x), point);
    point = found.point;
    return found.excess;
  };
  // Within 1e-6 of an event a certified solution may count one singular value too few or too many: look beyond the bracket too.
  const away = Math.sign(high.x - low.x);
  const inside = probe(excess, low.x, -away, (f) => f <= 0);
  const start = point;
  const outside = probe(excess, high.x, away, (f) => f > 0);
  point = start;
  if (!inside || !outside) return halve(at, low, high);
  const root = crossing(excess, inside.x, inside.f, outside.x, outside.f, 1e-12);
  // The last point is the one at the root: if it is the optimum there, the root is the event.
  return gapOf(at(root), point) <= branchGap ? root : halve(at, low, high);
}

/** The first of x, x + 1e-7 way, x + 1e-6 way, ... where f is as wanted; null if there is none up to 1e-3. */
function probe(
  f: (x: number) => number,
  x: number,
  way: number,
  wanted: (f: number) => boolean,
): { x: number; f: number } | null {
  for (const by of [0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3]) {
    const value = f(x + way * by);
    if (wanted(value)) return { x: x + way * by, f: value };
  }
  return null;
}

/** The slow way, should the branch of stationary points be lost: bisection on the rank of certified solutions (to about 1e-6). */
function halve(at: ProblemAt, low: RankStep, high: RankStep): number {
  let [a, b] = [low, high];
  while (Math.abs(b.x - a.x) > 1e-9) {
    const middle = rankStep(at, 0.5 * (a.x + b.x));
    if (middle.point.rank === low.point.rank) a = middle;
    else b = middle;
  }
  return 0.5 * (a.x + b.x);
}
