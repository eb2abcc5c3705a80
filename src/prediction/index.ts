/**
 * Problem in, prediction out: geometry, structural events, factors, advice.
 *
 * @module prediction
 */
export { type Advice, type AdviseOptions, advise, parseKinds } from "./advise.ts";
export type { Method } from "./answer.ts";
export {
  type ClassStatus,
  leastLogit,
  type Standing,
  sameLimit,
  sameShare,
  shortLimit,
  shortShare,
  statusOf,
} from "./class-status.ts";
export { type AsMeasured, asMeasured, classesOf, mergedExactly, type PredictedClass } from "./classes.ts";
export { type EventKind, type EventList, freeEvents, nonnegativeEvents, type StructuralEvent } from "./events.ts";
export { defaultDimension, type Factors, factors } from "./factors.ts";
export { clusterOfClass } from "./geometry.ts";
export { type Groups, groupsOfPairs, type Nearness, nearness } from "./nearness.ts";
export {
  expand,
  type PredictedCluster,
  type Prediction,
  type PredictionBlocks,
  type PredictionSummary,
  type PredictOptions,
  predict,
  summarize,
} from "./predict.ts";
export { type Remedy, type RemedyKind, remedyKinds } from "./remedy.ts";
