import { inputError } from "../errors.ts";
import { type Bytes, head } from "./bytes.ts";
import { widthOf } from "./elements.ts";
import { parseNpyHeader } from "./npy.ts";
import { contiguous, type StoredArray, sizeOf } from "./stored-array.ts";

/** The array of a .npy of any size: only its header is read. Throws InputError where the numbers are fewer or more than the shape says. */
export async function npyArray(bytes: Bytes, name?: string): Promise<StoredArray> {
  const what = name === undefined ? bytes.what : `${bytes.what}: ${name}`;
  const header = parseNpyHeader(await npyStart(bytes), what);
  const type = header.type;
  const size = sizeOf(header.shape, what) * widthOf(type);
  if (bytes.length - header.offset !== size)
    throw inputError(
      `${what}: numbers`,
      `${size} bytes (shape ${header.shape.join(" x ")})`,
      `${bytes.length - header.offset} bytes`,
    );
  return {
    what,
    shape: header.shape,
    type,
    littleEndian: header.littleEndian,
    strides: contiguous(header.shape, header.fortranOrder),
    bytes,
    offset: header.offset,
  };
}

/** The beginning of a .npy as far as its header goes. */
export async function npyStart(bytes: Bytes): Promise<Uint8Array> {
  const start = await head(bytes, 12);
  // Version 1 says the header's length in two bytes, versions 2 and 3 in four.
  const view = new DataView(start.buffer);
  const length = start.length < 12 ? 0 : start[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  return head(bytes, Math.min(length, 1 << 21));
}
