import { format } from "../number-text.ts";
import type { Verdict } from "./figure.ts";

/**
 * Verdicts on thresholds. A grid of values shows a threshold between two of them only, and a network is not merged exactly but up to what its training left over. So one criterion, which both can
 * meet, is asked of the prediction and of the network at every value of the grid; the verdict holds if both meet it first at the same value. No step of the grid is forgiven.
 *
 * A criterion is a level that falls along the grid, and is met below 1.
 */
export interface CurveShape {
  /** Largest distance between the mean predictions of two classes of the group. */
  separation: number;
  /** max |Z_ik|. */
  largest: number;
}

/** A largest |Z| under this is complete collapse: probabilities within 2 % of each other. */
export const collapsed = 0.02;

/** Merged in a network: a separation below this share of the largest entry, or nothing left at all. */
const mergedShare = 0.1;

export const collapseLevel = ({ largest }: CurveShape): number => largest / collapsed;

export const mergeLevel = (shape: CurveShape): number =>
  shape.largest < collapsed
    ? collapseLevel(shape)
    : Math.min(shape.separation / (mergedShare * shape.largest), collapseLevel(shape));

export const isMerged = (shape: CurveShape): boolean => mergeLevel(shape) < 1;

/** The criteria in words, for whoever reads the table of verdicts. */
export const criteria: readonly string[] = [
  `merged: separation below ${mergedShare} of the largest |Z|, or collapsed; collapsed: largest |Z| below ${collapsed}; asked of the prediction and of the network alike`,
  "by interpolation: where the straight line between the two values of the grid meets the criterion",
];

/** Where along a grid a criterion is first met. */
export interface Onset {
  /** The last value before; null: it is met at the first. */
  after: number | null;
  /** The first value at which it is met; null: at none. */
  by: number | null;
  /** Between them by interpolation of the level; null where there is no value on one side. */
  at: number | null;
  /** Values beyond `by` at which it is not met all the same. */
  lost: number[];
}

export function onset<T>(grid: readonly T[], at: (x: T) => number, levelOf: (x: T) => number): Onset {
  const levels = grid.map(levelOf);
  const first = levels.findIndex((level) => level < 1);
  if (first < 0) return { after: at(grid[grid.length - 1]), by: null, at: null, lost: [] };
  const by = at(grid[first]);
  const lost = grid.filter((_, i) => i > first && levels[i] >= 1).map(at);
  if (first === 0) return { after: null, by, at: null, lost };
  const after = at(grid[first - 1]);
  const share = (levels[first - 1] - 1) / (levels[first - 1] - levels[first]);
  return { after, by, at: after + share * (by - after), lost };
}

export function describeOnset({ after, by, at }: Onset): string {
  if (by === null) return `not up to ${after}`;
  return after === null ? `at ${by} or before` : `between ${after} and ${by}, by interpolation ${format(at as number)}`;
}

/** `threshold`: what the theory gives, not rounded to any grid. */
export function thresholdVerdict(
  what: string,
  threshold: number,
  { predicted, measured }: { predicted: Onset; measured: Onset },
  paper: string | null,
): Verdict {
  return {
    what,
    predicted: `${format(threshold)}; on this grid ${describeOnset(predicted)}`,
    measured: describeOnset(measured),
    paper,
    rule: "first met at the same value of the grid",
    holds: predicted.by === measured.by,
  };
}

/** What is lost beyond a threshold stays lost. */
export function staysVerdict(what: string, { predicted, measured }: { predicted: Onset; measured: Onset }): Verdict {
  const list = ({ by, lost }: Onset): string =>
    by === null ? "–" : lost.length === 0 ? `at every value from ${by} on` : `not at ${lost.join(", ")}`;
  const judged = predicted.by !== null && measured.by !== null;
  return {
    what: `${what}: stays`,
    predicted: list(predicted),
    measured: list(measured),
    paper: null,
    rule: "at every value beyond the first",
    holds: judged ? measured.lost.every((x) => predicted.lost.includes(x)) : null,
  };
}
