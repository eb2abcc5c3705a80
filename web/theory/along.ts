import { type AngleData, bundle, type PathData } from "../../src/plots/index.ts";
import { classesText } from "../prediction/words.ts";
import type { State } from "../state.ts";
import type { Answer } from "./answer.ts";
import { classesOf, groupsOf, ratioName } from "./groups.ts";

/** The points of the pictures that run along one parameter. */
const count = 90;

/** lambda_Z from a third of the first event to just above the last, as `nclab thresholds --plot` draws them. */
export function lambdasAround(events: readonly number[]): number[] {
  const low = events[0] / 3;
  const high = events[events.length - 1] * 1.05;
  return Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
}

/** Samples a class of the larger group: from those of the smaller to a hundred times that, or further where it is beyond. */
export function anglesAlong(dials: State): number[] {
  const { larger, smaller } = groupsOf(dials);
  const top = Math.max(100, 10 ** Math.ceil(Math.log10(larger.n / smaller.n)));
  const points = Array.from({ length: 25 }, (_, i) => Math.round(smaller.n * top ** (i / 24)));
  return [...new Set(points)];
}

/** The angles of two groups along the count of the larger; where both have one count all of them are the same. */
export function angleDataOf(predictions: readonly Answer[], dials: State): AngleData {
  const { larger, smaller } = groupsOf(dials);
  const cosine = (p: Answer, k: number, l: number): number | null => (k === l ? null : p.cosines[k][l]);
  const within = (p: Answer, { first, k }: typeof larger): number | null => cosine(p, first, first + Math.min(1, k - 1));
  return {
    K: dials.kA + dials.kB,
    names: [larger.name, smaller.name],
    points: predictions.map((p) => ({
      nA: p.problem.counts[larger.first],
      withinA: within(p, larger),
      withinB: within(p, smaller),
      between: cosine(p, larger.first, smaller.first),
    })),
  };
}

/** Under bounded norms: the singular values of Z along the ratio of the counts, equal ones as one curve, and the ratio at which the minority merges. */
export function valuesAlong(predictions: readonly Answer[], ratio: number | null, dials: State): PathData {
  const groups = groupsOf(dials);
  const { larger, smaller } = groups;
  const values = predictions.map((p) => p.singularValues);
  const bundles = bundle(values).filter(({ from }) => values.some((row) => row[from] > 0));
  return {
    xLabel: ratioName(groups),
    xScale: "log",
    x: predictions.map((p) => p.problem.counts[larger.first] / smaller.n),
    yLabel: "singular values of Z (×n: n equal ones)",
    curves: bundles.map(({ from, multiplicity }) => ({
      label: multiplicity > 1 ? `σ ${from + 1} to ${from + multiplicity}, ×${multiplicity}` : `σ ${from + 1}`,
      values: values.map((row) => row[from]),
    })),
    events: ratio === null ? [] : [{ at: ratio, label: `the minority (${classesText(classesOf(smaller))}) is one vector` }],
  };
}
