/** So many classes have the built-in glyphs. Their shapes come with the training code alone; a test holds this number to them. */
export const glyphClasses = 10;

/** Why images of so many classes are not those of the dials, with the way out; null: they are. `of` says whose classes they are. */
export function classesRefused(K: number, classes: number, of: string, otherwise = ""): string | null {
  if (K === classes) return null;
  return `k_A + k_B: expected ${classes} classes, ${of}, got ${K}; set k_A + k_B = ${classes} in tab Theory${otherwise}`;
}

export const glyphsRefused = (K: number): string | null =>
  classesRefused(K, glyphClasses, "one a glyph", ", or drop IDX files of your own");
