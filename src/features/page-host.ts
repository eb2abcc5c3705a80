import { InputError } from "../errors.ts";
import { head } from "./bytes.ts";
import type { Host } from "./format.ts";
import { memoryBytes } from "./memory-bytes.ts";
import { plainUnpacker } from "./unpack-plain.ts";

/** A page, which has no files but those that it was given. */
export const pageHost: Host = {
  unpacker: plainUnpacker,
  anywhere: async (bytes) => memoryBytes(bytes.what, await head(bytes, bytes.length)),
  file: async (path) => {
    throw new InputError(`${path}: expected a file that is whole in itself, got one that names this file beside it`);
  },
  whenClosed() {},
};
