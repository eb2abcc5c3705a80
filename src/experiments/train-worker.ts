import { parentPort, workerData } from "node:worker_threads";
import { runJob, type TrainingJob, type WorkerMessage } from "./trainings.ts";

/** The worker's side of trainings.ts: one job from `workerData`, progress once an epoch, then the outcome or the error. */
const post = (message: WorkerMessage): void => parentPort?.postMessage(message);

let epoch = -1;
runJob(workerData as TrainingJob, (progress) => {
  if (progress.epoch === epoch && progress.step !== progress.steps) return;
  epoch = progress.epoch;
  post({ progress: { ...progress } });
}).then(
  (outcome) => post({ outcome }),
  (error: unknown) => post({ error: error instanceof Error ? error.message : String(error) }),
);
