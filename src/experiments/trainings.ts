import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { DatasetName } from "../data/index.ts";
import { WorkError } from "../errors.ts";
import type { RelativeError } from "../measure/index.ts";
import { type Evaluation, type TrainingProgress, type TrainingSettings, trainRun } from "../training/index.ts";
import { trainingData } from "./run.ts";

/**
 * Several trainings side by side, one a core. Each computes on one thread, so two trainings on two cores take the time of
 * one. Each worker reads the data itself; results come back in the order of the jobs.
 */
export interface TrainingJob {
  settings: TrainingSettings;
  dataset: DatasetName;
  dataDir?: string;
  /** Only the first so many classes of the data set; absent: all. */
  classes?: number;
  /** Epochs between two entries of the outcome's history; default: the last epoch only. */
  evaluateEvery?: number;
}

export interface TrainingOutcome {
  final: Evaluation;
  /** Every evaluation, the last one included. */
  history: HistoryPoint[];
  seconds: number;
}

/** What the curves of a training show. */
export interface HistoryPoint {
  epoch: number;
  nc1: number | null;
  /** Relative to the prediction, |Z - Z*|/|Z*| and |b - b*|/|b*|; null where the prediction is 0, and where there is none. */
  Zerror: RelativeError;
  berror: RelativeError;
}

export interface TrainingsOptions {
  /** Workers; default: one a core, at most one a job. 0: in this thread, one after the other. */
  workers?: number;
  onProgress?: (job: number, progress: TrainingProgress) => void;
  /** Told each outcome when it is there; the next job of that worker waits for it. */
  onOutcome?: (job: number, outcome: TrainingOutcome) => void | Promise<void>;
  /** Told each job that failed (it diverged, its worker died); the others go on, and its outcome is missing. Without it the first failure ends all. */
  onFailure?: (job: number, message: string) => void;
  /** What a job is called where it fails (default: its number). */
  nameOf?: (job: number) => string;
}

const isSource = import.meta.url.endsWith(".ts");
/** Started without this process's own options, which `node --input-type=module -e ...` has and a file must not; from source they may be what runs TypeScript. */
const workerFile = new URL(`./train-worker${isSource ? ".ts" : ".js"}`, import.meta.url);

/** All outcomes; with `onFailure`, those of failed jobs are missing. */
export async function runTrainings(jobs: readonly TrainingJob[], options: TrainingsOptions = {}): Promise<TrainingOutcome[]> {
  const workers = Math.min(jobs.length, options.workers ?? availableParallelism());
  const outcomes = new Array<TrainingOutcome>(jobs.length);
  const finish = async (i: number, work: Promise<TrainingOutcome>): Promise<void> => {
    try {
      outcomes[i] = await work;
    } catch (error) {
      const { message } = error as Error;
      if (!options.onFailure) throw new WorkError(`${options.nameOf?.(i) ?? `training ${i + 1}`}: ${message}`, { cause: error });
      options.onFailure(i, message);
      return;
    }
    await options.onOutcome?.(i, outcomes[i]);
  };
  if (workers === 0) {
    for (let i = 0; i < jobs.length; i++) {
      const work = runJob(jobs[i], (progress) => options.onProgress?.(i, progress));
      await finish(i, work);
    }
    return outcomes;
  }
  let next = 0;
  const running = new Set<Worker>();
  const work = async (): Promise<void> => {
    while (next < jobs.length) {
      const i = next++;
      const worker = new Worker(workerFile, { workerData: jobs[i], ...(isSource ? {} : { execArgv: [] }) });
      running.add(worker);
      const outcome = outcomeOf(worker, (progress) => options.onProgress?.(i, progress)).finally(() => {
        running.delete(worker);
        void worker.terminate();
      });
      await finish(i, outcome);
    }
  };
  try {
    await Promise.all(Array.from({ length: workers }, work));
  } finally {
    // After a failure the others are of no use.
    for (const worker of running) void worker.terminate();
  }
  return outcomes;
}

/** How many trainings to run at a time: one a core, or one on a graphics processor, where several would wait for each other. */
export const workersFor = (device: TrainingSettings["device"]): number => (device === "webgpu" ? 1 : availableParallelism());

export type WorkerMessage = { progress: TrainingProgress } | { outcome: TrainingOutcome } | { error: string };

function outcomeOf(worker: Worker, onProgress: (progress: TrainingProgress) => void): Promise<TrainingOutcome> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: WorkerMessage) => {
      if ("progress" in message) onProgress(message.progress);
      else if ("outcome" in message) resolve(message.outcome);
      else reject(new Error(message.error));
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a training worker ended with code ${code} before its result`)));
  });
}

const noError: RelativeError = { frobenius: null, sup: null };

/** Loads the data, cuts it to the counts (seeded), trains. */
export async function runJob(job: TrainingJob, onProgress: (progress: TrainingProgress) => void): Promise<TrainingOutcome> {
  const { settings } = job;
  const { data } = await trainingData({ settings, dataset: job.dataset, dataDir: job.dataDir ?? null, classes: job.classes });
  const history: HistoryPoint[] = [];
  const { final, seconds } = await trainRun(settings, data, {
    onProgress,
    evaluateEvery: job.evaluateEvery,
    onEvaluation: ({ epoch, nc1, comparison }) => {
      const { Zerror, berror } = comparison ?? { Zerror: noError, berror: noError };
      history.push({ epoch, nc1: nc1.paper, Zerror, berror });
    },
  });
  return { final, history, seconds };
}
