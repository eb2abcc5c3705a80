import type { Images } from "../data/browser.ts";
import type { Engine } from "../engine/index.ts";
import { lossNamed, lossNames, targetsOf } from "../loss/index.ts";
import { imageSide, type Network } from "../networks/index.ts";
import { inputRows, type Normalization } from "./batches.ts";
import type { Forward } from "./forward.ts";
import { resting } from "./rest.ts";
import { seenCounts, type TrainingSettings } from "./settings.ts";
import { heldArrays, type NetworkState } from "./state.ts";

/** What a network makes of a set of images, in evaluation mode. */
export interface Outputs {
  /** count x d, row-major. */
  features: Float32Array;
  /** count x K, row-major. */
  logits: Float32Array;
}

/**
 * Images a call: large enough to be quick, small enough for memory, of which a convolution's windows take nine times its input. The last
 * block is padded, so one shape is compiled.
 */
export const samplesAtATime = ({ name }: Network): number => (imageSide(name) === null ? 500 : 50);

export async function outputsOf(
  { engine, network, forward }: { engine: Engine; network: Network; forward: Forward },
  state: NetworkState,
  images: Images,
  normalization: Normalization,
): Promise<Outputs> {
  const { featureSize: d, classes: K } = network;
  const block = forward.rows;
  const features = new Float32Array(images.count * d);
  const logits = new Float32Array(images.count * K);
  const held = engine.hold(heldArrays(state));
  const rest = resting();
  try {
    for (let start = 0; start < images.count; start += block) {
      const indices = Array.from({ length: Math.min(block, images.count - start) }, (_, i) => start + i);
      await rest();
      const made = await forward.run(held, inputRows(images, normalization, indices, block).data);
      features.set(made.features.subarray(0, indices.length * d), start * d);
      logits.set(made.logits.subarray(0, indices.length * K), start * K);
    }
  } finally {
    held.dispose();
  }
  return { features, logits };
}

/** Mean cross-entropy, and the share of each class whose largest logit is its own (null for a class without images), in float64. */
export function scores(
  logits: Float32Array,
  labels: Uint8Array,
  K: number,
): { crossEntropy: number; accuracy: (number | null)[] } {
  const counts = new Float64Array(K);
  const correct = new Float64Array(K);
  let crossEntropy = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * K, (i + 1) * K);
    const largest = row.reduce((a, b) => Math.max(a, b));
    crossEntropy += largest + Math.log(row.reduce((sum, z) => sum + Math.exp(z - largest), 0)) - row[label];
    counts[label]++;
    // The first of equal logits decides, as argmax does: collapsed classes then count as wrong, not as right by luck.
    if (row.indexOf(largest) === label) correct[label]++;
  });
  return {
    crossEntropy: crossEntropy / labels.length,
    accuracy: Array.from(counts, (n, k) => (n > 0 ? correct[k] / n : null)),
  };
}

/** Logits (rows of K) with offsets added to each row. */
export function withOffsets(logits: Float32Array, offsets?: readonly number[]): Float32Array {
  return offsets ? logits.map((z, i) => z + offsets[i % offsets.length]) : logits;
}

/**
 * What training minimizes, in float64: the mean loss over the samples seen (weighted, smoothed, with factors and offsets, copies counted), and
 * sum |h|^2 over the same samples.
 */
export function trainingLoss(
  { features, logits }: Outputs,
  labels: Uint8Array,
  settings: Pick<TrainingSettings, "counts" | "remedies">,
): { loss: number; featureSquares: number } {
  const { weights, offsets, factors, smoothing, repeats, loss: name = lossNames[0] } = settings.remedies;
  const K = settings.counts.length;
  const d = features.length / labels.length;
  const { entry } = lossNamed(name);
  const { own, other } = targetsOf({ K, smoothing });
  const N = seenCounts(settings).reduce((a, b) => a + b, 0);
  let loss = 0;
  let featureSquares = 0;
  const u = new Float64Array(K);
  labels.forEach((label, i) => {
    for (let k = 0; k < K; k++) u[k] = (factors?.[k] ?? 1) * logits[i * K + k] + (offsets?.[k] ?? 0);
    const copies = repeats?.[label] ?? 1;
    const mass = (copies * (weights?.[label] ?? 1)) / N;
    if (entry)
      u.forEach((z, k) => {
        const { q, lack } = k === label ? own : other;
        loss += mass * entry.value(z, q, lack);
      });
    else {
      const largest = u.reduce((a, b) => Math.max(a, b));
      const logSum = largest + Math.log(u.reduce((sum, z) => sum + Math.exp(z - largest), 0));
      const mean = u.reduce((a, b) => a + b, 0) / K;
      loss += mass * (logSum - (1 - smoothing) * u[label] - smoothing * mean);
    }
    for (let j = 0; j < d; j++) featureSquares += copies * features[i * d + j] ** 2;
  });
  return { loss, featureSquares };
}
