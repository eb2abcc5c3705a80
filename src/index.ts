/**
 * Plain objects in, documents out: `predict`, `thresholds`, `path`, `advise`, `measure` take what the commands of the same names take, and give what these print with `--json`. The parts they are made of
 * are under their folders' names (`nclab/prediction`, `nclab/theory`, `nclab/solver`, ...).
 *
 * @module nclab
 */
export {
  type AdviceDocument,
  type AdviseInput,
  type AnyPrediction,
  adviseFrom as advise,
  type ClassesInput,
  type ComparisonInput,
  type CountsInput,
  type Extended,
  type FixedDimensionDocument,
  type Intervals,
  type LabelNumbers,
  type LayerNormDocument,
  type LayerPeeledDocument,
  type LayerPeeledThresholds,
  type ListedEvent,
  type MeasureInput,
  type MeasurementDocument,
  measureFrom as measure,
  type Numbers,
  type PathDocument,
  type PathInput,
  type PredictInput,
  type PredictionDocument,
  type ProblemSettings,
  pathFrom as path,
  predictFrom as predict,
  type RangeInput,
  type TargetsDocument,
  type ThresholdsDocument,
  type ThresholdsInput,
  type TwoClusterThresholds,
  thresholdsFrom as thresholds,
  type WhileSolving,
  withUmap,
} from "./documents/index.ts";
export { type ErrorParts, InputError } from "./errors.ts";
export { fromJson, toJson } from "./json.ts";
export {
  type FeatureView,
  type InMemory,
  type Measurement,
  type MeasureOptions,
  measureFeatures,
  type UmapLayout,
  type ViewSettings,
} from "./measure/index.ts";
export {
  type EventList,
  type Factors,
  factors,
  freeEvents,
  type NonnegativeEventList,
  nonnegativeEvents,
  type Prediction,
  type PredictOptions,
  type StructuralEvent,
} from "./prediction/index.ts";
export {
  type Convention,
  type NormBounds,
  type Problem,
  type ProblemInput,
  parseCounts,
  parseLongTail,
  problem,
  type Regularization,
  type RegularizationInput,
} from "./problem/index.ts";
