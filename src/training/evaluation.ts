import type { Network } from "../networks/index.ts";
import { headBias, headWeight, toHost } from "../networks/index.ts";
import type { TrainingData } from "./batches.ts";
import { outputsOf, scores } from "./evaluate.ts";
import type { TrainingSettings } from "./settings.ts";
import type { compileForward, StepState } from "./step.ts";
import type { EpochMeans } from "./train.ts";

/** What is known of a network after an epoch, in evaluation mode and float64. */
export interface Evaluation {
  epoch: number;
  /** Mean over the epoch's batches, in training mode. */
  batches: EpochMeans | null;
  objective: number;
  crossEntropy: number;
  trainAccuracy: (number | null)[];
  testAccuracy: (number | null)[];
  Z: number[][];
  b: number[];
  /** Head, d x K. */
  W: number[][];
  /** Mean feature of each class, K x d. */
  means: number[][];
}

export async function evaluate(
  settings: TrainingSettings,
  net: Network,
  forward: ReturnType<typeof compileForward>,
  state: StepState,
  data: TrainingData,
  epoch: number,
  batches: EpochMeans | null,
): Promise<Evaluation> {
  const { featureSize: d, classes: K } = net;
  const { labels, count: N } = data.train;
  const { features, logits } = await outputsOf(net, forward, state, data.train, data.normalization);
  const test = await outputsOf(net, forward, state, data.test, data.normalization);
  const train = scores(logits, labels, K);
  const w = (await toHost(state.params[headWeight])).data;
  const b = net.bias ? Array.from((await toHost(state.params[headBias])).data) : new Array<number>(K).fill(0);
  const W = Array.from({ length: d }, (_, i) => Array.from(w.subarray(i * K, (i + 1) * K)));
  const means = classMeans(features, labels, settings.counts, d);
  const Z = Array.from({ length: K }, (_, i) => means.map((mean) => mean.reduce((sum, h, j) => sum + W[j][i] * h, 0)));
  const squares = (values: ArrayLike<number>): number =>
    Array.prototype.reduce.call(values, (s, x) => (s as number) + (x as number) ** 2, 0) as number;
  const penalty =
    settings.lambdaW * squares(w) + settings.lambdaH * squares(features) + (net.bias ? settings.lambdaB * squares(b) : 0);
  void N;
  return {
    epoch,
    batches,
    objective: train.crossEntropy + penalty / 2,
    crossEntropy: train.crossEntropy,
    trainAccuracy: train.accuracy,
    testAccuracy: scores(test.logits, data.test.labels, K).accuracy,
    Z,
    b,
    W,
    means,
  };
}

function classMeans(features: Float32Array, labels: Uint8Array, counts: readonly number[], d: number): number[][] {
  const means = counts.map(() => new Array<number>(d).fill(0));
  labels.forEach((k, i) => {
    for (let j = 0; j < d; j++) means[k][j] += features[i * d + j] / counts[k];
  });
  return means;
}
