/**
 * The convex problem for any class counts, with certificates (theory, sections 2, 3 and 7), and that of points in any feature metric (sections 9.3 and 10).
 *
 * @module solver
 */
export { separates } from "../loss/index.ts";
export { type BinnedNonnegativeSolution, type BinnedSolution, solveBinned, solveNonnegativeBinned } from "./binned.ts";
export { type Certificate, type CertifyOptions, certify, nuclearNorm, spectralNorm } from "./certificate.ts";
export type { BlockAnswer } from "./columns.ts";
export { mostPolished } from "./constants.ts";
export { type Descent, type DescentOptions, descend } from "./descent.ts";
export { type FixedDimension, type FixedDimensionOptions, searchDimension } from "./fixed-dimension.ts";
export {
  foundWithin,
  type LayerNormSearch,
  type LayerNormSearchOptions,
  type LayerNormSolution,
  searchLayerNorm,
  settleLayerNorm,
  usualStarts,
} from "./layer-norm.ts";
export type { LayerNormNetwork } from "./layer-norm-descent.ts";
export { type ConstrainedProof, certifyConstrained } from "./layer-peeled-certificate.ts";
export { freeNearby, nonnegativeNearby } from "./nearby.ts";
export { type NonnegativeOptions, type NonnegativeSolution, solveNonnegative } from "./nonnegative.ts";
export { certifyNonnegative, type NonnegativeCertificate } from "./nonnegative-certificate.ts";
export { nonnegativePath, path } from "./path.ts";
export {
  checkPoints,
  gramPoints,
  metricPoints,
  type Points,
  type PointsAnswer,
  predictionsOf,
  type Shares,
} from "./points.ts";
export {
  certifyPoints,
  type Force,
  type PointsCertificate,
  type Residuals,
  type ResidualsOf,
  residualsAt,
} from "./points-certificate.ts";
export { type PointsOptions, type PointsSolution, solvePoints } from "./points-solve.ts";
export { type Reduced, type ReducedPoint, reduce } from "./reduced.ts";
export { gapOf, type Restricted, restricted } from "./restricted.ts";
export { type Solution, type SolveOptions, solve } from "./solve.ts";
export { solveTargets, type TargetsSolution } from "./targets.ts";
export type { Trace, TraceRow } from "./trace.ts";
