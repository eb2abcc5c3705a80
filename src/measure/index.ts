/**
 * Measures of neural collapse on features, in two mergeable passes (theory, section 8).
 *
 * @module measure
 */
export type { RowStorage, RowStore, Rows } from "../row-store.ts";
export { bootstrap, quantile } from "./bootstrap.ts";
export {
  alignedBranches,
  type Branches,
  type BranchesInput,
  balancedBranches,
  type ScaleAndShift,
  withinBranches,
} from "./branches.ts";
export { type Collapse, collapse } from "./collapse.ts";
export { type Comparison, compare, type RelativeError, relativeErrorOf } from "./compare.ts";
export { cosineHead, cosineStream, unitRows } from "./cosine.ts";
export type { Duality } from "./duality.ts";
export type { Effective } from "./effective.ts";
export type { EffectiveRank } from "./effective-rank.ts";
export { finish, finishWithClasses } from "./finish.ts";
export { addToSums, type Block, type ClassSums, emptySums, mergeSums } from "./first-pass.ts";
export { type Frame, frameOf } from "./frame.ts";
export { checkHead, type Head, storedHead } from "./head.ts";
export { headWarning } from "./head-order.ts";
export { blockRows, type InMemory, manyNumbers, viewFeatures } from "./in-memory.ts";
export { addLogitEvidence, type LogitEvidence, logitsNote, noEvidence } from "./logits.ts";
export { type MeansGeometry, meansGeometry, type RowsGeometry } from "./means.ts";
export { measureClasses, measureFeatures } from "./measure.ts";
export type { ClassMeasurement, Measurement } from "./measurement.ts";
export { forTwoRows, oneLogitNote, twoRows } from "./one-logit.ts";
export { addToOodMean, type OodRows } from "./ood.ts";
export { type MeasureOptions, mostPredictions, wantsForce } from "./options.ts";
export { bothPasses, firstPass, passNames, type Stream, secondPass } from "./passes.ts";
export {
  type Hidden,
  type Measured,
  type Peeled,
  type PeeledOptions,
  type PeeledSolution,
  peeledOf,
  type Rest,
  solvePeeled,
  usualPeeled,
} from "./peeled/index.ts";
export { type ClassReport, ranked } from "./per-class.ts";
export { type StageProgress, stage, type WorkProgress } from "./progress.ts";
export { addToWithin, emptyWithin, type HeadSums, mergeWithin, type SecondPassOptions, type Within } from "./second-pass.ts";
export type { SharedDirections } from "./shared.ts";
export { type Shots, shotGroups } from "./shots.ts";
export { type Arrays, type State, stateFromArrays, stateToArrays } from "./state.ts";
export { type BlockDeviation, blockDeviation, distance, equalCounts, mergedGroups, separation } from "./structure.ts";
export type { GeneralizedNc2, PairStatistics } from "./uniformity.ts";
export {
  addToView,
  checkedView,
  type Directions,
  emptyView,
  type FeatureView,
  type Kept,
  layoutOf,
  mergeViews,
  type Sample,
  type UmapLayout,
  umapLayout,
  type ViewSettings,
  type ViewState,
  viewOf,
} from "./view/index.ts";
