import { type Cluster, clustersOf, type Problem, withLambdaZ } from "../problem/index.ts";
import { gapOf, type ReducedPoint, restricted, solve } from "../solver/index.ts";
import { collapse, mergeThreshold } from "../theory/index.ts";
import { crossing } from "./crossing.ts";

/**
 * Where the rank of the core changes along lambda_Z. The core (J x J, theory, section 3) has rank J - 1 for small lambda_Z and rank 0 from
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

interface Step {
  lambdaZ: number;
  point: ReducedPoint;
  gap: number;
}

/** Neighbours on the path differ by at most this factor. */
const stride = 1.2;
/** Changes closer than this (relative) count as one event. */
const inseparable = 1e-9;
/** A stationary point that is not the optimum has a gap far above what rounding leaves. */
const branchGap = 1e-10;

export function coreRankChanges(problem: Problem): RankChanges {
  const clusters = clustersOf(problem);
  const J = clusters.length;
  const found: RankChanges = { changes: [], worstGap: 0 };
  let above: Step | undefined;
  for (const lambdaZ of descent(problem, clusters)) {
    const here = step(problem, lambdaZ);
    found.worstGap = Math.max(found.worstGap, here.gap);
    if (above) refine(problem, above, here, found);
    above = here;
    if (here.point.rank === J - 1) break;
  }
  found.changes.sort((p, q) => p.lambdaZ - q.lambdaZ);
  return found;
}

/**
 * From just above collapse downwards. The clusters' own thresholds are on the path: around them the gaps alpha have kinks, and the rank of
 * Z counts about one singular value for each (theory, section 3).
 */
function* descent(problem: Problem, clusters: readonly Cluster[]): Generator<number> {
  const top = collapse(problem).free * (1 + 1e-5);
  const marks = clusters
    .map((c) => mergeThreshold(problem, { ...c, size: 2 }) as number)
    .filter((x) => x < top)
    .sort((p, q) => q - p);
  let at = top;
  yield at;
  const floor = 1e-4 * Math.min(top, ...marks);
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
function step(problem: Problem, lambdaZ: number): Step {
  const { point, relativeGap } = solve(withLambdaZ(problem, lambdaZ), { tolerance: 1e-12 });
  return { lambdaZ, point, gap: relativeGap };
}

/** Adds the changes between two steps. */
function refine(problem: Problem, above: Step, below: Step, found: RankChanges): void {
  const rankAbove = above.point.rank;
  const rankBelow = below.point.rank;
  if (rankAbove === rankBelow) return;
  const middle = Math.sqrt(above.lambdaZ * below.lambdaZ);
  if (above.lambdaZ / below.lambdaZ - 1 <= inseparable) {
    found.changes.push({ lambdaZ: middle, rankAbove, rankBelow });
    return;
  }
  if (Math.abs(rankAbove - rankBelow) === 1) {
    found.changes.push({ lambdaZ: locate(problem, above, below), rankAbove, rankBelow });
    return;
  }
  const between = step(problem, middle);
  found.worstGap = Math.max(found.worstGap, between.gap);
  refine(problem, above, between, found);
  refine(problem, between, below, found);
}

/** The one change between two steps, followed from the side of the lower rank. */
function locate(problem: Problem, above: Step, below: Step): number {
  const [low, high] = above.point.rank < below.point.rank ? [above, below] : [below, above];
  let point = low.point;
  const excess = (x: number): number => {
    const found = restricted(withLambdaZ(problem, Math.exp(x)), point);
    point = found.point;
    return found.excess;
  };
  const x0 = Math.log(low.lambdaZ);
  const x1 = Math.log(high.lambdaZ);
  // Within 1e-6 of an event a certified solution may count one singular value too few or too many: look beyond the bracket too.
  const away = Math.sign(x1 - x0);
  const inside = probe(excess, x0, -away, (f) => f <= 0);
  const start = point;
  const outside = probe(excess, x1, away, (f) => f > 0);
  point = start;
  if (!inside || !outside) return halve(problem, low, high);
  const root = Math.exp(crossing(excess, inside.x, inside.f, outside.x, outside.f, 1e-12));
  // The last point is the one at the root: if it is the optimum there, the root is the event.
  return gapOf(withLambdaZ(problem, root), point) <= branchGap ? root : halve(problem, low, high);
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
function halve(problem: Problem, low: Step, high: Step): number {
  let [a, b] = [low, high];
  while (Math.abs(Math.log(b.lambdaZ / a.lambdaZ)) > 1e-9) {
    const middle = step(problem, Math.sqrt(a.lambdaZ * b.lambdaZ));
    if (middle.point.rank === low.point.rank) a = middle;
    else b = middle;
  }
  return Math.sqrt(a.lambdaZ * b.lambdaZ);
}
