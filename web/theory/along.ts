import { type AngleData, bundle, type PathData } from "../../src/plots/index.ts";
import type { State } from "../state.ts";
import type { Answer } from "./answer.ts";

/** The points of the pictures that run along one parameter. */
const count = 90;

/** lambda_Z from a third of the first event to just above the last, as `nclab thresholds --plot` draws them. */
export function lambdasAround(events: readonly number[]): number[] {
  const low = events[0] / 3;
  const high = events[events.length - 1] * 1.05;
  return Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
}

/** n_A from n_B to a hundred times that, or further where n_A is beyond. */
export function anglesAlong({ nA, nB }: State): number[] {
  const top = Math.max(100, 10 ** Math.ceil(Math.log10(nA / nB)));
  const points = Array.from({ length: 25 }, (_, i) => Math.round(nB * top ** (i / 24)));
  return [...new Set(points)];
}

/** Clusters by count: with n_A = n_B there is one, and all its angles are the same. */
export function angleDataOf(predictions: readonly Answer[], { kA, kB }: State): AngleData {
  const cosine = (p: Answer, k: number, l: number): number | null => (k === l ? null : p.cosines[k][l]);
  return {
    K: kA + kB,
    points: predictions.map((p) => ({
      nA: p.problem.counts[0],
      withinA: cosine(p, 0, Math.min(1, kA - 1)),
      withinB: cosine(p, kA, kA + Math.min(1, kB - 1)),
      between: cosine(p, 0, kA),
    })),
  };
}

/** Under bounded norms: the singular values of Z along n_A/n_B, equal ones as one curve, and the ratio at which the minority merges. */
export function valuesAlong(predictions: readonly Answer[], ratio: number | null, { kA, nB }: State): PathData {
  const values = predictions.map((p) => p.singularValues);
  const bundles = bundle(values).filter(({ from }) => values.some((row) => row[from] > 0));
  return {
    xLabel: "n_A / n_B",
    xScale: "log",
    x: predictions.map((p) => p.problem.counts[0] / nB),
    yLabel: "singular values of Z (×n: n equal ones)",
    curves: bundles.map(({ from, multiplicity }) => ({
      label: multiplicity > 1 ? `σ ${from + 1} to ${from + multiplicity}, ×${multiplicity}` : `σ ${from + 1}`,
      values: values.map((row) => row[from]),
    })),
    events: ratio === null ? [] : [{ at: ratio, label: `the minority (from class ${kA} on) is one vector` }],
  };
}
