import { type Cluster, clustersOf, type Family, type FamilyParameter } from "../../problem/index.ts";
import { answer, type Found, type Method } from "../answer.ts";
import type { ClassStatus } from "../class-status.ts";
import { countStatus, type StatusCounts } from "../class-summary.ts";
import { classesOf, predictionLength } from "../classes.ts";
import { clusterOfClass, spectrum } from "../geometry.ts";
import { outlineOf } from "../predict.ts";

/** The prediction at one value of a path: what `predict` says of that problem, without its matrices. */
export interface PathRow extends StatusCounts {
  /** Of what varies. */
  value: number;
  /** In the paper's convention, as the next. */
  lambdaZ: number;
  /** Infinity: no bias. */
  lambdaB: number;
  /** Number of samples; whole unless the imbalance varies. */
  N: number;
  /** Value of the problem at the answer. */
  objective: number;
  /** Proved lower bound of the minimum. */
  dual: number;
  /** objective - dual, over objective. */
  relativeGap: number;
  /** Whether that is within the tolerance asked for. */
  certified: boolean;
  /** How it was found. */
  method: Method;
  /** Bins of nearly equal counts in which it was solved; null: exactly. */
  bins: number | null;
  /** Of Z. */
  rank: number;
  /** K values, of Z D^(1/2), descending. */
  singularValues: number[];
  /** The least logit margin of any class over its strongest rival. */
  leastMargin: number;
  /** The first class that has it. */
  weakest: number;
  /** How many classes have predictions that are 0. */
  vanished: number;
  /** One entry a group of the path: logit margin, |z|, what becomes of its classes, whether its classes (two or more) share one vector. */
  groups: { margin: number; norm: number; status: ClassStatus; merged: boolean; vanished: boolean }[];
  /** Newton steps. */
  iterations: number;
}

/** How well to solve, and whether from the neighbour's answer. */
export interface RowOptions {
  /** Relative duality gap asked for. */
  tolerance: number;
  /** Start each row at the answer of the one before (default true). */
  warm?: boolean;
}

/** The groups of a path: classes that are alike at all of its values. */
export const pathGroups = (at: Family, values: readonly number[]): Cluster[] =>
  // At an end two groups may have one count; between the first two values they have not.
  clustersOf(at(Math.sqrt(values[0] * values[1])));

/**
 * The indices of the values in the order in which they are solved: that in which the rank falls, as a direction that dies is followed to 0 at no extra cost, and
 * one that is new costs a round of its own (solver/path.ts).
 */
export function solvingOrder(over: FamilyParameter, values: readonly number[]): number[] {
  const order = [...values.keys()];
  return over === "nB" || (over === "imbalance" && values[0] < 1) ? order.reverse() : order;
}

/**
 * The rows in the order of solving, each with its index. Nonnegative features begin from scratch: their solver is at its optimum in so few steps that a neighbour's answer saved nothing
 * (bench/prediction/path.mjs).
 */
export function* pathRows(
  at: Family,
  over: FamilyParameter,
  values: readonly number[],
  { tolerance, warm = true }: RowOptions,
): Generator<{ index: number; row: PathRow }> {
  const groups = pathGroups(at, values);
  let near: Found | undefined;
  for (const index of solvingOrder(over, values)) {
    const problem = at(values[index]);
    const found = answer(problem, clustersOf(problem), { tolerance, near: warm && !problem.nonnegative ? near : undefined });
    near = found;
    yield { index, row: rowOf(values[index], problem, groups, found) };
  }
}

function rowOf(value: number, problem: ReturnType<Family>, groups: readonly Cluster[], found: Found): PathRow {
  const outline = outlineOf(problem, found);
  const classes = classesOf(outline);
  const { rank, singularValues } = spectrum(problem, found.clusters, found.blocks, found.coreSingularValues);
  const of = clusterOfClass(outline.clusters, problem.K);
  const zero = new Set(outline.vanished);
  const weakest = classes.reduce((least, c) => (c.margin < least.margin ? c : least));
  return {
    value,
    lambdaZ: problem.lambdaZ,
    lambdaB: problem.lambdaB,
    N: problem.N,
    objective: found.proof.objective,
    dual: found.proof.dual,
    relativeGap: found.proof.relativeGap,
    certified: found.proof.certified,
    method: found.method,
    bins: found.bins?.length ?? null,
    rank,
    singularValues,
    ...countStatus(classes),
    leastMargin: weakest.margin,
    weakest: weakest.class,
    vanished: outline.vanished.length,
    groups: groups.map(({ classes: members, size }) => {
      const { margin, status } = classes[members[0]];
      const j = of[members[0]];
      return {
        margin,
        norm: predictionLength(outline, j),
        status,
        merged: size >= 2 && outline.clusters[j].merged,
        vanished: zero.has(members[0]),
      };
    }),
    iterations: found.iterations,
  };
}
