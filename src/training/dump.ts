import { startEngine } from "../engine/index.ts";
import { headBias, headWeight } from "../networks/index.ts";
import { seenImages, type TrainingData } from "./batches.ts";
import { evaluatedStatistics } from "./evaluation.ts";
import { compileForward } from "./forward.ts";
import { outputsOf, samplesAtATime } from "./outputs.ts";
import type { TrainingSettings } from "./settings.ts";
import type { NetworkState, TrainingState } from "./state.ts";
import type { Subject } from "./subject.ts";
import { networkOf } from "./train.ts";
import { hiddenRows, rowsOf } from "./whitening.ts";

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
  const engine = await startEngine(settings.device);
  const forward = await compileForward(engine, network, samplesAtATime(network));
  const subject = { settings, network, data, engine, forward };
  try {
    const evaluated = { params: state.params, stats: await evaluatedStatistics(subject, state) };
    const { features } = await outputsOf(subject, evaluated, data.train, data.normalization);
    const rows = (name: string): DumpedArray => ({
      shape: state.params[name].shape.slice(),
      data: Float32Array.from(state.params[name].data),
    });
    return {
      features: { shape: [data.train.count, network.featureSize], data: features },
      hidden: network.featureLayer ? await hiddenOf(subject, evaluated) : null,
      labels: Int32Array.from(data.train.labels),
      weight: rows(headWeight),
      bias: network.bias ? rows(headBias) : null,
    };
  } finally {
    forward.dispose();
  }
}

async function hiddenOf(subject: Subject, state: NetworkState): Promise<DumpedArray> {
  const n = subject.network.featureLayer?.inputs as number;
  const { train } = subject.data;
  const columns = await hiddenRows(subject, state, seenImages(train, null));
  return { shape: [train.count, n], data: rowsOf(columns, train.count).data };
}
