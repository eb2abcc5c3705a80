import { concaveRoots } from "../../math/index.ts";
import { mergeThreshold } from "../../theory/index.ts";
import { addRankChanges, type RankChangesAt, rankStep } from "../core-rank.ts";
import type { Change, Changes, Way } from "./events.ts";

/** With more groups than this the changes of the core's rank are not looked for: each takes several cold solves. */
export const mostRankedGroups = 100;

/**
 * Free features:
 *
 *   merge   log of (w Delta (1 - eps) sqrt(n_j)) / (N lambda_Z): linear along lambda_Z and the decay, and along counts concave in the logarithm of the value, as log N is convex
 *           there; so its zeros are found whatever the rows are
 *   rank    between rows whose cores differ in rank, by the function of core-rank.ts; two changes between two rows that undo each other go unseen
 */
export function* freeChanges(way: Way): Generator<void, Changes> {
  const { groups } = way;
  const merges = groups.flatMap((_, j) => mergesOf(way, j));
  if (groups.length > mostRankedGroups) {
    const notes = [
      `changes of rank were not located: beyond ${mostRankedGroups} different classes that takes hours; the rows say the rank`,
    ];
    return { changes: merges, coreRank: null, worstGap: 0, notes };
  }
  const { at, x, rows } = way;
  const core = rows.map((row) => groups.reduce((rest, { size }, j) => rest - (row.groups[j].merged ? 0 : size - 1), row.rank));
  const found: RankChangesAt = { changes: [], worstGap: 0 };
  for (let i = 0; i + 1 < rows.length; i++) {
    if (core[i] === core[i + 1]) continue;
    const [below, above] = [rankStep(at, x[i]), rankStep(at, x[i + 1])];
    found.worstGap = Math.max(found.worstGap, below.gap, above.gap);
    addRankChanges(at, below, above, found);
    yield;
  }
  const ranks = found.changes.map((change): Change => ({ kind: "rank", ...change }));
  return { changes: [...merges, ...ranks], coreRank: core[0], worstGap: found.worstGap, notes: [] };
}

/** Where the classes of a group become one vector, or part. */
function mergesOf({ at, x, groups }: Way, j: number): Change[] {
  if (groups[j].size < 2) return [];
  const room = (u: number): number => {
    const problem = at(u);
    const cluster = { ...groups[j], count: problem.counts[groups[j].classes[0]] };
    return Math.log(mergeThreshold(problem, cluster) as number) - Math.log(problem.lambdaZ);
  };
  const [low, high] = [x[0], x[x.length - 1]];
  const roots = concaveRoots(room, low, high);
  // Concave: apart between two roots, and of one root the end that is apart says which side.
  if (roots.length === 2)
    return roots.map((root, i) => ({ x: root, kind: "merge", group: j, side: i === 0 ? "below" : "above" }));
  return roots.map((root) => ({ x: root, kind: "merge", group: j, side: room(low) > 0 ? "above" : "below" }));
}
