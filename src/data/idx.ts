import { inputError } from "../errors.ts";

/**
 * IDX, the file format of MNIST and its relatives. Two zero bytes, a byte for the type (0x08: unsigned bytes, the only type
 * these data sets use), a byte for the number of dimensions, then each dimension as a big-endian 32-bit integer, then the
 * values, the last dimension fastest. Nothing else may follow.
 *
 * The parser sees inflated bytes and takes no file's word for anything: a header is believed only when the bytes it
 * promises are there, and values are a view of the input, so a header that lies costs no memory.
 */
export interface Idx {
  /** Sizes along the axes. */
  dims: number[];
  /** The values: product(dims) of them, a view of the parsed bytes. */
  data: Uint8Array;
}

/** Parses a whole IDX file, inflated. `what` names it in errors. Throws InputError for any departure from the format. */
export function parseIdx(bytes: Uint8Array, what = "IDX file"): Idx {
  const header = parseIdxHeader(bytes, what);
  if (bytes.length !== header.length)
    throw inputError(what, `${header.length} bytes, as its header promises (${header.dims.join(" x ")} values)`, bytes.length);
  return { dims: header.dims, data: bytes.subarray(header.offset) };
}

/** The dimensions, where the values begin, and the length in bytes of the whole file, from its first 4 + 4 dims bytes. */
export function parseIdxHeader(bytes: Uint8Array, what = "IDX file"): { dims: number[]; offset: number; length: number } {
  if (bytes.length < 4) throw inputError(what, "an IDX file of at least 4 bytes", bytes.length);
  if (bytes[0] !== 0 || bytes[1] !== 0)
    throw inputError(`${what}: magic number`, "two zero bytes first", hex(bytes.subarray(0, 4)));
  if (bytes[2] !== 0x08) throw inputError(`${what}: type byte`, "0x08 (unsigned bytes)", hex(bytes.subarray(2, 3)));
  const rank = bytes[3];
  if (rank < 1) throw inputError(`${what}: number of dimensions`, "at least 1", rank);
  const offset = 4 + 4 * rank;
  if (bytes.length < offset) throw inputError(what, `a header of ${offset} bytes for ${rank} dimensions`, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, offset);
  const dims = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const length = offset + dims.reduce((product, d) => product * d, 1);
  if (!Number.isSafeInteger(length)) throw inputError(`${what}: dimensions`, "a product below 2^53", dims.join(" x "));
  return { dims, offset, length };
}

/** How many bytes an IDX header can have at most; enough of a file's start to call `parseIdxHeader` on. */
export const longestIdxHeader: number = 4 + 4 * 255;

function hex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}
