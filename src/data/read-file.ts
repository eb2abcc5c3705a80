import { createHash } from "node:crypto";
import { createGunzip } from "node:zlib";
import { InputError, inputError } from "../errors.ts";
import { openFile } from "../files/index.ts";

/** Larger files than this, on disk or inflated, are none of the data sets read here. */
const largest = 2 ** 31 - 1;

/** The bytes of a file, inflated where it was gzip, and the hash of what lies on the disk. */
export interface FileBytes {
  bytes: Uint8Array;
  sha256: string;
}

/**
 * Reads a file, plain or gzip (told by its first two bytes), into memory.
 *
 * `promised(start, file)` is asked once, with the first `headerBytes` inflated bytes or all there are, how many bytes the
 * whole must have, or may have at most. Inflating stops as soon as there are more, so a small file that inflates to
 * terabytes costs no more than its own header admits to.
 *
 * Throws InputError, naming the file, when it cannot be read, is truncated, damaged or too long, or has bytes after its end.
 */
export async function readBytes(
  file: string,
  headerBytes: number,
  promised: (start: Uint8Array, file: string) => number,
): Promise<FileBytes> {
  const raw = await readRaw(file);
  const sha256 = createHash("sha256").update(raw).digest("hex");
  if (raw[0] !== 0x1f || raw[1] !== 0x8b) {
    const limit = promised(raw.subarray(0, headerBytes), file);
    if (raw.length > limit) throw tooLong(file, limit);
    return { bytes: raw, sha256 };
  }
  return { bytes: await inflate(raw, file, headerBytes, promised), sha256 };
}

async function readRaw(file: string): Promise<Uint8Array> {
  const { handle, size } = await openFile(file);
  try {
    if (size > largest) throw inputError(file, `a file of at most ${largest} bytes`, size);
    return new Uint8Array(await handle.readFile());
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: expected a file that can be read, got ${(error as Error).message}`);
  } finally {
    await handle.close();
  }
}

async function inflate(
  raw: Uint8Array,
  file: string,
  headerBytes: number,
  promised: (start: Uint8Array, file: string) => number,
): Promise<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  gunzip.end(raw);
  const chunks: Uint8Array[] = [];
  let length = 0;
  let limit: number | undefined;
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.length;
      if (limit === undefined && length >= headerBytes)
        limit = Math.min(largest, promised(join(chunks, length).subarray(0, headerBytes), file));
      if (limit !== undefined && length > limit) throw tooLong(file, limit);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: expected a complete gzip file, got ${(error as Error).message}`);
  }
  const bytes = join(chunks, length);
  if (limit === undefined && length > promised(bytes, file)) throw tooLong(file, promised(bytes, file));
  // zlib itself is silent about what follows the last gzip member.
  if (gunzip.bytesWritten !== raw.length)
    throw inputError(file, "nothing after the end of the gzip data", `${raw.length - gunzip.bytesWritten} more bytes`);
  return bytes;
}

function tooLong(file: string, limit: number): InputError {
  return inputError(file, `at most ${limit} bytes inflated`, "more");
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
