/**
 * Closed forms (theory, sections 3 to 7). Nothing here calls the solver.
 *
 * @module theory
 */
export { balanced } from "./balanced.ts";
export { type BalancedEntrywise, balancedEntrywise } from "./balanced-entrywise.ts";
export { type BlockValues, balancedBlocks, twoClusterBlocks } from "./blocks.ts";
export { type CompleteCollapse, completeCollapse, withFixedRidge } from "./collapse.ts";
export { centred, type Geometry, type LimitKind, limitGeometry, seliGeometry, simplexGeometry } from "./geometries.ts";
export { type BlockMatrix, type CountGroup, inverseRoot } from "./inverse-root.ts";
export { type CodeValue, codeValue, crossPolytope, type SphericalCode, simplex } from "./layer-norm.ts";
export { type EtfRate, etfRate } from "./limits.ts";
export { nonnegativeBiasFree } from "./nonnegative.ts";
export {
  type NonnegativePhase,
  type NonnegativeThresholds,
  nonnegativePhase,
  nonnegativeThresholds,
} from "./nonnegative-phase.ts";
export { type Phase, phase, xi } from "./phase.ts";
export {
  type BorderInput,
  type BorderMeeting,
  type BorderRow,
  borderMeetings,
  bordersAt,
  type PhaseBorders,
  phaseBorders,
} from "./phase-borders.ts";
export { type PhaseBand, type PhaseColumn, phaseColumns } from "./phase-columns.ts";
export {
  checkPhaseParameter,
  type PhaseAxis,
  type PhaseGridInput,
  type PhaseParameter,
  type PhasePoint,
  phaseGrid,
  phaseParameters,
} from "./phase-grid.ts";
export { phaseWords } from "./phase-words.ts";
export {
  clusterMargin,
  type FeaturePenalty,
  largestS,
  leastFactor,
  leastOversampling,
  leastWeight,
  type MarginInput,
  mostSmoothing,
  type Oversampling,
} from "./remedies.ts";
export { type SquareLossSolution, squareLoss, squareLossFallsApart } from "./square-loss.ts";
export {
  coreBoundaries,
  type MajorityThresholds,
  majorityThresholds,
  mergeThreshold,
  ratioThreshold,
} from "./thresholds.ts";
export { type TwoClusterSolution, type TwoClusters, twoClusters } from "./two-clusters.ts";
export { type ZeroLimit, type ZeroLimitOptions, zeroLimit } from "./zero-limit.ts";
