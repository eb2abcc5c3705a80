import type { DroppedFile, TrainQuestion } from "./messages.ts";

/** The two files by their names: idx1 or "labels" is the labels. Throws an Error for anything else. */
export async function pairOf(dropped: readonly File[]): Promise<NonNullable<TrainQuestion["files"]>> {
  const isLabels = (file: File): boolean => /labels|idx1/i.test(file.name);
  const labels = dropped.find(isLabels);
  const images = dropped.find((file) => !isLabels(file));
  if (dropped.length !== 2 || !labels || !images)
    throw new Error(
      `files: expected one of images and one of labels (its name says labels or idx1), got ${dropped.map((f) => f.name).join(", ")}`,
    );
  const read = async (file: File): Promise<DroppedFile> => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  return { images: await read(images), labels: await read(labels) };
}
