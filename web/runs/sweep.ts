import { maximum, minimum } from "../../src/extremes.ts";
import type { SeparationData } from "../../src/plots/index.ts";
import type { Prediction, StructuralEvent } from "../../src/prediction/index.ts";
import { type ProblemInput, problem } from "../../src/problem/index.ts";
import { largestOf, separationOf } from "../../src/words/index.ts";
import { byCount } from "../by-count.ts";
import { eventWords } from "../prediction/words.ts";
import type { Shown } from "./shown.ts";
import { Zof } from "./shown.ts";

/**
 * Runs that differ in one thing only, as a sweep makes them: lambda_Z, the penalty on the bias, or how many samples the most frequent classes have. Along it the separation of the minority is measured by the
 * runs and predicted between them.
 */
export interface Sweep {
  along: Along;
  same: readonly Shown[];
  /** The classes of the least count. */
  minority: readonly number[];
  /** Problems of a grid around the runs, each at its value. */
  grid: readonly { at: number; problem: ProblemInput }[];
}

export type Along = "lambdaZ" | "lambdaB" | "largest count";

export const alongLabels: Record<Along, string> = {
  lambdaZ: "λ_Z",
  lambdaB: "λ_b",
  "largest count": "samples of each of the largest classes",
};

const points = 40;

/** The first kind of sweep that the runs are, with those that go with the first run; null for fewer than two values. */
export function sweepOf(shown: readonly Shown[]): Sweep | null {
  const measured = shown.filter((item) => item.problem && item.lambdaZ !== null && Zof(item));
  for (const along of ["lambdaZ", "lambdaB", "largest count"] as const) {
    const same = measured.filter((item) => keyOf(item, along) === keyOf(measured[0], along));
    const values = same.map((item) => placeOn(item, along));
    if (values.some((x) => x === null) || new Set(values).size < 2) continue;
    const [low, high] = [minimum(values as number[]), maximum(values as number[])];
    const minority = byCount(measured[0].counts).at(-1) ?? [];
    const ends = along === "largest count" ? [low, high] : [0.7 * low, 1.3 * high];
    const places = Array.from({ length: points }, (_, i) => ends[0] + ((ends[1] - ends[0]) * i) / (points - 1));
    const ats = along === "largest count" ? [...new Set(places.map(Math.round))] : places;
    return { along, same, minority, grid: ats.map((at) => ({ at, problem: problemAt(same[0], along, at) })) };
  }
  return null;
}

/** The separation of the minority along the sweep. `predicted`: at the problems of its grid. */
export function separationData(
  { along, same, minority, grid }: Sweep,
  predicted: readonly Pick<Prediction, "Z">[],
  events: readonly StructuralEvent[],
): SeparationData {
  const point = (at: number, Z: readonly (readonly (number | null)[])[]) => ({
    at,
    separation: separationOf(Z, minority),
    largest: largestOf(Z),
  });
  const K = same[0].counts.length;
  return {
    predicted: [{ label: "predicted", points: predicted.map(({ Z }, i) => point(grid[i].at, Z)) }],
    measured: [{ label: "measured", points: same.map((item) => point(placeOn(item, along) as number, Zof(item) ?? [])) }],
    // Events are those of one list of counts and one penalty on the bias, along lambda_Z.
    thresholds:
      along === "lambdaZ" ? events.filter((e) => e.kind !== "rank").map((e) => ({ at: e.lambdaZ, label: eventWords(e, K) })) : [],
    ...(along === "lambdaZ" ? {} : { xLabel: alongLabels[along] }),
  };
}

function placeOn(item: Shown, along: Along): number | null {
  if (along === "lambdaZ") return item.lambdaZ;
  if (along === "largest count") return maximum(item.counts);
  const lambdaB = problem(item.problem as ProblemInput).lambdaB;
  return Number.isFinite(lambdaB) ? lambdaB : null;
}

/** The problem of a run with the swept value in its place. */
function problemAt(item: Shown, along: Along, at: number): ProblemInput & { lambdaZ: number } {
  const { lambdaW: _W, lambdaH: _H, ...rest } = item.problem as ProblemInput;
  const most = maximum(item.counts);
  return {
    ...rest,
    lambdaZ: along === "lambdaZ" ? at : (item.lambdaZ as number),
    ...(along === "lambdaB" ? { lambdaB: at } : {}),
    counts: along === "largest count" ? item.counts.map((n) => (n === most ? at : n)) : item.counts,
  };
}

/** All that must be equal. */
function keyOf(item: Shown, along: Along): string {
  const { counts, problem: given, lambdaZ } = item;
  const p = given as ProblemInput;
  const most = maximum(counts);
  return JSON.stringify([
    along === "largest count" ? counts.map((n) => (n === most ? "most" : n)) : counts,
    along === "lambdaZ" ? null : lambdaZ,
    along === "lambdaB" ? null : String(p.lambdaB),
    p.nonnegative ?? false,
    p.weights ?? null,
    p.offsets ?? null,
    p.factors ?? null,
    p.smoothing ?? 0,
    p.loss ?? null,
  ]);
}
