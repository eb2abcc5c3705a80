import { InputError, inputError } from "../errors.ts";
import { blobBytes } from "./blob-bytes.ts";
import { head } from "./bytes.ts";
import { mostUnpacked, packedAs, packedHere, withoutPacking } from "./packed-names.ts";
import { startLength } from "./read-source.ts";

/**
 * Packed files of a page, unpacked by the browser as a stream. What comes out is a file of the browser's again, of which it keeps on its disk what memory has no room for, and is read by slices as any other.
 *
 * @module
 */

/** A file inside its packing, or as it is; `name` is the one by which formats are told. */
export interface Inside {
  blob: Blob;
  name: string;
}

/** Bytes that are made a part of a file at a time. */
const part = 2 ** 24;

/** What a file holds. Throws InputError where it is packed and damaged, or unpacks to more than any numbers would. */
export async function insideBlob(blob: Blob, name: string): Promise<Inside> {
  if (!(await isPackedHere(blob, name))) return { blob, name };
  const parts: Blob[] = [];
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const flush = (): void => {
    parts.push(new Blob(chunks));
    chunks = [];
    size = 0;
  };
  for await (const chunk of unpacked(blob, name)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= part) flush();
  }
  flush();
  return { blob: new Blob(parts), name: withoutPacking(name, packedHere) };
}

/** The first bytes of what a file holds, and its name inside. Throws InputError where it is packed and damaged. */
export async function startOfBlob(blob: Blob, name: string): Promise<{ start: Uint8Array; name: string }> {
  if (!(await isPackedHere(blob, name))) return { start: await head(blobBytes(blob, name), startLength), name };
  const start = new Uint8Array(startLength);
  let n = 0;
  for await (const chunk of unpacked(blob, name)) {
    const some = chunk.subarray(0, startLength - n);
    start.set(some, n);
    n += some.length;
    if (n === startLength) break;
  }
  return { start: start.subarray(0, n), name: withoutPacking(name, packedHere) };
}

async function isPackedHere(blob: Blob, name: string): Promise<boolean> {
  const packing = packedAs(await head(blobBytes(blob, name), 4));
  return packing !== undefined && packedHere.includes(packing);
}

async function* unpacked(blob: Blob, what: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const most = mostUnpacked(blob.size);
  const reader = blob.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.length;
      if (size > most) throw inputError(`${what}: unpacked size`, `at most ${most} bytes`, "more");
      yield value as Uint8Array<ArrayBuffer>;
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw inputError(what, "a whole gzip file, in one piece (else unpack it first: gunzip)", (error as Error).message);
  } finally {
    await reader.cancel().catch(() => {});
  }
}
