export type { NumericArray, TypedArray } from "./array.ts";
export { writeFileAtomic } from "./atomic.ts";
export { decodeNpy, encodeNpy } from "./npy.ts";
export { decodeNpz, encodeNpz } from "./npz.ts";
export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./safetensors.ts";
