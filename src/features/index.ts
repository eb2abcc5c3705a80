/**
 * Arrays in files (NumPy's, safetensors, PyTorch's, HDF5, Keras's, ONNX, Parquet, Arrow; packed or not), read in blocks and written atomically.
 *
 * @module features
 */

export {
  type Handle,
  isTemporary,
  type OpenFile,
  openFile,
  readRegular,
  removeTemporaries,
  writeFileAtomic,
} from "../files/index.ts";
export type { NumericArray, TypedArray } from "./array.ts";
export { type ArrayFile, openArrays } from "./array-file.ts";
export {
  /** @internal */
  arrayEndings,
  /** @internal */
  isArrayName,
} from "./array-names.ts";
export type { Bytes, Reader } from "./bytes.ts";
export type { ElementType } from "./elements.ts";
export {
  findArray,
  /** @internal */
  fittingArrays,
  /** @internal */
  isEmbeddingName,
  /** @internal */
  isLabelArray,
  /** @internal */
  isSampleArray,
  type Keys,
  onlyArray,
  type Role,
  /** @internal */
  wholeArrays,
} from "./find.ts";
export { type HeadMatrix, headMatrix, matrixShape } from "./head-matrix.ts";
export {
  /** @internal */
  isHeadName,
  /** @internal */
  isKernelName,
} from "./head-names.ts";
export { arrayLabels } from "./labels/array-labels.ts";
export type { LabelOptions, Labels } from "./labels/labels.ts";
export { labelsIn } from "./labels/labels-in.ts";
export { openLabels } from "./labels/open-labels.ts";
export { textLabels } from "./labels/text-labels.ts";
export {
  /** @internal */
  memoryBytes,
} from "./memory-bytes.ts";
export { decodeNpy, encodeNpy } from "./npy.ts";
export { decodeNpz, encodeNpz } from "./npz.ts";
export {
  /** @internal */
  onDisk,
} from "./on-disk.ts";
export type { Opener } from "./opener.ts";
export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./safetensors.ts";
export { type Rows, readWhole, rowBlocks, rowsOf, type StoredArray } from "./stored-array.ts";
export { eventFileHeader, scalarEvent } from "./tensorboard.ts";
export { decodeText } from "./text.ts";
export type { TextArray } from "./text-array.ts";
