export {
  type EventKind,
  type Events,
  freeEvents,
  nonnegativeEvents,
  type StructuralEvent,
  structuralEvents,
} from "./events.ts";
export { defaultDimension, type Factors, factors } from "./factors.ts";
export { clusterOfClass } from "./geometry.ts";
export { type Method, type PredictedCluster, type Prediction, type PredictOptions, predict } from "./predict.ts";
