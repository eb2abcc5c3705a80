import { fullRank } from "../../loss/index.ts";
import { decreasingRoot } from "../../math/index.ts";
import { type Cluster, clustersOf, type Family, type Problem } from "../../problem/index.ts";
import { withFixedRidge } from "../../theory/index.ts";
import { answer } from "../answer.ts";
import { type EventKind, eventOrder } from "../events.ts";
import { outlineOf } from "../predict.ts";
import { freeChanges } from "./free-events.ts";
import { nonnegativeChanges } from "./nonnegative-events.ts";
import type { PathRow } from "./rows.ts";

/**
 * Every value at which the structure of the optimum changes along a path, located to the last digits and not to the spacing of its rows: events.ts does it along lambda_Z from 0
 * to complete collapse, this along any family and within its range.
 */
export interface PathEvent {
  /** Of what varies. */
  value: number;
  /** The lambda_Z there, in the paper's convention. */
  lambdaZ: number;
  /** What happens (events.ts). */
  kind: EventKind;
  /** The classes it happens to, ascending; of a rank event none. */
  classes: number[];
  /**
   * On which side of the value it is so: above it the classes are one vector, are 0, a singular value of the core is 0; or below it. Along lambda_Z it is above; more samples of the
   * minority part it again.
   */
  side: "above" | "below";
  /** Rank of Z just below the value; null where it was not looked for. */
  rankBefore: number | null;
  /** Rank of Z just above the value. */
  rankAfter: number | null;
}

/** Events in order, with what they rest on. */
export interface PathEventList {
  /** Ascending in value. */
  events: PathEvent[];
  /** Largest relative duality gap of the solutions that were used; 0 where formulas sufficed. */
  worstGap: number;
  /** What was not looked for, in sentences. */
  notes: string[];
}

/** A change on the way, x the logarithm of the value. */
export type Change =
  | { x: number; kind: "complete"; side: PathEvent["side"] }
  /** Of a group: its classes become one vector (free features) or 0 (nonnegative ones). */
  | { x: number; kind: "merge" | "gone"; group: number; side: PathEvent["side"] }
  | { x: number; kind: "rank"; rankBelow: number; rankAbove: number };

/** What rows and problems say of a path, for those who look for changes. */
export interface Way {
  /** The problem at the logarithm of a value. */
  at: (x: number) => Problem;
  /** Logarithms of the values, ascending; an end at which groups fall together is moved inwards by a millionth of the way to its neighbour. */
  x: number[];
  rows: readonly PathRow[];
  groups: readonly Cluster[];
}

/** What freeChanges and nonnegativeChanges find. `coreRank`: at the first value; null where ranks were not looked for. */
export interface Changes {
  changes: Change[];
  coreRank: number | null;
  worstGap: number;
  notes: string[];
}

/** `rows`: one a value, in ascending order. Yields after each bracket that took solves, so that the caller can show progress or stop. */
export function* pathEvents(
  family: Family,
  rows: readonly PathRow[],
  groups: readonly Cluster[],
): Generator<void, PathEventList> {
  const way = wayOf(family, rows, groups);
  const { nonnegative, K } = way.at(way.x[0]);
  const found = yield* nonnegative ? nonnegativeChanges(way) : freeChanges(way);
  const complete = completeChanges(way, nonnegative ? "nonnegative" : "free");
  const merges = found.changes.filter(({ kind }) => kind === "merge");
  const changes = [...found.changes, ...complete].map((change) => snapped(snapped(change, merges), complete));
  const listedByRule = nonnegative ? ofNonnegative(way, changes, K) : ofFree(way, changes, found.coreRank, K);
  const others = nonnegative ? [] : yield* unlistedVanishings(way, listedByRule);
  const events = ordered([...listedByRule, ...others]);
  const listed = events.map(({ x, ...event }): PathEvent => {
    // Ends come back to the last bit.
    const value = x === way.x[0] ? rows[0].value : x === way.x[way.x.length - 1] ? rows[rows.length - 1].value : Math.exp(x);
    return { value, lambdaZ: way.at(x).lambdaZ, ...event };
  });
  return { events: listed, worstGap: found.worstGap, notes: found.notes };
}

function wayOf(family: Family, rows: readonly PathRow[], groups: readonly Cluster[]): Way {
  const x = rows.map(({ value }) => Math.log(value));
  const at = (u: number): Problem => family(Math.exp(u));
  const last = x.length - 1;
  const inwards = (end: number, neighbour: number): void => {
    if (clustersOf(family(rows[end].value)).length !== groups.length) x[end] += 1e-6 * (x[neighbour] - x[end]);
  };
  inwards(0, 1);
  inwards(last, last - 1);
  return { at, x, rows, groups };
}

/** Where Z becomes 0, or stops being 0, between rows that differ in that. */
function completeChanges({ at, x, rows }: Way, kind: "free" | "nonnegative"): Extract<Change, { kind: "complete" }>[] {
  const excess = (u: number): number => {
    const problem = at(u);
    return Math.log(withFixedRidge(problem)[kind]) - Math.log(problem.lambdaZ);
  };
  return rows.slice(1).flatMap((row, i) => {
    if ((row.rank === 0) === (rows[i].rank === 0)) return [];
    const falls = row.rank === 0;
    const root = decreasingRoot(falls ? excess : (u) => -excess(u), x[i], x[i + 1]);
    return [{ x: root, kind: "complete", side: falls ? "above" : "below" } as const];
  });
}

/** Two routes to one number may differ in the last digits: what happens at complete collapse, or where classes merge, is put there. */
function snapped(change: Change, known: readonly Change[]): Change {
  const near = known.find(({ x }) => Math.abs(x - change.x) < 1e-8);
  return near ? { ...change, x: near.x } : change;
}

/**
 * Predictions of free features that become 0, or cease to be, between two rows without an event that says so: those of a loss without shifts (the square loss) do while others still share directions. By halving on
 * certified predictions to 1e-7, and put where another change is within 1e-5.
 */
function* unlistedVanishings({ at, x, rows, groups }: Way, listed: readonly Listed[]): Generator<void, Listed[]> {
  const found: Listed[] = [];
  for (let i = 0; i + 1 < rows.length; i++)
    for (const [j, { classes }] of groups.entries()) {
      const isGone = rows[i + 1].groups[j].vanished;
      const said = (e: Listed): boolean =>
        (e.kind === "vanish" || e.kind === "complete") &&
        e.classes.includes(classes[0]) &&
        e.x > x[i] - 1e-6 &&
        e.x < x[i + 1] + 1e-6;
      if (rows[i].groups[j].vanished === isGone || listed.some(said)) continue;
      let [low, high] = [x[i], x[i + 1]];
      while (high - low > 1e-7) {
        const middle = 0.5 * (low + high);
        const problem = at(middle);
        const { vanished } = outlineOf(problem, answer(problem, clustersOf(problem), { tolerance: 1e-12 }));
        if (vanished.includes(classes[0]) === isGone) high = middle;
        else low = middle;
      }
      const near = listed.find((e) => Math.abs(e.x - high) < 1e-5);
      const { rankBefore, rankAfter } = near ?? { rankBefore: null, rankAfter: null };
      const side = isGone ? "above" : "below";
      found.push({ x: near?.x ?? high, kind: "vanish", classes: [...classes], side, rankBefore, rankAfter });
      yield;
    }
  return found;
}

type Listed = Omit<PathEvent, "value" | "lambdaZ"> & { x: number };

/** Changes by x, those at one x together. */
function together(changes: readonly Change[]): { x: number; here: Change[] }[] {
  const sorted = [...changes].sort((p, q) => p.x - q.x);
  const found: { x: number; here: Change[] }[] = [];
  for (const change of sorted) {
    const last = found[found.length - 1];
    if (last && last.x === change.x) last.here.push(change);
    else found.push({ x: change.x, here: [change] });
  }
  return found;
}

/** What is true between two events. */
interface Structure {
  merged: boolean[];
  /** Null: not known. */
  coreRank: number | null;
  complete: boolean;
}

function ofFree({ rows, groups }: Way, changes: readonly Change[], coreRank: number | null, K: number): Listed[] {
  let now: Structure = { merged: rows[0].groups.map((g) => g.merged), coreRank, complete: rows[0].rank === 0 };
  const rankOf = ({ merged, coreRank: core, complete }: Structure): number | null =>
    complete ? 0 : core === null ? null : core + groups.reduce((sum, { size }, j) => sum + (merged[j] ? 0 : size - 1), 0);
  // Beside a core that is lost: a class alone, or classes that are one vector.
  const goneIn = ({ merged, coreRank: core }: Structure, j: number): boolean => core === 0 && (groups[j].size < 2 || merged[j]);
  const events: Listed[] = [];
  for (const { x, here } of together(changes)) {
    const after: Structure = { ...now, merged: [...now.merged] };
    for (const change of here) {
      if (change.kind === "merge") after.merged[change.group] = change.side === "above";
      if (change.kind === "rank") after.coreRank = change.rankAbove;
      if (change.kind === "complete") after.complete = change.side === "above";
    }
    const ranks = { rankBefore: rankOf(now), rankAfter: rankOf(after) };
    const add = (kind: EventKind, classes: readonly number[], side: PathEvent["side"]): void => {
      events.push({ x, kind, classes: [...classes], side, ...ranks });
    };
    for (const change of here) {
      if (change.kind === "merge") add("merge", groups[change.group].classes, change.side);
      if (change.kind === "rank")
        for (let i = 0; i < Math.abs(change.rankAbove - change.rankBelow); i++)
          add("rank", [], change.rankAbove < change.rankBelow ? "above" : "below");
      if (change.kind === "complete") add("complete", allClasses(K), change.side);
    }
    if (!here.some(({ kind }) => kind === "complete"))
      for (const [j, { classes }] of groups.entries())
        if (goneIn(now, j) !== goneIn(after, j)) add("vanish", classes, goneIn(after, j) ? "above" : "below");
    now = after;
  }
  return ordered(events);
}

function ofNonnegative({ at, x: values, rows, groups }: Way, changes: readonly Change[], K: number): Listed[] {
  let gone = rows[0].groups.map((g) => g.vanished);
  // With m < K classes left their columns e_k - p_k are independent; with all K of them 1'Z = 0 takes one away, where a softmax says so.
  const most = fullRank(at(values[0]));
  const rankOf = (of: readonly boolean[]): number =>
    Math.min(
      groups.reduce((sum, { size }, j) => sum + (of[j] ? 0 : size), 0),
      most,
    );
  const events: Listed[] = [];
  for (const { x, here } of together(changes)) {
    const after = [...gone];
    for (const change of here) if (change.kind === "gone") after[change.group] = change.side === "above";
    const ranks = { rankBefore: rankOf(gone), rankAfter: rankOf(after) };
    for (const change of here) {
      if (change.kind === "gone")
        events.push({ x, kind: "vanish", classes: [...groups[change.group].classes], side: change.side, ...ranks });
      if (change.kind === "complete") events.push({ x, kind: "complete", classes: allClasses(K), side: change.side, ...ranks });
    }
    gone = after;
  }
  return ordered(events);
}

const allClasses = (K: number): number[] => Array.from({ length: K }, (_, k) => k);

const ordered = (events: Listed[]): Listed[] =>
  events.sort((p, q) => p.x - q.x || eventOrder.indexOf(p.kind) - eventOrder.indexOf(q.kind));
