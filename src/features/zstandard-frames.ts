import { InputError, inputError } from "../errors.ts";
import { type Bytes, sliceOf } from "./bytes.ts";

/**
 * The frames of a Zstandard file that hold data (RFC 8878, 3.1), by their headers: Node's unpacker ends with the first frame, and says nothing where that is cut off.
 * Throws InputError where the file does not end with a frame.
 */
export async function* zstandardFrames(file: Bytes): AsyncGenerator<Bytes> {
  const { what, length } = file;
  const part = async (at: number, n: number): Promise<DataView> => {
    if (at + n > length) throw new InputError(`${what}: expected a whole Zstandard file, got one that is cut off`);
    const bytes = new Uint8Array(n);
    await file.readAt?.(at, bytes);
    return new DataView(bytes.buffer);
  };
  for (let at = 0; at < length; ) {
    const from = at;
    const magic = (await part(at, 4)).getUint32(0, true);
    at += 4;
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      at += 4 + (await part(at, 4)).getUint32(0, true);
      await part(at, 0);
      continue;
    }
    if (magic !== 0xfd2fb528) throw inputError(what, "Zstandard frames to its end", `other bytes at ${from}`);
    const descriptor = (await part(at, 1)).getUint8(0);
    const single = (descriptor >> 5) & 1;
    // Window, dictionary, content size.
    at += 1 + (1 - single) + [0, 1, 2, 4][descriptor & 3] + [single, 2, 4, 8][descriptor >> 6];
    for (let last = false; !last; ) {
      const start = await part(at, 3);
      const block = start.getUint16(0, true) + start.getUint8(2) * 2 ** 16;
      last = (block & 1) === 1;
      // A run of one byte is one byte.
      at += 3 + (((block >> 1) & 3) === 1 ? 1 : block >> 3);
    }
    at += descriptor & 4;
    await part(at, 0);
    yield sliceOf(file, from, at - from);
  }
}
