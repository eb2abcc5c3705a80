import type { Metrics } from "../run-record.ts";
import type { PointState, Sweep } from "./folder.ts";

/** What a table of a sweep shows of a point: the numbers of its last evaluation, each under one name. */
export type SweepResult = Record<string, number | string | null>;

export function resultOf(final: Metrics): SweepResult {
  const { comparison } = final;
  return {
    epoch: final.epoch,
    objective: final.objective,
    predictedObjective: final.predictedObjective,
    crossEntropy: final.crossEntropy,
    nc1Paper: final.nc1.paper,
    nc1SampleWeighted: final.nc1.sampleWeighted,
    nc1ClassBalanced: final.nc1.classBalanced,
    etfDistance: final.nc2.etfDistance,
    nc3: final.nc3,
    nc4: final.nc4,
    blockDeviation: final.blockDeviation,
    ZerrorFrobenius: comparison.Zerror.frobenius,
    ZerrorSup: comparison.Zerror.sup,
    berrorFrobenius: comparison.berror.frobenius,
    largestZ: Math.max(...final.Z.map((row) => Math.max(...row.map(Math.abs)))),
    mergedPredicted: groups(comparison.mergedPredicted),
    mergedMeasured: groups(comparison.mergedMeasured),
    trainAccuracy: mean(final.trainAccuracy),
    testAccuracy: mean(final.testAccuracy),
    leastTestAccuracy: least(final.testAccuracy),
  };
}

/** RFC 4180; a line a point: what varies, the status, the numbers at full precision. */
export function sweepCsv(sweep: Sweep, states: readonly PointState[]): string {
  const names = [...new Set(states.flatMap(({ result }) => Object.keys(result ?? {})))];
  const lines = [
    ["id", ...sweep.varied, "status", ...names],
    ...sweep.points.map(({ id, options }, i) => [
      id,
      ...sweep.varied.map((name) => options[name] ?? ""),
      states[i].status,
      ...names.map((name) => states[i].result?.[name] ?? ""),
    ]),
  ];
  return lines.map((line) => `${line.map(csvCell).join()}\n`).join("");
}

export function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `{0 1} {5 6 7}`. */
const groups = (merged: readonly (readonly number[])[]): string => merged.map((classes) => `{${classes.join(" ")}}`).join(" ");

const there = (values: readonly (number | null)[]): number[] => values.filter((x) => x !== null);

function mean(values: readonly (number | null)[]): number | null {
  const given = there(values);
  return given.length ? given.reduce((a, b) => a + b, 0) / given.length : null;
}

function least(values: readonly (number | null)[]): number | null {
  const given = there(values);
  return given.length ? Math.min(...given) : null;
}
