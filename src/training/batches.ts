import { type Images, stretchImages } from "../data/browser.ts";
import { type HostTensor, hostTensor } from "../engine/index.ts";
import type { Random } from "../math/index.ts";
import { imageSide, type NetworkName } from "../networks/index.ts";
import type { TrainingRemedies } from "./settings.ts";

/**
 * Batches: each epoch is one fresh shuffle of all samples, cut into batches of one fixed size. The rest that does not fill a batch is
 * left out of this epoch (each sample with the same chance), so that every step has the same weight and the step is compiled once.
 */

/** What training needs of a data set (`Dataset` of data/, with `train` cut to the counts asked for). */
export interface TrainingData {
  /** Training images, cut to the counts. */
  readonly train: Images;
  /** Test images. */
  readonly test: Images;
  /** Mean and standard deviation of each channel of the whole training set, in units of pixel / 255. */
  readonly normalization: Normalization;
  /** Names of the classes, where they have any. */
  readonly classNames?: readonly string[];
}

/** Mean and standard deviation of pixel/255, one number a channel. */
export interface Normalization {
  /** One number a channel. */
  readonly mean: readonly number[];
  /** One number a channel. */
  readonly std: readonly number[];
}

/** The images at the size the network was made for: 28 x 28 ones are stretched to 32 x 32 by bilinear interpolation for all but the mlp. */
export function fittingImages(images: Images, network: NetworkName): Images {
  const side = imageSide(network);
  return side === null || (images.height >= side && images.width >= side) ? images : stretchImages(images, side, side);
}

export function inputsOf(images: Images): number {
  return images.height * images.width * images.channels;
}

/** What one epoch sees: every image's index, as often as its class is repeated. */
export function seenImages(images: Images, repeats: readonly number[] | null): Int32Array {
  const seen: number[] = [];
  images.labels.forEach((label, i) => {
    for (let r = 0; r < (repeats?.[label] ?? 1); r++) seen.push(i);
  });
  return Int32Array.from(seen);
}

/** A new order of the images seen, cut into whole batches. */
export function epochBatches(seen: Int32Array, batch: number, random: Random): Int32Array[] {
  const order = random.shuffle(seen.slice());
  return Array.from({ length: Math.floor(seen.length / batch) }, (_, i) => order.subarray(i * batch, (i + 1) * batch));
}

/**
 * Rows of normalized pixels, (pixel / 255 - mean) / std. Standardized inputs put the first layer at the scale that He initialization
 * assumes. `rows` may exceed the indices: the rest stays 0, so that a short last block keeps the compiled shape.
 */
export function inputRows(
  images: Images,
  { mean, std }: Normalization,
  indices: ArrayLike<number>,
  rows: number = indices.length,
): HostTensor {
  const size = inputsOf(images);
  const { channels, pixels } = images;
  const scale = Array.from({ length: channels }, (_, c) => 1 / (255 * std[c]));
  const shift = Array.from({ length: channels }, (_, c) => -mean[c] / std[c]);
  const x = hostTensor([rows, size]);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * size;
    const to = i * size;
    for (let c = 0; c < channels; c++)
      for (let j = c; j < size; j += channels) x.data[to + j] = pixels[from + j] * scale[c] + shift[c];
  }
  return x;
}

/**
 * The targets of a batch: rows w_y ((1 - eps) e_y + eps/K), one-hot where there is neither weight nor smoothing. The cross-entropy is linear in
 * them, so both remedies are in the labels.
 */
export function labelRows(
  images: Images,
  indices: ArrayLike<number>,
  { weights, smoothing }: Pick<TrainingRemedies, "weights" | "smoothing"> = { weights: null, smoothing: 0 },
): HostTensor {
  const K = images.classes;
  const y = hostTensor([indices.length, K]);
  for (let i = 0; i < indices.length; i++) {
    const label = images.labels[indices[i]];
    const weight = weights?.[label] ?? 1;
    if (smoothing > 0) y.data.fill((weight * smoothing) / K, i * K, (i + 1) * K);
    y.data[i * K + label] += weight * (1 - smoothing);
  }
  return y;
}
