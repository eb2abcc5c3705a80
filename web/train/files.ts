import { countClasses, imagesFromIdx, type NamedIdx, parseIdx } from "../../src/data/browser.ts";
import { inputError } from "../../src/errors.ts";
import type { DroppedImages } from "./messages.ts";

/** Two IDX files, told apart by their names (idx1 or "labels" is the labels) and read as they are dropped. Throws an Error for anything else. */
export async function pairOf(dropped: readonly File[]): Promise<DroppedImages> {
  const isLabels = (file: File): boolean => /labels|idx1/i.test(file.name);
  const labels = dropped.find(isLabels);
  const images = dropped.find((file) => !isLabels(file));
  if (dropped.length !== 2 || !labels || !images)
    throw new Error(
      `files: expected one of images and one of labels (its name says labels or idx1), got ${dropped.map((f) => f.name).join(", ")}`,
    );
  const [pixels, classes] = [await idxOf(images), await idxOf(labels)];
  const data = imagesFromIdx(pixels, classes, classes.data.reduce((most, label) => Math.max(most, label), 0) + 1, images.name);
  return { images: { name: images.name }, labels: { name: labels.name }, data, perClass: countClasses(data) };
}

const idxOf = async (file: File): Promise<NamedIdx> => ({ ...parseIdx(await inflated(file), file.name), file: file.name });

/** gzip is inflated, by its first two bytes. */
async function inflated(file: File): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = file.stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw inputError(file.name, "a whole gzip file", "one that does not inflate");
  }
}
