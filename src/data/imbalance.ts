import { InputError, inputError } from "../errors.ts";
import { countClasses, type Images } from "./dataset.ts";
import { checkSeed, stream } from "./stream.ts";

/** Images chosen from a larger set; `indices[i]` is where image i stood there. */
export interface Subset extends Images {
  /** Index of each image in the larger set. */
  indices: Uint32Array;
}

/**
 * An imbalanced training set: counts[k] distinct images of class k, chosen at random by the seed, ordered by class.
 *
 * Each class is shuffled once by (seed, class) and its first counts[k] images are taken. So with one seed a smaller count
 * gives a prefix of a larger one, and what a class gets does not depend on the other classes' counts: runs that differ in
 * one count differ in those images only.
 *
 * Throws InputError when there is not one count a class, when a count is not a positive integer or is beyond what is
 * there, or when the images are a test set.
 */
export function imbalancedSubset(images: Images, counts: readonly number[], seed: number): Subset {
  if (images.split === "test") throw inputError(images.name, "training images", "test images");
  if (counts.length !== images.classes)
    throw inputError("counts", `${images.classes} counts, one for each class of ${images.name}`, `${counts.length} counts`);
  counts.forEach((n, k) => {
    if (!Number.isSafeInteger(n) || n < 1) throw inputError(`counts[${k}]`, "a positive integer", n);
  });
  checkSeed(seed);
  const there = countClasses(images);
  counts.forEach((n, k) => {
    if (n > there[k]) throw new InputError(`counts[${k}]: asked for ${n} images of class ${k}, ${images.name} has ${there[k]}`);
  });

  const members = there.map((n) => new Uint32Array(n));
  const filled = there.map(() => 0);
  images.labels.forEach((label, i) => {
    members[label][filled[label]++] = i;
  });
  const total = counts.reduce((sum, n) => sum + n, 0);
  const indices = new Uint32Array(total);
  let at = 0;
  counts.forEach((n, k) => {
    indices.set(stream(seed, "subset", k, 0).shuffle(members[k]).subarray(0, n), at);
    at += n;
  });
  return pick(images, indices);
}

/** The images of the first `classes` classes, in their order. Throws InputError for fewer than 2 or more than there are. */
export function firstClasses(images: Images, classes: number): Images {
  if (!Number.isSafeInteger(classes) || classes < 2 || classes > images.classes)
    throw inputError("classes", `a whole number from 2 to the ${images.classes} classes of ${images.name}`, classes);
  const indices = Uint32Array.from(images.labels.keys()).filter((i) => images.labels[i] < classes);
  return { ...pick(images, indices), classes };
}

/** The images at `indices`, in that order, copied. */
export function pick(images: Images, indices: Uint32Array): Subset {
  const size = images.height * images.width * images.channels;
  const pixels = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  indices.forEach((from, to) => {
    pixels.set(images.pixels.subarray(from * size, (from + 1) * size), to * size);
    labels[to] = images.labels[from];
  });
  return { ...images, count: indices.length, pixels, labels, indices };
}

/** The named class counts of the source paper's experiments on full data sets, ten classes in three sizes. */
export const namedCounts: { Dataset1: readonly number[]; Dataset2: readonly number[] } = {
  Dataset1: [...repeat(4, 5000), ...repeat(3, 4000), ...repeat(3, 3000)],
  Dataset2: [...repeat(4, 5000), ...repeat(2, 3000), ...repeat(4, 1000)],
};

/** Two clusters: kA classes of nA images, then kB classes of nB. */
export function twoGroupCounts(kA: number, nA: number, kB: number, nB: number): number[] {
  for (const [name, value] of Object.entries({ kA, nA, kB, nB }))
    if (!Number.isSafeInteger(value) || value < 1) throw inputError(`twoGroupCounts: ${name}`, "a positive integer", value);
  return [...repeat(kA, nA), ...repeat(kB, nB)];
}

function repeat(k: number, n: number): number[] {
  return new Array<number>(k).fill(n);
}
