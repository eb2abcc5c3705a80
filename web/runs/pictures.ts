import type { CurveData, HeatMapData, SeparationData } from "../../src/plots/index.ts";
import type { Prediction, StructuralEvent } from "../../src/prediction/index.ts";
import { clustersOf, type ProblemInput } from "../../src/problem/index.ts";
import { largestOf, separationOf } from "../../src/words/index.ts";
import { eventWords } from "../prediction/words.ts";
import type { Item } from "./read.ts";
import { type Shown, Zof } from "./shown.ts";

/** What the pictures of runs show, as plain data; null where these runs have nothing of the kind. */

/** Lines in one picture that can still be told apart. */
const mostLines = 6;

const byCount = (counts: readonly number[]): (readonly number[])[] =>
  clustersOf({ counts, weights: null, offsets: null, factors: null }).map((c) => c.classes);

const short = (name: string): string => (name.length > 28 ? `…${name.slice(-27)}` : name);

/** Z, predicted above measured. */
export function matricesOf(shown: readonly Shown[]): HeatMapData | null {
  const maps = shown.filter((item) => Zof(item) !== null || item.goal || item.predicted).slice(0, mostLines);
  if (maps.length === 0) return null;
  return {
    rows: ["predicted Z*", "measured Z"],
    groups: maps.map((item) => ({
      title: item.lambdaZ === null ? short(item.name) : `λ_Z = ${Number(item.lambdaZ.toPrecision(4))}`,
      matrices: [item.predicted ?? item.goal?.Z ?? null, Zof(item)],
      clusters: byCount(item.counts),
    })),
  };
}

/** One number of each run along its epochs. */
export function curvesOf(shown: readonly Shown[], key: "nc1" | "error"): CurveData["runs"] | null {
  const runs = shown.filter((item) => item.kind === "run" && item.lines.length > 0).slice(0, mostLines);
  if (runs.length === 0) return null;
  return runs.map((item) => ({
    label: short(item.name),
    points: item.lines.map((line) => ({ epoch: line.epoch ?? 0, value: line[key] })),
  }));
}

/** Runs that differ in lambda_Z only, as a sweep makes them, and where to predict between them. */
export interface Sweep {
  same: readonly Shown[];
  /** The classes of the least count. */
  minority: readonly number[];
  /** Problems of a grid of lambda_Z around them. */
  problems: readonly (ProblemInput & { lambdaZ: number })[];
}

const points = 40;

/** The runs that go with the first one; null for fewer than two lambda_Z. */
export function sweepOf(shown: readonly Shown[]): Sweep | null {
  const [first] = shown;
  const same = shown.filter((item) => item.problem && item.lambdaZ !== null && Zof(item) && keyOf(item) === keyOf(first));
  const lambdas = same.map((item) => item.lambdaZ as number);
  if (new Set(lambdas).size < 2) return null;
  const minority = byCount(first.counts).at(-1) ?? [];
  const [low, high] = [0.7 * Math.min(...lambdas), 1.3 * Math.max(...lambdas)];
  const { lambdaW: _W, lambdaH: _H, ...rest } = same[0].problem as ProblemInput;
  const problems = Array.from({ length: points }, (_, i) => ({ ...rest, lambdaZ: low + ((high - low) * i) / (points - 1) }));
  return { same, minority, problems };
}

/** The separation of the minority along lambda_Z. `predicted`: at the problems of the sweep. */
export function separationData(
  { same, minority, problems }: Sweep,
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
    predicted: [{ label: "predicted", points: predicted.map(({ Z }, i) => point(problems[i].lambdaZ, Z)) }],
    measured: [{ label: "measured", points: same.map((item) => point(item.lambdaZ as number, Zof(item) ?? [])) }],
    thresholds: events.filter((e) => e.kind !== "rank").map((e) => ({ at: e.lambdaZ, label: eventWords(e, K) })),
  };
}

const keyOf = ({ counts, problem: p }: Item): string =>
  JSON.stringify([
    counts,
    String(p?.lambdaB),
    p?.nonnegative,
    p?.weights ?? null,
    p?.offsets ?? null,
    p?.factors ?? null,
    p?.smoothing ?? 0,
  ]);
