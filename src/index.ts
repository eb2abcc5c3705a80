/**
 * The names that most programs need; everything else is under its folder's name (`nclab/theory`, `nclab/solver`, ...).
 *
 * @module nclab
 */
export { InputError } from "./errors.ts";
export { type InMemory, type Measurement, type MeasureOptions, measureFeatures } from "./measure/index.ts";
export {
  type EventList,
  type Factors,
  factors,
  freeEvents,
  type NonnegativeEventList,
  nonnegativeEvents,
  type Prediction,
  type PredictOptions,
  predict,
  type StructuralEvent,
} from "./prediction/index.ts";
export {
  type Convention,
  type Problem,
  type ProblemInput,
  parseCounts,
  parseLongTail,
  problem,
  type Regularization,
  type RegularizationInput,
} from "./problem/index.ts";
