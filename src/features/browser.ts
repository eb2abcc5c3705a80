/** The door for whatever runs in a browser: arrays and labels that are in memory. Nothing behind it imports Node. */
export { type Labels, mostClasses } from "./labels/labels.ts";
export { labelsIn } from "./labels/labels-in.ts";
export { textLabels } from "./labels/text-labels.ts";
export { holdsArraysHere, memoryArrays } from "./memory-arrays.ts";
export { memoryBytes } from "./memory-bytes.ts";
export { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
export { decodeText } from "./text.ts";
