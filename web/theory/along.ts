import type { AngleData } from "../../src/plots/index.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import type { State } from "../state.ts";

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
export function angleDataOf(predictions: readonly Prediction[], { kA, kB }: State): AngleData {
  const cosine = (p: Prediction, k: number, l: number): number | null => (k === l ? null : p.cosines[k][l]);
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
