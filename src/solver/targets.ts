/**
 * The problem of soft labels (problem/targets.ts) as one of points apart from each other (points.ts): M = Z D^(1/2), column m the point e_m/sqrt(n_m) of mass n_m/N.
 *
 * Columns with equal targets are taken as one, with their counts added. That is exact: of n_1 + n_2 samples with one target any two can be exchanged, so by convexity there is a solution in which all of them
 * have one column of logits z; and a matrix with that column n_1 + n_2 times has the singular values of one with z sqrt(n_1 + n_2) once, however the n_1 + n_2 are split into columns.
 *
 * @module
 */
import { type TargetColumn, type TargetsProblem, usualTolerance } from "../problem/index.ts";
import type { Points } from "./points.ts";
import { type PointsSolution, solvePoints } from "./points-solve.ts";

/** The answer, by groups of columns. */
export interface TargetsSolution {
  /** Columns with one target, in order of their first. */
  groups: number[][];
  /** A point a group. */
  points: Points;
  /** Its answer, with proof. */
  solution: PointsSolution;
}

/** Solves it. Never throws for lack of accuracy: read `solution.status` and its certificate. */
export function solveTargets(
  problem: TargetsProblem,
  { tolerance = usualTolerance }: { tolerance?: number } = {},
): TargetsSolution {
  const groups = equalColumns(problem.columns);
  const points = pointsOf(problem, groups);
  return { groups, points, solution: solvePoints(points, { tolerance }) };
}

function pointsOf({ K, N, counts, columns, lambdaZ, lambdaB }: TargetsProblem, groups: readonly (readonly number[])[]): Points {
  const n = Float64Array.from(groups, (group) => group.reduce((sum, m) => sum + counts[m], 0));
  const start = new Int32Array(groups.length + 1);
  const classes: number[] = [];
  const values: number[] = [];
  const labels = groups.map(([m], i) => {
    const { classes: of, shares } = columns[m];
    const at = shares.reduce((best, share, e) => (share > shares[best] ? e : best), 0);
    of.forEach((k, e) => {
      if (e === at) return;
      classes.push(k);
      values.push(shares[e]);
    });
    start[i + 1] = classes.length;
    return of[at];
  });
  return {
    K,
    m: groups.length,
    apart: true,
    x: n.map((count) => 1 / Math.sqrt(count)),
    labels,
    shares: { start, classes: Int32Array.from(classes), values: Float64Array.from(values) },
    mass: n.map((count) => count / N),
    lambda: lambdaZ,
    lambdaB,
  };
}

/** Columns whose shares are equal to the last bit. */
function equalColumns(columns: readonly TargetColumn[]): number[][] {
  const buckets = new Map<string, number[][]>();
  const groups: number[][] = [];
  columns.forEach((column, m) => {
    // Nearly a name of the column: what shares it is compared in full.
    const key = `${column.classes.length}|${column.classes.reduce((sum, k, e) => sum + (k + 1) * column.shares[e], 0)}`;
    const bucket = buckets.get(key) ?? [];
    const known = bucket.find(([first]) => equal(columns[first], column));
    if (known) known.push(m);
    else {
      const group = [m];
      bucket.push(group);
      groups.push(group);
      buckets.set(key, bucket);
    }
  });
  return groups;
}

const equal = (a: TargetColumn, b: TargetColumn): boolean =>
  a.classes.length === b.classes.length && a.classes.every((k, e) => k === b.classes[e] && a.shares[e] === b.shares[e]);
