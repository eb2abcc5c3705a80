/**
 * Run folders on disk, sweeps of them, many trainings at once, the demonstration.
 *
 * @module experiments
 */
export { demoJobs, runDemo } from "./demo.ts";
export { readMetrics } from "./metrics-lines.ts";
export { resultOf } from "./result.ts";
export { type RunConfig, type RunHooks, type RunResult, resumeRun, startOrResumeRun, startRun, trainingData } from "./run.ts";
export { hashOf } from "./run-id.ts";
export { type Metrics, type RunRecord, readRecord, versions } from "./run-record.ts";
export { fromRunText } from "./run-text.ts";
export { parseSweep } from "./sweep/description.ts";
export {
  collect,
  describeOptions,
  folderOf,
  type PointState,
  prepareFolder,
  readSweep,
  type Sweep,
  stateOf,
  sweepDocument,
  sweepOf,
} from "./sweep/folder.ts";
export { runPool } from "./sweep/pool.ts";
export { runTrainings, type TrainingJob, type TrainingOutcome, workersFor } from "./trainings.ts";
