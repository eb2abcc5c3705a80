import type { Measurement } from "../../measure/index.ts";
import { sampleCount } from "../../problem/index.ts";

/** A measure that is one number. */
export interface Scalar {
  name: string;
  of: (m: Measurement) => number | null;
  /** How tables print it, where not as other numbers. */
  print?: (value: number) => string;
  /** Whether it is a whole number that says what the structure is: resampling gives it no interval. */
  whole?: boolean;
}

/** The scalar measures by name, in the order of every table. */
export const scalars: readonly Scalar[] = [
  { name: "nc1.paper", of: (m) => m.nc1.paper },
  { name: "nc1.sampleWeighted", of: (m) => m.nc1.sampleWeighted },
  { name: "nc1.classBalanced", of: (m) => m.nc1.classBalanced },
  { name: "traceRatio", of: (m) => m.traceRatio },
  { name: "cdnv", of: (m) => m.cdnv },
  { name: "nc2.equinormMeans", of: (m) => m.nc2.equinormMeans },
  { name: "nc2.equinormWeights", of: (m) => m.nc2.equinormWeights },
  { name: "nc2.equiangularMeans", of: (m) => m.nc2.equiangularMeans },
  { name: "nc2.equiangularWeights", of: (m) => m.nc2.equiangularWeights },
  { name: "nc2.etfDistance", of: (m) => m.nc2.etfDistance },
  { name: "distances.simplex.Z", of: (m) => m.distances?.simplex.Z ?? null },
  { name: "distances.simplex.weights", of: (m) => m.distances?.simplex.weights ?? null },
  { name: "distances.seli.weights", of: (m) => m.distances?.seli.weights ?? null },
  { name: "distances.seli.features", of: (m) => m.distances?.seli.features ?? null },
  { name: "geometry.rank", of: (m) => m.geometry?.rank ?? null, whole: true },
  { name: "nc3", of: (m) => m.nc3 },
  { name: "nc3Structure", of: (m) => m.nc3Structure },
  { name: "unc3", of: (m) => m.unc3 },
  { name: "gnc2.distance.variation", of: (m) => m.gnc2?.distance.variation ?? null },
  { name: "gnc2.logarithmic.variation", of: (m) => m.gnc2?.logarithmic.variation ?? null },
  { name: "gnc2.riesz.variation", of: (m) => m.gnc2?.riesz.variation ?? null },
  { name: "nc4", of: (m) => m.nc4 },
  { name: "nc5", of: (m) => m.nc5 },
  { name: "effectiveRank.features", of: (m) => m.effectiveRank.features },
  { name: "effectiveRank.means", of: (m) => m.effectiveRank.means },
  { name: "blockDeviation", of: (m) => m.blockDeviation },
  { name: "accuracy", of: (m) => m.accuracyOverall },
  { name: "accuracy.many", of: (m) => m.shots?.many ?? null },
  { name: "accuracy.medium", of: (m) => m.shots?.medium ?? null },
  { name: "accuracy.few", of: (m) => m.shots?.few ?? null },
  { name: "crossEntropy", of: (m) => m.crossEntropy },
  { name: "effective.lambdaZ", of: (m) => m.effective?.lambdaZ ?? null },
  // Of nonnegative features it decides nothing (theory, section 7).
  {
    name: "effective.criticalCount",
    of: (m) => (m.comparedAt?.nonnegative ? null : (m.effective?.criticalCount ?? null)),
    print: sampleCount,
  },
  { name: "effective.stationarityResidual", of: (m) => m.effective?.stationarityResidual ?? null },
  { name: "branches.J", of: (m) => m.branches?.J ?? null },
  { name: "comparison.Zerror.frobenius", of: (m) => m.comparison?.Zerror.frobenius ?? null },
  { name: "comparison.Zerror.sup", of: (m) => m.comparison?.Zerror.sup ?? null },
  { name: "comparison.berror.frobenius", of: (m) => m.comparison?.berror.frobenius ?? null },
  { name: "comparison.berror.sup", of: (m) => m.comparison?.berror.sup ?? null },
];
