import { counted } from "../prediction/words.ts";
import type { DroppedImages } from "./messages.ts";

/** So many classes have the built-in glyphs. Their shapes come with the training code alone; a test holds this number to them. */
export const glyphClasses = 10;

/** Why images of so many classes are not those of the dials, with the way out; null: they are. `of` says whose classes they are. */
function classesRefused(K: number, classes: number, of: string, otherwise = ""): string | null {
  if (K === classes) return null;
  return `k_A + k_B: expected ${classes} classes, ${of}, got ${K}; set k_A + k_B = ${classes} in tab Theory${otherwise}`;
}

export const glyphsRefused = (K: number): string | null =>
  classesRefused(K, glyphClasses, "one a glyph", ", or drop IDX files of your own");

/** The same of two dropped files, and of what their classes have. */
export function filesRefused(
  counts: readonly number[],
  { labels, perClass }: Pick<DroppedImages, "labels" | "perClass">,
): string | null {
  const wrong = classesRefused(counts.length, perClass.length, `as many as ${labels.name} has`);
  if (wrong !== null) return wrong;
  const k = counts.findIndex((n, at) => n > perClass[at]);
  if (k < 0) return null;
  const dial = counts[k] === counts[0] ? "n_A" : "n_B";
  return `${dial}: expected at most ${perClass[k]} images, as many as class ${k} of ${labels.name} has, got ${counts[k]}`;
}

/** What was dropped, in words. */
export function droppedText({ images, labels, perClass }: Pick<DroppedImages, "images" | "labels" | "perClass">): string {
  const [least, most] = [Math.min(...perClass), Math.max(...perClass)];
  const each = least === most ? `${most}` : `${least} to ${most}`;
  return `Images: ${images.name}, labels: ${labels.name}: ${counted(perClass.length, "class", "classes")} of ${each} images. They stay on this machine.`;
}
