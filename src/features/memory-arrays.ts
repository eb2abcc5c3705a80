import { InputError } from "../errors.ts";
import type { ArrayFile } from "./array-file.ts";
import { head } from "./bytes.ts";
import type { Host } from "./format.ts";
import { everywhere } from "./formats/everywhere.ts";
import { holdsArrays } from "./labels/labels-in.ts";
import { memoryBytes } from "./memory-bytes.ts";
import { readSource, sourceOf } from "./read-source.ts";
import { plainUnpacker } from "./unpack-plain.ts";

/** A page, which has no files but those that it was given. */
const page: Host = {
  unpacker: plainUnpacker,
  anywhere: async (bytes) => memoryBytes(bytes.what, await head(bytes, bytes.length)),
  file: async (path) => {
    throw new InputError(`${path}: expected a file that is whole in itself, got one that names this file beside it`);
  },
  whenClosed() {},
};

/** The arrays of a file that is in memory, as a page has it. Throws InputError naming the file where it is in no format that is read there. */
export async function memoryArrays(file: string, bytes: Uint8Array): Promise<ArrayFile> {
  const found = await readSource(await sourceOf(memoryBytes(file, bytes), file, page), everywhere);
  return { ...found, close: async () => {} };
}

/** Whether a file is one of arrays in a format that is read in a page; else its labels are text. */
export function holdsArraysHere(start: Uint8Array, name: string): boolean {
  return holdsArrays(everywhere, start, name);
}
