import { inputError } from "../errors.ts";
import type { Images } from "./dataset.ts";

/**
 * Larger images with the same content: networks made for 32 x 32 get 28 x 28 images that way. Two ways: a border of zeros,
 * which leaves every pixel as it was, and bilinear interpolation, which stretches the content over the whole frame (pixel
 * centres at halves, edges repeated, values rounded).
 */
export function padImages(images: Images, height: number, width: number): Images {
  checkSize(images, height, width);
  const { count, channels } = images;
  const top = Math.floor((height - images.height) / 2);
  const left = Math.floor((width - images.width) / 2);
  const row = images.width * channels;
  const pixels = new Uint8Array(count * height * width * channels);
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < images.height; y++) {
      const from = (i * images.height + y) * row;
      pixels.set(images.pixels.subarray(from, from + row), ((i * height + top + y) * width + left) * channels);
    }
  }
  return { ...images, height, width, pixels };
}

/** Bilinear interpolation to height x width, neither smaller than before; see above. */
export function stretchImages(images: Images, height: number, width: number): Images {
  checkSize(images, height, width);
  const { count, channels } = images;
  const rows = weights(images.height, height);
  const columns = weights(images.width, width);
  const pixels = new Uint8Array(count * height * width * channels);
  let to = 0;
  for (let i = 0; i < count; i++) {
    const at = (y: number, x: number, c: number): number =>
      images.pixels[((i * images.height + y) * images.width + x) * channels + c];
    for (const v of rows) {
      for (const h of columns) {
        for (let c = 0; c < channels; c++) {
          const above = at(v.low, h.low, c) * (1 - h.share) + at(v.low, h.high, c) * h.share;
          const below = at(v.high, h.low, c) * (1 - h.share) + at(v.high, h.high, c) * h.share;
          pixels[to++] = Math.round(above * (1 - v.share) + below * v.share);
        }
      }
    }
  }
  return { ...images, height, width, pixels };
}

/** For each new position: its two old neighbours and the share of the second. */
function weights(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const x = Math.max(0, Math.min(from - 1, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(x);
    return { low, high: Math.min(from - 1, low + 1), share: x - low };
  });
}

function checkSize(images: Images, height: number, width: number): void {
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < images.height || width < images.width)
    throw inputError("new image size", `whole numbers, at least ${images.height} x ${images.width}`, `${height} x ${width}`);
}
