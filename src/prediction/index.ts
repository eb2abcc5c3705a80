/**
 * Problem in, prediction out: geometry, structural events, factors, advice.
 *
 * @module prediction
 */
export { type Advice, type AdviseOptions, advise, checkMargin, parseKinds, usualMargin } from "./advice/advise.ts";
export { type Applies, appliesTo } from "./advice/applies.ts";
export { nothingNeeded } from "./advice/nothing-needed.ts";
export { type Remedy, type RemedyKind, type RemedyVerdict, remedyKinds, summaryOf, verdictOf } from "./advice/remedy.ts";
export type { Trial } from "./advice/situation.ts";
export type { TorchWeights } from "./advice/torch.ts";
export { looseFrom, type Method } from "./answer.ts";
export { type BatchRange, batchRange, checkBatchSize } from "./batch-range.ts";
export { type BatchMinimum, type BatchOptions, batchMinimum, mostBatchClasses } from "./batch-statistics.ts";
export { type ClassGeometry, classGeometry, cosineWithin, oppositeAt, rankShare } from "./class-geometry.ts";
export {
  type ClassStatus,
  classStatuses,
  leastLogit,
  type Standing,
  sameLimit,
  sameShare,
  shortLimit,
  shortShare,
  statusOf,
} from "./class-status.ts";
export { countStatus, type StatusCounts, type Summary, summarized } from "./class-summary.ts";
export { type AsMeasured, asMeasured, classesOf, mergedExactly, type PredictedClass, predictionLength } from "./classes.ts";
export { cosinesOf } from "./dense-geometry.ts";
export {
  type ClassRows,
  type Distance,
  type Distances,
  distancesOf,
  distancesOfMatrices,
  distancesOfPrediction,
  type LastLayer,
  type LimitProblem,
} from "./distances.ts";
export {
  adviceDocument,
  type ClassesOfPrediction,
  type DocumentByBlocks,
  documentByBlocks,
  fixedDimensionDocument,
  type LayerPeeledByBlocks,
  layerNormDocument,
  layerPeeledByBlocks,
  layerPeeledDocument,
  mostExpanded,
  type Named,
  predictionDocument,
  written,
  writtenLayerPeeled,
} from "./document.ts";
export {
  type EventKind,
  type EventList,
  freeEvents,
  type NonnegativeEventList,
  nonnegativeEvents,
  type StructuralEvent,
} from "./events.ts";
export { defaultDimension, type Factors, factors } from "./factors.ts";
export { type FirstLook, firstAnswer } from "./first-look.ts";
export { type Dimension, dimensionOf, type FixedDimensionPrediction, predictInDimension } from "./fixed-dimension.ts";
export { blockSingularValues, clusterOfClass } from "./geometry.ts";
export { checkLayerNormClasses, type LayerNormOptions, predictLayerNorm } from "./layer-norm.ts";
export { layerNormBound } from "./layer-norm-bound.ts";
export type { LayerNormPrediction } from "./layer-norm-document.ts";
export { settledLayerNorm } from "./layer-norm-settled.ts";
export { type LayerPeeledSummary, predictLayerPeeled } from "./layer-peeled.ts";
export { type LayerPeeledGroups, layerPeeledProduct, layerPeeledRatio } from "./layer-peeled-ratio.ts";
export { type Groups, groupsOfPairs, type Nearness, type NearnessOfPairs, nearness } from "./nearness.ts";
export { equalizingOffsets, measuredOffsets, type Offsets } from "./offsets.ts";
export type { PathEvent, PathEventList } from "./path/events.ts";
export { type Path, type PathOptions, type PathProgress, pathSteps, predictPath } from "./path/path.ts";
export { mostPathPoints, type PathRange, pathValues } from "./path/range.ts";
export type { PathRow } from "./path/rows.ts";
export {
  expand,
  type Outline,
  type PredictedCluster,
  type Prediction,
  type PredictionBlocks,
  type PredictionSummary,
  type PredictOptions,
  predict,
  summarize,
  summarizeTelling,
} from "./predict.ts";
export type { Search, Searched } from "./search.ts";
export { type PredictedColumn, predictTargets, type TargetsPrediction } from "./targets.ts";
