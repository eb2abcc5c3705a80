/**
 * Training with the penalties of theory, section 1.
 *
 * @module training
 */
export { fittingImages, type Normalization, type TrainingData } from "./batches.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
export { type Dump, type DumpedArray, dumpOf } from "./dump.ts";
export type { Balance, Evaluation } from "./evaluation.ts";
export type { LayerNormStanding } from "./layer-norm-standing.ts";
export { type Rates, ratesAt, type ScheduleName, schedules } from "./schedule.ts";
export {
  checkSettings,
  lambdaZOf,
  layerNormProblemOf,
  noRemedies,
  problemOf,
  seenCounts,
  type TrainingRemedies,
  type TrainingSettings,
  trainingSettings,
} from "./settings.ts";
export { initialState, type TrainingState } from "./state.ts";
export {
  type EpochMeans,
  Interrupted,
  startOf,
  type TrainHooks,
  type TrainingProgress,
  type TrainingResult,
  trainRun,
} from "./train.ts";
export { type Decay, decays, everythingDecays, featuresPenalized, underWeightDecay, unpredicted } from "./weight-decay.ts";
