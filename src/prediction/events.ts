import { maximum } from "../extremes.ts";
import { fullRank } from "../loss/index.ts";
import { type Cluster, clustersOf, type Problem, withLambdaZ } from "../problem/index.ts";
import { solveNonnegative } from "../solver/index.ts";
import { completeCollapse, mergeThreshold, squareLoss, squareLossFallsApart } from "../theory/index.ts";
import { coreRankChanges } from "./core-rank.ts";
import { type Vanishing, vanishings } from "./vanishing.ts";

/**
 * Every lambda_Z at which the structure of the optimum changes, for any classes:
 *
 *   merge     the classes of a cluster become one vector            closed form (theory, sections 3 and 6)
 *   rank      the core gains or loses a singular value              root of a smooth function (core-rank.ts)
 *   vanish    z_k becomes 0 while others are not                    free features: a merged cluster, or a class that is alone, once the core
 *                                                                   is gone; nonnegative features: class by class (vanishing.ts); where the
 *                                                                   square loss couples no classes: each by itself, in closed form
 *   complete  Z = 0 from here on                                    norm at the bias-only solution (theory/collapse.ts)
 *
 * For two clusters merge, rank, merge = complete are the borders of the phases (a), (b), (c), (d).
 */
export type EventKind = "merge" | "rank" | "complete" | "vanish";

/** One change of structure along lambda_Z. */
export interface StructuralEvent {
  /** Where, in the paper's convention. */
  lambdaZ: number;
  /** What happens. */
  kind: EventKind;
  /** The classes it happens to, ascending; of a rank event none: it happens to all at once. */
  classes: number[];
  /** Rank of Z for lambda_Z just above. */
  rankAfter: number;
}

/** Events in order, with what they rest on. */
export interface EventList {
  /** Ascending in lambdaZ. */
  events: StructuralEvent[];
  /** Largest relative duality gap of the solutions that were used; 0 where formulas sufficed. */
  worstGap: number;
}

/** Events of nonnegative features. */
export interface NonnegativeEventList extends EventList {
  /**
   * Classes whose predictions are 0 at every lambda_Z, ascending: no event says so. Seen where the bias is not penalized (or hardly, beside a weight decay): it predicts the
   * most frequent classes by itself.
   */
  throughout: number[];
  /**
   * Events are those of the model in which every class owns its feature direction (UFM+). Where classes share directions they may do better: the largest relative gap at the events between that model's
   * optimum and the lower bound for any nonnegative features. Above the tolerance the events are not proved of them.
   */
  sharedGap: number;
}

/** Free features. Accuracy: closed forms to rounding, the others to 1e-9 or better, relative. Ignores the problem's lambda_Z. */
export function freeEvents(given: Problem): EventList {
  const problem = { ...given, nonnegative: false };
  const clusters = clustersOf(problem);
  if (squareLossFallsApart(problem)) return oneByOne(problem, clusters);
  const complete = completeCollapse(problem).free;
  // Two routes to one number may differ in the last digits: what happens at complete collapse is put there.
  const snap = (x: number): number => (Math.abs(x / complete - 1) < 1e-8 ? complete : x);
  const merges = clusters.map((cluster) => {
    const at = mergeThreshold(problem, cluster);
    return at === null ? 0 : snap(at);
  });
  const core = coreRankChanges(problem);
  const changes = core.changes.map((c) => ({ ...c, lambdaZ: snap(c.lambdaZ) }));
  const lost = changes.length > 0 ? changes[changes.length - 1].lambdaZ : 0;
  const coreRank = (x: number): number => {
    const below = changes.filter((c) => c.lambdaZ <= x);
    return below.length > 0 ? below[below.length - 1].rankAbove : (changes[0]?.rankBelow ?? 0);
  };
  const rankAfter = (x: number): number =>
    coreRank(x) + clusters.reduce((sum, c, j) => sum + (c.size >= 2 && x < merges[j] ? c.size - 1 : 0), 0);
  const event = (kind: EventKind, lambdaZ: number, classes: readonly number[]): StructuralEvent => ({
    lambdaZ,
    kind,
    classes: [...classes],
    rankAfter: rankAfter(lambdaZ),
  });
  const events = changes.map((c) => event("rank", c.lambdaZ, []));
  clusters.forEach((cluster, j) => {
    if (cluster.size >= 2) events.push(event("merge", merges[j], cluster.classes));
    const gone = Math.max(merges[j], lost);
    if (gone < complete) events.push(event("vanish", gone, cluster.classes));
  });
  events.push(event("complete", complete, allClasses(problem)));
  return { events: sorted(events), worstGap: core.worstGap };
}

/** Each class has a direction of its own and vanishes by itself, those of a cluster at once (theory/square-loss.ts). */
function oneByOne(problem: Problem, clusters: readonly Cluster[]): EventList {
  const { thresholds } = squareLoss(problem);
  const at = clusters.map(({ classes }) => thresholds[classes[0]]);
  const complete = maximum(at);
  const rankAfter = (x: number): number => clusters.reduce((sum, c, j) => sum + (x < at[j] ? c.size : 0), 0);
  const events: StructuralEvent[] = clusters.flatMap(({ classes }, j) =>
    at[j] < complete ? [{ lambdaZ: at[j], kind: "vanish" as const, classes: [...classes], rankAfter: rankAfter(at[j]) }] : [],
  );
  events.push({ lambdaZ: complete, kind: "complete", classes: allClasses(problem), rankAfter: 0 });
  return { events: sorted(events), worstGap: 0 };
}

/**
 * Nonnegative features: the classes vanish cluster by cluster, the last at complete collapse. (A vanish event whose rankAfter is larger than
 * the one before it is a return: possible where remedies pull against the counts.) Ignores the problem's lambda_Z.
 */
export function nonnegativeEvents(problem: Problem): NonnegativeEventList {
  const clusters = clustersOf(problem);
  const { nonnegative: complete } = completeCollapse(problem);
  const { found, throughout, worstGap } = vanishings(problem);
  // The last cluster's threshold and complete collapse are the same number by two routes.
  const snapped = found.map((v) => (Math.abs(v.lambdaZ / complete - 1) < 1e-12 ? { ...v, lambdaZ: complete } : v));
  const alive = (x: number): number => problem.K - sumSizes(clusters, goneAfter(throughout, snapped, x));
  // With m < K classes left their columns e_k - p_k are independent; with all K of them 1'Z = 0 takes one away, where a softmax says so.
  const rankAfter = (x: number): number => Math.min(alive(x), fullRank(problem));
  const events: StructuralEvent[] = snapped.map(({ lambdaZ, cluster }) => ({
    lambdaZ,
    kind: "vanish",
    classes: [...clusters[cluster].classes],
    rankAfter: rankAfter(lambdaZ),
  }));
  events.push({ lambdaZ: complete, kind: "complete", classes: allClasses(problem), rankAfter: 0 });
  return {
    events: sorted(events),
    throughout: throughout.flatMap((j) => clusters[j].classes).sort((k, l) => k - l),
    worstGap,
    sharedGap: sharedGapAt(problem, new Set(events.map(({ lambdaZ }) => lambdaZ))),
  };
}

function sharedGapAt(problem: Problem, lambdas: ReadonlySet<number>): number {
  let worst = 0;
  for (const lambdaZ of lambdas) {
    const at = withLambdaZ({ ...problem, nonnegative: true }, lambdaZ);
    worst = Math.max(worst, solveNonnegative(at).certificate.relativeGap);
  }
  return worst;
}

/** Clusters that are 0 just above x: the last event of each at or below x says so. */
function goneAfter(throughout: readonly number[], found: readonly Vanishing[], x: number): Set<number> {
  const gone = new Set<number>(throughout);
  for (const { lambdaZ, cluster, gone: isGone } of found) {
    if (lambdaZ > x) break;
    if (isGone) gone.add(cluster);
    else gone.delete(cluster);
  }
  return gone;
}

const sumSizes = (clusters: readonly Cluster[], of: ReadonlySet<number>): number =>
  [...of].reduce((sum, j) => sum + clusters[j].size, 0);

const allClasses = ({ K }: Problem): number[] => Array.from({ length: K }, (_, k) => k);

/** How events at one value are listed. */
export const eventOrder: readonly EventKind[] = ["rank", "merge", "vanish", "complete"];

function sorted(events: StructuralEvent[]): StructuralEvent[] {
  return events.sort((p, q) => p.lambdaZ - q.lambdaZ || eventOrder.indexOf(p.kind) - eventOrder.indexOf(q.kind));
}
