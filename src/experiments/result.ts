import type { Metrics } from "./run-record.ts";

/** What a table shows of an evaluation: its numbers, each under one name, and the merged groups as text. */
export type Result = Record<string, number | string | null>;

export function resultOf(final: Metrics): Result {
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
    ZerrorFrobenius: comparison?.Zerror.frobenius ?? null,
    ZerrorSup: comparison?.Zerror.sup ?? null,
    berrorFrobenius: comparison?.berror.frobenius ?? null,
    largestZ: Math.max(...final.Z.map((row) => Math.max(...row.map(Math.abs)))),
    mergedPredicted: comparison && groups(comparison.mergedPredicted),
    mergedMeasured: comparison && groups(comparison.mergedMeasured),
    trainAccuracy: mean(final.trainAccuracy),
    testAccuracy: mean(final.testAccuracy),
    leastTestAccuracy: least(final.testAccuracy),
  };
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
