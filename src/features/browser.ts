/** The door for whatever runs in a browser: arrays and labels that are in memory, or in files that a page was given. Nothing behind it imports Node. */
export { amongFiles } from "./among-files.ts";
export type { ArrayFile } from "./array-file.ts";
export {
  findArray,
  fittingArrays,
  isEmbeddingName,
  isLabelArray,
  isSampleArray,
  type Keys,
  onlyArray,
  type Role,
  wholeArrays,
} from "./find.ts";
export { canHoldArraysHere, canHoldFeaturesHere, endingsHere, isReadElsewhere, unpackedName } from "./formats-here.ts";
export { headMatrix, headToStorage, matrixShape } from "./head-matrix.ts";
export { isHeadName } from "./head-names.ts";
export { type LabelOptions, type Labels, mostClasses } from "./labels/labels.ts";
export { labelsIn } from "./labels/labels-in.ts";
export { textLabels } from "./labels/text-labels.ts";
export { holdsArraysHere, memoryArrays } from "./memory-arrays.ts";
export { memoryBytes } from "./memory-bytes.ts";
export type { Opener } from "./opener.ts";
export { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
export { readWhole, rowBlocks, rowsOf, type StoredArray } from "./stored-array.ts";
export { decodeText } from "./text.ts";
export { startOfBlob } from "./unpack-here.ts";
export { usualNames } from "./usual-names.ts";
