export { type Advice, type AdviseOptions, advise, parseKinds } from "./advise.ts";
export { type EventKind, type EventList, freeEvents, nonnegativeEvents, type StructuralEvent } from "./events.ts";
export { defaultDimension, type Factors, factors } from "./factors.ts";
export { clusterOfClass } from "./geometry.ts";
export { type Method, type PredictedCluster, type Prediction, type PredictOptions, predict } from "./predict.ts";
export { type Remedy, type RemedyKind, remedyKinds } from "./remedy.ts";
