import { concaveRoots } from "../../math/index.ts";
import { clustersOf } from "../../problem/index.ts";
import { forces, vanishingBetween, vanishingExcess } from "../vanishing.ts";
import type { Change, Changes, Way } from "./events.ts";

/**
 * Nonnegative features: the classes of a group vanish, or return. Without a bias the force on a class over s is a formula whose logarithm is concave in that of the value (free-events.ts
 * says why); with one it is looked for between rows that differ, by the function of vanishing.ts.
 */
export function* nonnegativeChanges(way: Way): Generator<void, Changes> {
  const { at, x, rows, groups } = way;
  const [low, high] = [x[0], x[x.length - 1]];
  const changes: Change[] = [];
  let worstGap = 0;
  if (at(low).lambdaB === Number.POSITIVE_INFINITY) {
    const none = new Float64Array(groups.length);
    for (const j of groups.keys()) {
      const room = (u: number): number => {
        const problem = at(u);
        return Math.log(forces(problem, clustersOf(problem), none)[j] / problem.N) - Math.log(problem.lambdaZ);
      };
      const roots = concaveRoots(room, low, high);
      const first = room(low) > 0 ? "above" : "below";
      for (const [i, root] of roots.entries()) changes.push({ x: root, kind: "gone", group: j, side: i === 0 ? first : "above" });
    }
    return { changes, coreRank: null, worstGap, notes: [] };
  }
  const excess = vanishingExcess(at);
  for (let i = 0; i + 1 < rows.length; i++)
    for (const j of groups.keys()) {
      const isGone = rows[i + 1].groups[j].vanished;
      if (rows[i].groups[j].vanished === isGone) continue;
      const { at: root, gap } = vanishingBetween(excess, j, x[i], x[i + 1]);
      worstGap = Math.max(worstGap, gap);
      changes.push({ x: root, kind: "gone", group: j, side: isGone ? "above" : "below" });
      yield;
    }
  return { changes, coreRank: null, worstGap, notes: [] };
}
