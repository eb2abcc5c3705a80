import { inputError } from "../errors.ts";

/**
 * What a set of images is, once read: bytes as they came from the file, nothing normalized or shuffled. Everything that
 * trains or draws starts from these two interfaces; nothing in this file touches the disk.
 */
export interface Images {
  /** What error messages call these images, e.g. `fashion-mnist train`. */
  name: string;
  /** Which half of the data set this is; `imbalancedSubset` refuses the test half. */
  split?: "train" | "test";
  /** Number of images. */
  count: number;
  /** Rows of pixels. */
  height: number;
  /** Columns of pixels. */
  width: number;
  /** 1 (grey) or 3 (red, green, blue). */
  channels: number;
  /** count x height x width x channels (NHWC, row-major): pixel (i, y, x, c) at ((i height + y) width + x) channels + c. 0..255. */
  pixels: Uint8Array;
  /** The class of each image, 0..classes-1. */
  labels: Uint8Array;
  /** Number of classes. */
  classes: number;
}

/** Training and test images with what a network needs to know about them. */
export interface Dataset {
  /** Which data set. */
  name: DatasetName;
  /** Training images. */
  train: Images;
  /** Test images. */
  test: Images;
  /** One name a class, in the order of the labels. */
  classNames: string[];
  /** For pixel/255, one number a channel: the usual network input is (pixel/255 - mean) / std. */
  normalization: { mean: number[]; std: number[] };
  /** Every file that was read, with the hash of its bytes on disk; empty for images that were generated. For run.json. */
  source: { file: string; sha256: string }[];
}

/** Every data set there is. */
export const datasetNames = ["fashion-mnist", "cifar-10", "glyphs"] as const;
/** One of `datasetNames`. */
export type DatasetName = (typeof datasetNames)[number];

/** Returns `name` as a data set name; throws InputError for any other text. */
export function datasetName(name: string, what = "data set"): DatasetName {
  const known = datasetNames.find((candidate) => candidate === name);
  if (!known) throw inputError(what, datasetNames.join(", "), name);
  return known;
}

/** Fashion-MNIST's ten class names, in the order of the labels. */
export const fashionClassNames: readonly string[] = [
  "T-shirt/top",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];

/** CIFAR-10's ten class names, in the order of the labels. */
export const cifarClassNames: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/** Mean and standard deviation of pixel/255 over all pixels of the 60,000 training images (a test computes them again). */
export const fashionNormalization: { mean: number[]; std: number[] } = { mean: [0.286], std: [0.353] };

/**
 * Mean and standard deviation of pixel/255 over all pixels of the 50,000 training images, a channel at a time: the values in
 * common use. A part of the data set uses them too, so that its inputs agree with those of the whole.
 */
export const cifarNormalization: { mean: number[]; std: number[] } = {
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
};

/** Number of images in each class. */
export function countClasses(images: Images): number[] {
  const counts = new Array<number>(images.classes).fill(0);
  for (const label of images.labels) counts[label]++;
  return counts;
}

/** Refuses a label that is not in 0..classes-1, naming the file, the index and the value; returns the labels. */
export function checkLabels(labels: Uint8Array, classes: number, what: string): Uint8Array {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) throw inputError(`${what}: label ${wrong}`, `a class in 0..${classes - 1}`, labels[wrong]);
  return labels;
}
