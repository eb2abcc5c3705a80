import type { Images } from "../../src/data/browser.ts";
import type { LossName } from "../../src/loss/index.ts";
import type { NetworkName } from "../../src/networks/index.ts";
import type { EpochMeans, Evaluation, TrainingSettings } from "../../src/training/index.ts";
import type { Regularizer } from "./networks.ts";

/** What is trained: as it was when the training started, whatever dials say later. */
export interface TrainQuestion {
  counts: readonly number[];
  lambdaZ: number;
  /** Infinity: no bias. Under weight decay alone it says only that there is none (Infinity), or that it does not decay (0). */
  lambdaB: number;
  /** Features end in a ReLU. */
  nonnegative: boolean;
  /** The loss, by its name. */
  loss: LossName;
  network: NetworkName;
  regularizer: Regularizer;
  /** Where the regularizer has one. */
  weightDecay: number;
  epochs: number;
  batch: number;
  seed: number;
  /** auto, wasm, webgpu. */
  backend: string;
  /** IDX files of images and labels; null: the built-in glyphs. */
  files: DroppedImages | null;
}

/** Two IDX files, read. */
export interface DroppedImages {
  images: { name: string };
  labels: { name: string };
  data: Images;
  /** How many images each class has. */
  perClass: readonly number[];
}

/** What the page tells the training worker. Reset is the end of the worker. */
export type ToTraining =
  | { kind: "start"; question: TrainQuestion }
  /** Stops after the epoch that is running; `step` then lets one more go. */
  | { kind: "pause" }
  | { kind: "go" }
  | { kind: "step" }
  /** From the next epoch on. */
  | { kind: "lambda"; lambdaZ: number };

/** An evaluated epoch, a line of metrics.jsonl. */
export type EpochMetrics = Omit<Evaluation, "W" | "H"> & { batches: EpochMeans | null };

/** Where a training ends by the theory. */
export interface TrainGoal {
  Z: readonly (readonly number[])[];
  /** Classes of equal count, the most frequent first. */
  clusters: readonly { classes: readonly number[] }[];
}

/** What it hears. */
export type FromTraining =
  /** It listens. What is said before, while the worker's code is loaded, is lost. */
  | { kind: "loaded" }
  | { kind: "ready"; device: string; threads: number }
  /** What the training is held against, when it starts and when lambda_Z is moved; `why`: there is no prediction. */
  | { kind: "goal"; settings: TrainingSettings; lambdaZ: number; goal: TrainGoal | null; why: string | null }
  | { kind: "progress"; step: number; steps: number }
  | { kind: "epoch"; metrics: EpochMetrics }
  | { kind: "paused"; epoch: number }
  | { kind: "done"; epoch: number; seconds: number }
  | { kind: "failed"; message: string };
