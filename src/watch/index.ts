/**
 * Trainings that are watched: what is known of them (a value), what changes it, what files say, and what pictures ask.
 *
 * @module watch
 */
export { type Group, groupsOf, marginsOf, mostGroups } from "./groups.ts";
export { jsonIn, numberIn, problemCompared, problemOfRun } from "./problems.ts";
export {
  curvesOf,
  type Goal,
  type Line,
  marginCurves,
  mostLines,
  mostPoints,
  placed,
  saidOf,
  short,
  statusBands,
  statusesOf,
  thinned,
} from "./questions.ts";
export { comparedHead, documentHead, epochIn, pointOf, runHead } from "./reading.ts";
export {
  applied,
  type Change,
  nothing,
  type Series,
  type SeriesHead,
  type WatchPoint,
  type WatchState,
  type Wrong,
} from "./state.ts";
