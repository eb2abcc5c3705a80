import { pipeline, Readable, type Transform } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { InputError, inputError } from "../errors.ts";
import { type Bytes, chunksOf, type Reader } from "./bytes.ts";
import type { Unpacker } from "./zip.ts";

/** Node's own unpacker. */
export const nodeUnpacker: Unpacker = { inflate, crc32: (bytes, before) => crc32(bytes, before) };

/** What a stream of Node's makes of bytes. `rule`: what they should be. Throws InputError where they are damaged or cut off. */
export async function* transformed(raw: Bytes, stream: Transform, rule: string): AsyncGenerator<Uint8Array> {
  // Errors come out where the stream is read.
  pipeline(Readable.from(chunksOf(raw), { objectMode: true, highWaterMark: 1 }), stream, () => {});
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw inputError(raw.what, rule, (error as Error).message);
  } finally {
    stream.destroy();
  }
}

/** Unpacks as much as is asked for, and notices when there is more or less than `size`. */
function inflate(raw: Bytes, size: number): Reader {
  const { what } = raw;
  const chunks = transformed(raw, createInflateRaw({ chunkSize: 1 << 18 }), "deflated data");
  let rest: Uint8Array = new Uint8Array(0);
  let given = 0;
  const more = async (): Promise<boolean> => {
    const next = await chunks.next();
    if (next.done) return false;
    rest = next.value;
    return true;
  };
  return {
    async fill(into) {
      let done = 0;
      while (done < into.length) {
        if (rest.length === 0 && !(await more())) throw inputError(`${what}: unpacked size`, `${size} bytes`, given + done);
        const n = Math.min(rest.length, into.length - done);
        into.set(rest.subarray(0, n), done);
        rest = rest.subarray(n);
        done += n;
      }
      given += done;
      if (given === size && (rest.length > 0 || (await more())))
        throw inputError(`${what}: unpacked size`, `${size} bytes`, "more");
    },
    async close() {
      await chunks.return(undefined);
    },
  };
}
