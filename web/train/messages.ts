import type { LossName } from "../../src/loss/index.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import type { EpochMeans } from "../../src/training/index.ts";

/** What the page tells the training worker, and what it hears. Reset is the end of the worker. */
export interface StartMessage {
  kind: "start";
  counts: number[];
  lambdaZ: number;
  /** Infinity: no bias. */
  lambdaB: number;
  /** Features end in a ReLU. */
  nonnegative: boolean;
  /** The loss, by its name. */
  loss: LossName;
  epochs: number;
  batch: number;
  seed: number;
  /** auto, wasm, webgpu. */
  backend: string;
  /** IDX files of images and labels; null: the built-in glyphs. */
  files: { images: DroppedFile; labels: DroppedFile } | null;
}

export interface DroppedFile {
  name: string;
  bytes: Uint8Array;
}

export type ToTraining =
  | StartMessage
  /** Stops after the epoch that is running; `step` then lets one more go. */
  | { kind: "pause" }
  | { kind: "go" }
  | { kind: "step" }
  /** From the next epoch on. */
  | { kind: "lambda"; lambdaZ: number };

/** An evaluated epoch: what the pictures need. */
export interface EpochMessage {
  kind: "epoch";
  epoch: number;
  lambdaZ: number;
  Z: number[][];
  nc1: number | null;
  /** |Z - Z*|_F / |Z*|_F. */
  error: number | null;
  objective: number;
  predictedObjective: number | null;
  trainAccuracy: (number | null)[];
  means: EpochMeans | null;
}

export type FromTraining =
  /** It listens. What is said before, while the worker's code is loaded, is lost. */
  | { kind: "loaded" }
  | { kind: "ready"; device: string; threads: number }
  /** The prediction that the training is held against, when it starts and when lambda_Z is moved. */
  | { kind: "goal"; prediction: Pick<Prediction, "Z" | "clusters" | "problem"> }
  | { kind: "progress"; step: number; steps: number; epoch: number; epochs: number }
  | EpochMessage
  | { kind: "paused"; epoch: number }
  | { kind: "done"; epoch: number; seconds: number }
  | { kind: "failed"; message: string };
