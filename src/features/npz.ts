import { unzipSync, type Zippable, zipSync } from "fflate";
import { InputError } from "../errors.ts";
import type { NumericArray } from "./array.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";

/** NumPy's .npz: a zip of .npy files, one an array. */
export function encodeNpz(arrays: Record<string, NumericArray>): Uint8Array {
  const files: Zippable = {};
  // A fixed date: the same numbers give the same bytes.
  for (const [name, array] of Object.entries(arrays))
    files[`${name}.npy`] = [encodeNpy(array), { level: 6, mtime: "1980-01-01" }];
  return zipSync(files);
}

/** All arrays of a small .npz held in memory. Throws InputError naming `what`. */
export function decodeNpz(bytes: Uint8Array, what = ".npz"): Record<string, NumericArray<Float64Array>> {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes);
  } catch (error) {
    throw new InputError(`${what}: expected a zip of .npy files, got ${(error as Error).message}`);
  }
  return Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => name.endsWith(".npy"))
      .map(([name, content]) => [name.slice(0, -4), decodeNpy(content, `${what}, ${name}`)]),
  );
}
