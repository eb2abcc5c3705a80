import { inputError } from "../errors.ts";
import type { OpenFile } from "../files/index.ts";

/**
 * Bytes that need not fit in memory: a part of a file as it lies there, or what a compressed part unpacks to. Arrays are read through this
 * one interface, so that the code that makes rows of numbers knows nothing of files and zips.
 */
export interface Bytes {
  /** For messages: the file, and the member of it. */
  readonly what: string;
  /** How many there are. */
  readonly length: number;
  /** From a position onwards, in order. */
  reader(from: number): Reader;
  /** Fills `into` from any position; missing where the bytes are compressed. */
  readAt?(at: number, into: Uint8Array): Promise<void>;
  /** Compares their checksum, where they have one that nothing has compared yet: reads all of them. Throws InputError. */
  verify?(): Promise<void>;
  /** How many bytes they take in the file, where they are compressed. */
  readonly packed?: number;
  /** Where they lie as they are in an open file: for libraries that read by themselves. */
  readonly onDisk?: { readonly fd: number; readonly start: number };
}

/** Reads bytes in order. */
export interface Reader {
  /** Fills the whole of `into` with the next bytes. Throws InputError where there are not as many. */
  fill(into: Uint8Array): Promise<void>;
  /** Gives up the file's handle or the unpacker. */
  close(): Promise<void>;
}

/** `length` bytes of a file from `start`. Throws InputError where they are not all inside it. */
export function fileBytes(of: OpenFile, start: number, length: number, what: string = of.file): Bytes {
  if (!(start >= 0 && length >= 0 && start + length <= of.size))
    throw inputError(what, `its bytes inside the file's ${of.size}`, `${length} bytes from ${start}`);
  const readAt = async (at: number, into: Uint8Array): Promise<void> => {
    if (at + into.length > length) throw inputError(what, `at least ${at + into.length} bytes`, `${length} bytes`);
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await of.handle.read(into, done, into.length - done, start + at + done);
      if (bytesRead === 0) throw inputError(what, `${of.size} bytes, as when it was opened`, `an end at ${start + at + done}`);
      done += bytesRead;
    }
  };
  return { what, length, readAt, reader: (from) => inOrder(readAt, from), onDisk: { fd: of.handle.fd, start } };
}

/** A part of bytes that can be read anywhere. Throws InputError where it is not inside them. */
export function sliceOf(of: Bytes, start: number, length: number, what: string = of.what): Bytes {
  if (!(start >= 0 && length >= 0 && start + length <= of.length))
    throw inputError(what, `its bytes inside the file's ${of.length}`, `${length} bytes from ${start}`);
  const whole = of.readAt;
  if (!whole) throw new TypeError(`${what}: a part of bytes that can be read in order only`);
  const readAt = async (at: number, into: Uint8Array): Promise<void> => {
    if (at + into.length > length) throw inputError(what, `at least ${at + into.length} bytes`, `${length} bytes`);
    await whole(start + at, into);
  };
  const onDisk = of.onDisk && { fd: of.onDisk.fd, start: of.onDisk.start + start };
  return { what, length, readAt, reader: (from) => inOrder(readAt, from), onDisk };
}

/** Reads in order where any position can be read. */
export function inOrder(readAt: NonNullable<Bytes["readAt"]>, from: number): Reader {
  let at = from;
  return {
    async fill(into) {
      await readAt(at, into);
      at += into.length;
    },
    close: async () => {},
  };
}

/** Bytes that are read in order, where any position can be read: from a copy that `place` makes when they are first asked for. */
export function placedLater(source: Bytes, place: (source: Bytes) => Promise<Bytes>): Bytes {
  let placed: Promise<Bytes> | undefined;
  const readAt = async (at: number, into: Uint8Array): Promise<void> => {
    placed ??= place(source);
    await (await placed).readAt?.(at, into);
  };
  return { what: source.what, length: source.length, packed: source.packed, readAt, reader: (from) => inOrder(readAt, from) };
}

/** Reads chunks in order, from a position onwards. */
export function chunkReader(chunks: AsyncGenerator<Uint8Array>, from: number, what: string): Reader {
  let rest: Uint8Array = new Uint8Array(0);
  let skip = from;
  return {
    async fill(into) {
      for (let done = 0; done < into.length; ) {
        if (rest.length === 0) {
          const next = await chunks.next();
          if (next.done) throw inputError(what, `${into.length - done} bytes more`, "none");
          const passed = Math.min(skip, next.value.length);
          skip -= passed;
          rest = next.value.subarray(passed);
          continue;
        }
        const n = Math.min(rest.length, into.length - done);
        into.set(rest.subarray(0, n), done);
        rest = rest.subarray(n);
        done += n;
      }
    },
    async close() {
      await chunks.return(undefined);
    },
  };
}

/** All of them, in order, a quarter of a megabyte at a time. */
export async function* chunksOf(of: Bytes): AsyncGenerator<Uint8Array> {
  const from = of.reader(0);
  try {
    for (let at = 0; at < of.length; ) {
      const chunk = new Uint8Array(Math.min(1 << 18, of.length - at));
      await from.fill(chunk);
      at += chunk.length;
      yield chunk;
    }
  } finally {
    await from.close();
  }
}

/** The first `length` bytes (fewer where there are fewer). */
export async function head(of: Bytes, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(length, of.length));
  const reader = of.reader(0);
  try {
    await reader.fill(bytes);
  } finally {
    await reader.close();
  }
  return bytes;
}
