import { inputError } from "../errors.ts";
import { checkLabels, type Images } from "./dataset.ts";
import type { Idx } from "./idx.ts";

/** A parsed IDX file with the name that errors give it. */
export interface NamedIdx extends Idx {
  /** For messages. */
  file: string;
}

/**
 * Joins an IDX file of grey images (N x height x width) and one of labels (N) into `Images`; the pixels stay where they are.
 * Throws InputError when a shape is wrong, the counts differ, or a label is not in 0..classes-1.
 */
export function imagesFromIdx(images: NamedIdx, labels: NamedIdx, classes: number, name: string): Images {
  const [count, height, width] = images.dims;
  if (images.dims.length !== 3 || height < 1 || width < 1 || count < 1)
    throw inputError(`${images.file}: dimensions`, "images x height x width, none of them 0", images.dims.join(" x "));
  if (labels.dims.length !== 1) throw inputError(`${labels.file}: dimensions`, "one", labels.dims.join(" x "));
  if (labels.dims[0] !== count)
    throw inputError(`${labels.file}: number of labels`, `${count}, as many as ${images.file} has images`, labels.dims[0]);
  checkLabels(labels.data, classes, labels.file);
  return { name, count, height, width, channels: 1, pixels: images.data, labels: labels.data, classes };
}
