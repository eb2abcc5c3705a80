import { inputError } from "../errors.ts";
import { checkLabels, type Images } from "./dataset.ts";

/**
 * The binary version of CIFAR-10 (Krizhevsky 2009): rows of 3073 bytes, nothing before or after. A row is a label 0..9 and
 * then 1024 red, 1024 green and 1024 blue values of a 32 x 32 image, each plane row by row. Out come images in NHWC, the
 * layout of `Images`: the three values of one pixel stand together.
 */
export const cifarRowBytes = 3073;
const side = 32;
const plane = side * side;

/** Parses the rows of one file, inflated. Throws InputError for a length that is no multiple of 3073 or a label above 9. */
export function parseCifar(bytes: Uint8Array, what = "CIFAR-10 file", name: string = what): Images {
  const count = bytes.length / cifarRowBytes;
  if (count < 1 || !Number.isInteger(count))
    throw inputError(what, `rows of ${cifarRowBytes} bytes, at least one`, `${bytes.length} bytes`);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * plane * 3);
  for (let i = 0; i < count; i++) {
    const row = i * cifarRowBytes;
    labels[i] = bytes[row];
    for (let p = 0, to = i * plane * 3; p < plane; p++) {
      const from = row + 1 + p;
      pixels[to++] = bytes[from];
      pixels[to++] = bytes[from + plane];
      pixels[to++] = bytes[from + 2 * plane];
    }
  }
  checkLabels(labels, 10, what);
  return { name, count, height: side, width: side, channels: 3, pixels, labels, classes: 10 };
}

/** Puts sets of images of one shape behind each other, in the order given. */
export function joinImages(parts: readonly Images[], name: string): Images {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const { height, width, channels, classes } = parts[0];
  const size = height * width * channels;
  const pixels = new Uint8Array(count * size);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    if (part.height !== height || part.width !== width || part.channels !== channels || part.classes !== classes)
      throw inputError(
        `${part.name}: shape`,
        `${height} x ${width} x ${channels}`,
        `${part.height} x ${part.width} x ${part.channels}`,
      );
    pixels.set(part.pixels, at * size);
    labels.set(part.labels, at);
    at += part.count;
  }
  return { name, count, height, width, channels, pixels, labels, classes };
}
