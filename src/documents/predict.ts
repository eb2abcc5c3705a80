import { inputError } from "../errors.ts";
import {
  type BatchRange,
  batchRange,
  type Dimension,
  dimensionOf,
  type Factors,
  type FixedDimensionPrediction,
  fixedDimensionDocument,
  layerNormDocument,
  layerPeeledDocument,
  type Prediction,
  type PredictionSummary,
  type PredictOptions,
  predict,
  predictInDimension,
  predictionDocument,
  predictLayerNorm,
  predictLayerPeeled,
  predictTargets,
  summarize,
  type TargetsPrediction,
} from "../prediction/index.ts";
import { type FeatureEnding, isProblem, type Problem } from "../problem/index.ts";
import { type PredictInput, type Question, questionOf } from "./question.ts";
import { checkTold, checkTrace } from "./told.ts";

/** What is told while it is worked. */
export interface WhileSolving {
  /** Told after each descent of a search. */
  progress?: (done: number, of: number) => void;
  /** Told of each step of the solver and each proof, of a problem of counts. */
  trace?: PredictOptions["trace"];
}

/** The document of a problem of counts (schema nclab.prediction/1); with more than 2000 classes `Z` and `cosines` are null, and `blocks` says the same. */
export type PredictionDocument = ReturnType<typeof predictionDocument>;
/** The document of features in fewer dimensions than the optimum needs. */
export type FixedDimensionDocument = ReturnType<typeof fixedDimensionDocument>;
/** The document of a network that ends in layer normalization. */
export type LayerNormDocument = ReturnType<typeof layerNormDocument>;
/** The document of the Layer-Peeled Model. */
export type LayerPeeledDocument = ReturnType<typeof layerPeeledDocument>;
/** The document of soft labels, with the names of its columns. */
export type TargetsDocument = TargetsPrediction & { columnNames: string[] | null };

/** The usual question: lambdas, or a weight decay and batch normalization; no bounds, targets or dimension. */
export interface CountsInput extends Omit<PredictInput, "ends" | "width" | "dimension" | "starts" | "layerPeeled" | "targets"> {
  /** What the features come out of, beside a weight decay. */
  ends?: FeatureEnding;
}

/**
 * The prediction for a plain object of settings: the document that `nclab predict --json` prints, to the last digit. Every key is checked, unknown ones are refused. Which model answers follows from the
 * settings: `layerPeeled`, `targets`, `ends: "layer-norm"`, `dimension`, else the convex problem of the counts. Never throws for lack of accuracy: read `certified`. Throws InputError.
 *
 * A `Problem`, as `problem()` makes it and no copy of one, is taken too; the answer is then that of `predict` in nclab/prediction, with whole matrices for any number of classes.
 */
export function predictFrom(problem: Problem, options?: PredictOptions): Prediction;
export function predictFrom(input: CountsInput, options?: WhileSolving): PredictionDocument;
export function predictFrom(input: PredictInput & { targets: NonNullable<PredictInput["targets"]> }): TargetsDocument;
export function predictFrom(input: PredictInput & { layerPeeled: NonNullable<PredictInput["layerPeeled"]> }): LayerPeeledDocument;
export function predictFrom(input: PredictInput & { ends: "layer-norm" }, options?: WhileSolving): LayerNormDocument;
export function predictFrom(
  input: PredictInput & { dimension: number },
  options?: WhileSolving,
): PredictionDocument | FixedDimensionDocument;
export function predictFrom(input: PredictInput, options?: WhileSolving): AnyPrediction;
export function predictFrom(
  given: Problem | PredictInput,
  options: PredictOptions & WhileSolving = {},
): Prediction | AnyPrediction {
  // A copy with other values was not checked: it goes through the door, which refuses its sums K and N.
  if (isProblem(given)) {
    if (options.trace !== undefined) checkTold({ trace: options.trace }, { trace: true }, "options");
    return predict(given, options);
  }
  checkTold(options, { progress: true, trace: true }, "options of predict");
  return answerTo(questionOf(given), options);
}

/** Any document of a prediction. */
export type AnyPrediction =
  | PredictionDocument
  | FixedDimensionDocument
  | LayerNormDocument
  | LayerPeeledDocument
  | TargetsDocument;

/** The document that answers a question. Throws InputError for a trace of another question than one of counts. */
export function answerTo(question: Question, told: WhileSolving = {}): AnyPrediction {
  const { names } = question;
  const { progress } = told;
  if (told.trace) checkTrace(question);
  if (question.model === "layer-norm")
    return layerNormDocument(predictLayerNorm(question.problem, { starts: question.starts, progress }).prediction, names);
  if (question.model === "layer-peeled")
    return layerPeeledDocument(predictLayerPeeled(question.problem, { tolerance: question.tolerance }), names);
  if (question.model === "targets") {
    const { prediction } = predictTargets(question.problem, { tolerance: question.tolerance });
    return { ...prediction, columnNames: names };
  }
  return documentOfCounts(answerOfCounts(question, told), names);
}

type CountsQuestion = Extract<Question, { model: "counts" }>;

/** The answer for counts: the optimum, or where the features have fewer dimensions than it needs the best that was found. */
export type CountsAnswer =
  | { within: true; summary: PredictionSummary; batch: BatchRange | null; dimension: Dimension | null }
  | { within: false; summary: PredictionSummary; prediction: FixedDimensionPrediction; network: Factors };

/** Solves a question of counts. Throws InputError for a dimension that makes no sense beside the optimum. */
export function answerOfCounts(
  { problem, tolerance, batchSize, dimension: d, starts }: CountsQuestion,
  { progress, trace }: WhileSolving = {},
): CountsAnswer {
  const summary = summarize(problem, { tolerance, trace });
  const found = d === undefined ? null : dimensionOf(summary, d);
  if (found?.suffices === false) {
    if (batchSize !== undefined)
      throw inputError(
        "batchSize",
        "nothing where the dimension is less than the optimum needs: the range is that of the convex problem",
        batchSize,
      );
    return { within: false, summary, ...predictInDimension(problem, summary, { d: d as number, starts, progress }) };
  }
  const batch = batchSize === undefined ? null : batchRange(problem, batchSize, summary);
  return { within: true, summary, batch, dimension: found && { asked: found.asked, least: found.least } };
}

/** Its document. */
export function documentOfCounts(answer: CountsAnswer, names: string[] | null): PredictionDocument | FixedDimensionDocument {
  return answer.within
    ? predictionDocument(answer.summary, names, answer.batch, answer.dimension)
    : fixedDimensionDocument(answer.prediction, names);
}
