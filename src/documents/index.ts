/**
 * Plain object in, document out: what the commands take by the same names, checked at one door, answered by the same functions.
 *
 * @module documents
 */
export { type AdviceDocument, type AdviseInput, type AdviseQuestion, adviseFrom, adviseQuestion } from "./advise.ts";
export { type ClassesInput, classesOfInput } from "./classes.ts";
export { branchNotes, type ComparisonInput, comparisonOf } from "./comparison.ts";
export { type LabelCounts, labelNotes, unusedIgnore } from "./label-notes.ts";
export type { LabelNumbers } from "./labels.ts";
export {
  cosineNotes,
  type Intervals,
  type MeasureInput,
  type MeasurementDocument,
  measureFrom,
  measurementDocument,
} from "./measure.ts";
export { optionalLambda } from "./optional-lambda.ts";
export {
  type PathDocument,
  type PathInput,
  type PathQuestion,
  pathDocument,
  pathFrom,
  pathQuestion,
  pathRange,
  type RangeInput,
  rangeForm,
} from "./path.ts";
export { fonts, type PictureSettings, pictureKeys, styleOf } from "./picture-settings.ts";
export {
  type AnyPrediction,
  answerOfCounts,
  answerTo,
  type CountsAnswer,
  type CountsInput,
  documentOfCounts,
  type FixedDimensionDocument,
  type LayerNormDocument,
  type LayerPeeledDocument,
  type PredictionDocument,
  predictFrom,
  type TargetsDocument,
  type WhileSolving,
} from "./predict.ts";
export { besideTargets, noClasses, type PredictInput, predictKeys, type Question, questionOf } from "./question.ts";
export type { Numbers } from "./rows.ts";
export { checkTolerance, type Extended, type ProblemSettings, problemInputOf } from "./settings.ts";
export {
  type LayerPeeledThresholds,
  type ListedEvent,
  layerPeeledThresholds,
  type ThresholdsDocument,
  type ThresholdsInput,
  type ThresholdsQuestion,
  thresholdsDocument,
  thresholdsFrom,
  thresholdsQuestion,
} from "./thresholds.ts";
export { checkTrace } from "./told.ts";
export type { TwoClusterThresholds } from "./two-clusters.ts";
export { withUmap } from "./umap.ts";
