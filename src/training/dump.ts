import { dispose, headBias, headWeight, type Network, startBackend } from "../networks/index.ts";
import { seenImages, type TrainingData } from "./batches.ts";
import { evaluatedStatistics } from "./evaluation.ts";
import { outputsOf } from "./outputs.ts";
import type { TrainingSettings } from "./settings.ts";
import { disposeStep, type TrainingState, toStep } from "./state.ts";
import { compileForward, type StepState } from "./step.ts";
import { networkOf } from "./train.ts";
import { hiddenRows } from "./whitening.ts";

/** Rows of numbers. */
export interface DumpedArray {
  /** Sizes along its axes. */
  shape: number[];
  /** Row-major. */
  data: Float32Array;
}

/** What enters the last layers of a trained network, for all training images, and its head. */
export interface Dump {
  /** N x d, as the evaluation measures them. */
  features: DumpedArray;
  /** N x p, what the dense layer before the features takes; null where there is none. */
  hidden: DumpedArray | null;
  /** N classes. */
  labels: Int32Array;
  /** K x d. */
  weight: DumpedArray;
  /** K; null: the head has none. */
  bias: DumpedArray | null;
}

/** Of a training's state, in evaluation mode. */
export async function dumpOf(settings: TrainingSettings, data: TrainingData, state: TrainingState): Promise<Dump> {
  const network = networkOf(settings, data);
  await startBackend(settings.device);
  const { step } = toStep(state);
  const forward = compileForward(network);
  const stats = await evaluatedStatistics(settings, network, step, data);
  try {
    const { features } = await outputsOf(network, forward, { params: step.params, stats }, data.train, data.normalization);
    const rows = (name: string): DumpedArray => ({
      shape: state.params[name].shape.slice(),
      data: Float32Array.from(state.params[name].data),
    });
    return {
      features: { shape: [data.train.count, network.featureSize], data: features },
      hidden: network.featureLayer ? await hiddenOf(network, { ...step, stats }, data) : null,
      labels: Int32Array.from(data.train.labels),
      weight: rows(headWeight),
      bias: network.bias ? rows(headBias) : null,
    };
  } finally {
    dispose(stats);
    disposeStep(step);
    forward.dispose();
  }
}

async function hiddenOf(network: Network, state: StepState, data: TrainingData): Promise<DumpedArray> {
  const n = network.featureLayer?.inputs as number;
  const N = data.train.count;
  const columns = await hiddenRows(network, state, data, seenImages(data.train, null));
  const values = new Float32Array(N * n);
  for (let j = 0; j < n; j++) for (let i = 0; i < N; i++) values[i * n + j] = columns[j * N + i];
  return { shape: [N, n], data: values };
}
