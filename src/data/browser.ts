/** The door for whatever runs in a browser: images that are in memory. Nothing behind it imports Node. */
export { countClasses, type Images } from "./dataset.ts";
export { glyphNormalization, glyphs } from "./glyphs.ts";
export { parseIdx } from "./idx.ts";
export { imagesFromIdx, type NamedIdx } from "./idx-images.ts";
export { imbalancedSubset, pick } from "./imbalance.ts";
export { stretchImages } from "./resize.ts";
